"""Sums over leaves: of a subtree, of its children, of the units of a school, over days."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Table,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.rollups.metrics import CASE_METRICS, State
from app.rollups.queries.tables import DAY, ROLL, SCHOOL_DAY, SCHOOL_ROLL, UNIT_DAY, UNIT_ROLL, covers

FIGURES = (*ROLL, *DAY)
Row = dict[str, Any]
Keys = Callable[[Table], Sequence[ColumnElement[Any]]]


def sums_below(session: Session, institution_id: int, day: date, *, by_child: bool) -> list[Row]:
    """Figures of a subtree on a day, whole or by ``child`` (NULL: the institution itself), with schools by state.

    Each leaf belongs where its school stood on that day.
    """
    root = literal(institution_id, BigInteger)

    def keys(table: Table) -> Sequence[ColumnElement[Any]]:
        below = table.c.lineage[func.array_position(table.c.lineage, root) + 1]
        return table.c.institution_id, below.label("child")

    leaves = _leaves(SCHOOL_ROLL, SCHOOL_DAY, day, keys, where=lambda table: table.c.lineage.contains([institution_id]))
    grouping = [leaves.c.institution_id, leaves.c.child]
    schools = select(*grouping, *_sums(leaves, FIGURES)).group_by(*grouping).subquery("schools")
    found = _state(schools)
    counts = [func.count().filter(found == state).label(state) for state in State]
    statement = select(*_sums(schools, FIGURES), *counts)
    if by_child:
        statement = statement.add_columns(schools.c.child).group_by(schools.c.child)
    return _rows(session, statement)


def sums_of_units(session: Session, institution_id: int, day: date) -> list[Row]:
    """Figures of a school on a day by ``unit_id`` (0: in none)."""
    leaves = _leaves(
        UNIT_ROLL,
        UNIT_DAY,
        day,
        keys=lambda table: [table.c.unit_id],
        where=lambda table: table.c.institution_id == institution_id,
    )
    statement = select(leaves.c.unit_id, *_sums(leaves, FIGURES)).group_by(leaves.c.unit_id)
    return _rows(session, statement.order_by(leaves.c.unit_id))


def sums_of_school(session: Session, institution_id: int, day: date) -> Row:
    """What a school's own leaves say of a day, without those below it."""
    leaves = _leaves(
        SCHOOL_ROLL,
        SCHOOL_DAY,
        day,
        keys=lambda table: [table.c.institution_id],
        where=lambda table: table.c.institution_id == institution_id,
    )
    return _rows(session, select(*_sums(leaves, FIGURES)))[0]


def day_sums(session: Session, institution_id: int, since: date, until: date) -> list[Row]:
    """What happened in a subtree on each day that has leaves."""
    return _rows(
        session,
        select(SCHOOL_DAY.c.day, *_sums(SCHOOL_DAY, DAY))
        .where(SCHOOL_DAY.c.lineage.contains([institution_id]), SCHOOL_DAY.c.day.between(since, until))
        .group_by(SCHOOL_DAY.c.day),
    )


def roll_changes(session: Session, institution_id: int, since: date, until: date) -> list[Row]:
    """By how much what stands in a subtree changes on each day; those standing already count on ``since``.

    One pass over the rolls, instead of one for each day.
    """
    below = SCHOOL_ROLL.c.lineage.contains([institution_id])
    begins = select(
        func.greatest(SCHOOL_ROLL.c.valid_from, since).label("day"), *(SCHOOL_ROLL.c[name] for name in ROLL)
    ).where(
        below,
        SCHOOL_ROLL.c.valid_from <= until,
        or_(SCHOOL_ROLL.c.valid_to.is_(None), SCHOOL_ROLL.c.valid_to > func.greatest(SCHOOL_ROLL.c.valid_from, since)),
    )
    ends = select(SCHOOL_ROLL.c.valid_to, *(-SCHOOL_ROLL.c[name] for name in ROLL)).where(
        below,
        SCHOOL_ROLL.c.valid_to > func.greatest(SCHOOL_ROLL.c.valid_from, since),
        SCHOOL_ROLL.c.valid_to <= until,
    )
    changes = union_all(begins, ends).subquery("changes")
    return _rows(session, select(changes.c.day, *_sums(changes, ROLL)).group_by(changes.c.day).order_by(changes.c.day))


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Row]:
    return [dict(row) for row in session.execute(statement).mappings()]


def _leaves(
    roll: Table, happened: Table, day: date, keys: Keys, where: Callable[[Table], ColumnElement[bool]]
) -> FromClause:
    # Both kinds of leaves under each other, each with zeros for the other's figures: sums need no join.
    nothing = literal(0)
    stands = select(*keys(roll), *(roll.c[name] for name in ROLL), *(nothing.label(name) for name in DAY)).where(
        covers(roll, day), where(roll)
    )
    went_on = select(
        *keys(happened), *(nothing.label(name) for name in ROLL), *(happened.c[name] for name in DAY)
    ).where(happened.c.day == day, where(happened))
    return union_all(stands, went_on).subquery("leaves")


def _sums(table: FromClause, names: Sequence[str]) -> list[ColumnElement[int]]:
    return [func.sum(table.c[name]).cast(BigInteger).label(name) for name in names]


def _state(schools: FromClause) -> ColumnElement[str]:
    cases: ColumnElement[int] = sum((schools.c[metric.name] for metric in CASE_METRICS), start=literal(0))
    return case(
        (cases > 0, State.CASES),
        (schools.c.reported > 0, State.ZERO),
        (schools.c.due > 0, State.MISSING),
        else_=State.NOTHING_DUE,
    )
