"""Sums over leaves: of a subtree, of its children, of the units of a school, over days."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Table,
    bindparam,
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
_ID: BindParameter[int] = bindparam("id", type_=BigInteger)
_ON: BindParameter[date] = bindparam("on", type_=Date)


def sums_below(session: Session, lineage: Sequence[int], day: date, *, by_child: bool) -> list[Row]:
    """Figures of a subtree on a day, whole or by ``child`` (NULL: the institution itself), with schools by state.

    ``lineage``: that of its root today. Each leaf belongs where its school stood on that day.
    """
    depth, institution_id = len(lineage), lineage[-1]
    return _rows(session, _below(depth if by_child else None), id=institution_id, on=day)


def sums_of_units(session: Session, institution_id: int, day: date) -> list[Row]:
    """Figures of a school on a day by ``unit_id`` (0: in none)."""
    return _rows(session, _units(), id=institution_id, on=day)


def sums_of_school(session: Session, institution_id: int, day: date) -> Row:
    """What a school's own leaves say of a day, without those below it."""
    return _rows(session, _school(), id=institution_id, on=day)[0]


# Made once: putting these together costs more than running them does.


@lru_cache
def _below(depth: int | None) -> Select[*tuple[Any, ...]]:
    # A school has at most one row of each kind, and its state follows from both: hence side by side, not under
    # each other.
    def side(table: Table, names: Sequence[str], holds: ColumnElement[bool]) -> FromClause:
        child = literal(None, BigInteger) if depth is None else _child(table, depth)
        figures = [table.c[name] for name in names]
        kept = select(table.c.institution_id, child.label("child"), *figures).where(holds, _inside(table))
        return kept.subquery(table.name)

    stands = side(SCHOOL_ROLL, ROLL, covers(SCHOOL_ROLL, _ON))
    happened = side(SCHOOL_DAY, DAY, SCHOOL_DAY.c.day == _ON)
    both = stands.join(happened, stands.c.institution_id == happened.c.institution_id, full=True)
    statement = select(*_sums(stands, ROLL), *_sums(happened, DAY), *_states(stands, happened)).select_from(both)
    if depth is None:
        return statement
    child = func.coalesce(stands.c.child, happened.c.child)
    return statement.add_columns(child.label("child")).group_by(child)


def _inside(table: Table) -> ColumnElement[bool]:
    # Unlike `@>` it is known to leak nothing, so the database may ask it before the policy, which costs more.
    return table.c.lineage.any_() == _ID


def _child(table: Table, depth: int) -> ColumnElement[int]:
    # Where the root of the subtree has always stood as deep as today, and else where it is found.
    return case(
        (table.c.lineage[depth] == _ID, table.c.lineage[depth + 1]),
        else_=table.c.lineage[func.array_position(table.c.lineage, _ID) + 1],
    )


@lru_cache
def _units() -> Select[*tuple[Any, ...]]:
    leaves = _leaves(
        UNIT_ROLL, UNIT_DAY, keys=lambda table: [table.c.unit_id], where=lambda table: table.c.institution_id == _ID
    )
    statement = select(leaves.c.unit_id, *_sums(leaves, FIGURES)).group_by(leaves.c.unit_id)
    return statement.order_by(leaves.c.unit_id)


@lru_cache
def _school() -> Select[*tuple[Any, ...]]:
    leaves = _leaves(SCHOOL_ROLL, SCHOOL_DAY, keys=lambda _: (), where=lambda table: table.c.institution_id == _ID)
    return select(*_sums(leaves, FIGURES))


def day_sums(
    session: Session, institution_id: int, schools: Sequence[int] | None, since: date, until: date
) -> list[Row]:
    """What happened in a subtree on each day that has leaves.

    ``schools``: all that may ever have stood there, by whose key their days are found; None: all days are read through.
    """
    statement = select(SCHOOL_DAY.c.day, *_sums(SCHOOL_DAY, DAY)).where(
        _inside(SCHOOL_DAY), SCHOOL_DAY.c.day.between(since, until)
    )
    if schools is not None:
        statement = statement.where(SCHOOL_DAY.c.institution_id == func.any(literal(schools, ARRAY(BigInteger))))
    return _rows(session, statement.group_by(SCHOOL_DAY.c.day), id=institution_id)


def days_of_children(
    session: Session, lineage: Sequence[int], since: date, until: date, names: Sequence[str]
) -> list[Row]:
    """The figures ``names`` of each day for each ``child`` (NULL: the institution itself) that counted any.

    ``lineage``: that of the root of the subtree, as it stood in those days.
    """
    child = _child(SCHOOL_DAY, len(lineage)).label("child")
    statement = (
        select(SCHOOL_DAY.c.day, child, *_sums(SCHOOL_DAY, names))
        .where(_inside(SCHOOL_DAY), SCHOOL_DAY.c.day.between(since, until))
        .group_by(SCHOOL_DAY.c.day, child)
    )
    return _rows(session, statement, id=lineage[-1])


def roll_changes(session: Session, institution_id: int, since: date, until: date) -> list[Row]:
    """By how much what stands in a subtree changes on each day; those standing already count on ``since``.

    One pass over the rolls, instead of one for each day.
    """
    below = _inside(SCHOOL_ROLL)
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
    statement = select(changes.c.day, *_sums(changes, ROLL)).group_by(changes.c.day).order_by(changes.c.day)
    return _rows(session, statement, id=institution_id)


def _rows(session: Session, statement: Select[*tuple[Any, ...]], **values: Any) -> list[Row]:
    return [dict(row) for row in session.execute(statement, values).mappings()]


def _leaves(roll: Table, happened: Table, keys: Keys, where: Callable[[Table], ColumnElement[bool]]) -> FromClause:
    # Both kinds of leaves under each other, each with zeros for the other's figures: sums need no join.
    none = {name: literal(0).label(name) for name in FIGURES}
    stands = select(*keys(roll), *(roll.c[name] for name in ROLL), *(none[name] for name in DAY))
    went_on = select(*keys(happened), *(none[name] for name in ROLL), *(happened.c[name] for name in DAY))
    return union_all(
        stands.where(covers(roll, _ON), where(roll)), went_on.where(happened.c.day == _ON, where(happened))
    ).subquery("leaves")


def _sums(table: FromClause, names: Sequence[str]) -> list[ColumnElement[int]]:
    return [func.sum(table.c[name]).cast(BigInteger).label(name) for name in names]


def _states(stands: FromClause, happened: FromClause) -> list[ColumnElement[int]]:
    # Asked of each school: hence short filters, and the last state is what remains. A school without a row of the day
    # has NULL in all its counts.
    cases: ColumnElement[int] = reduce(add, (happened.c[metric.name] for metric in CASE_METRICS))
    nothing_received = func.coalesce(happened.c.reported + cases, 0) == 0
    with_cases = func.count().filter(cases > 0)
    zero = func.count().filter(happened.c.reported > 0, cases == 0)
    missing = func.count().filter(stands.c.due > 0, nothing_received)
    rest = func.count() - with_cases - zero - missing
    counts = {State.CASES: with_cases, State.ZERO: zero, State.MISSING: missing, State.NOTHING_DUE: rest}
    return [count.label(state) for state, count in counts.items()]
