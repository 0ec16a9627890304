"""Locking leaves, making them, adding to them, splitting them at a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Update

from app.institutions.models import Institution, Placement
from app.kernel import bulk
from app.rollups.queries.tables import (
    DAY,
    OF_UNITS,
    ROLL,
    SCHOOL_DAY,
    SCHOOL_ROLL,
    UNIT_DAY,
    UNIT_ROLL,
    covers,
    crosses,
)

Deltas = Mapping[int, Mapping[str, int]]
SchoolDayKey = tuple[int, date]
UnitDayKey = tuple[int, date, int]
_SCHOOLS = bulk.Given({"institution_id": BigInteger(), "day": Date()}, name="asked")
_UNITS = bulk.Given({"institution_id": BigInteger(), "day": Date(), "unit_id": BigInteger()}, name="asked")
_ADDED_ROLLS = bulk.Given({"unit_id": BigInteger(), **dict.fromkeys(ROLL, Integer())}, name="added")
_NO_DAY = dict.fromkeys(DAY, 0)
_NO_ROLL = dict.fromkeys(ROLL, 0)


# Locks and rows to lock


def lineage_shared(session: Session, institution_id: int) -> Sequence[int] | None:
    """The lineage of today, locked against a move until the end of the transaction; None where nobody may see it."""
    return session.scalars(
        select(Institution.lineage).where(Institution.id == institution_id).with_for_update(read=True)
    ).one_or_none()


def lineage_on(session: Session, institution_id: int, day: date) -> Sequence[int] | None:
    """The lineage that a school had on ``day``."""
    return session.scalars(
        select(Placement.lineage).where(
            Placement.institution_id == institution_id,
            Placement.applied,
            Placement.valid_from <= day,
            or_(Placement.valid_to.is_(None), Placement.valid_to > day),
        )
    ).one_or_none()


def units_of_day(session: Session, institution_id: int, day: date) -> Sequence[int]:
    """The units of a school that have a row for the day."""
    return session.scalars(
        select(UNIT_DAY.c.unit_id).where(UNIT_DAY.c.institution_id == institution_id, UNIT_DAY.c.day == day)
    ).all()


def missing_days(session: Session, units: Sequence[UnitDayKey]) -> tuple[Sequence[UnitDayKey], Sequence[SchoolDayKey]]:
    """Those of the units' and of their schools' days that have no row yet, in key order."""
    found = session.execute(_missing_days(), _UNITS.values(units)).all()
    without_unit = {(row.institution_id, row.day, row.unit_id) for row in found if not row.has_unit}
    return sorted(without_unit), sorted({(row.institution_id, row.day) for row in found if not row.has_school})


@lru_cache
def _missing_days() -> Select[*tuple[Any, ...]]:
    has_unit, has_school = UNIT_DAY.c.day.is_not(None), SCHOOL_DAY.c.day.is_not(None)
    return (
        select(_UNITS.table, has_unit.label("has_unit"), has_school.label("has_school"))
        .outerjoin(UNIT_DAY, _UNITS.same(UNIT_DAY.primary_key))
        .outerjoin(SCHOOL_DAY, _UNITS.same(SCHOOL_DAY.primary_key))
        .where(~(has_unit & has_school))
    )


def make_unit_days(session: Session, units: Sequence[UnitDayKey]) -> None:
    """Add zero rows, in the order given, where there are none."""
    keys = ("institution_id", "day", "unit_id")
    rows = [{**dict(zip(keys, unit, strict=True)), **_NO_DAY} for unit in units]
    session.execute(upsert(UNIT_DAY).values(rows).on_conflict_do_nothing())


def make_school_day(session: Session, institution_id: int, day: date, lineage: Sequence[int]) -> None:
    """Add the school's zero row unless it is there."""
    row = {"institution_id": institution_id, "day": day, "lineage": list(lineage), **_NO_DAY}
    session.execute(upsert(SCHOOL_DAY).values(row).on_conflict_do_nothing())


def lock_unit_days(session: Session, units: Sequence[UnitDayKey]) -> None:
    """Lock the rows of units, by school, day and unit."""
    session.execute(_lock(UNIT_DAY), _UNITS.values(units))


def lock_schools_of_day(session: Session, schools: Sequence[SchoolDayKey]) -> None:
    """Lock the rows of schools, by school and day."""
    session.execute(_lock(SCHOOL_DAY), _SCHOOLS.values(schools))


@lru_cache
def _lock(table: Table) -> Select[*tuple[Any, ...]]:
    asked = _UNITS if table is UNIT_DAY else _SCHOOLS
    statement = select(literal(1)).select_from(table).join(asked.table, asked.same(table.primary_key))
    return statement.order_by(*table.primary_key).with_for_update(of=table)


def lock_school_days(session: Session, institution_ids: Iterable[int], since: date) -> None:
    """Lock the rows of schools from a day on, by school and day; one school at a time, since each has its shard."""
    for institution_id in sorted(institution_ids):
        session.execute(
            select(SCHOOL_DAY.c.day)
            .where(SCHOOL_DAY.c.institution_id == institution_id, SCHOOL_DAY.c.day >= since)
            .order_by(SCHOOL_DAY.c.day)
            .with_for_update()
        )


def lock_rolls(session: Session, institution_ids: Iterable[int]) -> set[int]:
    """Lock all roll rows of schools, by school and day; the schools that have any.

    All, not only the one that stands: a row that another transaction has split in the meantime would no longer match,
    and nothing would be locked.
    """
    return {institution_id for institution_id in sorted(institution_ids) if _lock_rolls(session, institution_id)}


def _lock_rolls(session: Session, institution_id: int) -> bool:
    statement = select(SCHOOL_ROLL.c.valid_from).where(SCHOOL_ROLL.c.institution_id == institution_id)
    return bool(session.scalars(statement.order_by(SCHOOL_ROLL.c.valid_from).with_for_update()).all())


def make_school_roll(session: Session, institution_id: int, day: date, lineage: Sequence[int]) -> None:
    """Add the school's first, zero row unless it has one that stands."""
    row = {"institution_id": institution_id, "valid_from": day, "lineage": list(lineage), **_NO_ROLL}
    session.execute(upsert(SCHOOL_ROLL).values(row).on_conflict_do_nothing())


# Changing leaves


def add_unit_days(session: Session, deltas: Mapping[UnitDayKey, Mapping[str, int]]) -> None:
    """Add to counters of units on days; raises RuntimeError for a unit without a row, which was not locked."""
    if _add_days(session, UNIT_DAY, deltas) != len(deltas):
        raise RuntimeError("a unit's row of the day was not locked before it was added to")


def add_school_days(session: Session, deltas: Mapping[SchoolDayKey, Mapping[str, int]]) -> None:
    """Add to counters of schools on days."""
    _add_days(session, SCHOOL_DAY, deltas)


def _add_days(session: Session, table: Table, deltas: Mapping[Any, Mapping[str, int]]) -> int:
    names = tuple(sorted({name for counts in deltas.values() for name in counts}))
    added, statement = _addition(table, names)
    rows = [(*key, *(counts.get(name, 0) for name in names)) for key, counts in deltas.items()]
    changed = session.execute(statement, added.values(rows))
    return int(changed.rowcount)  # type: ignore[attr-defined]  # the DML result has it; the stub does not say so


@lru_cache
def _addition(table: Table, names: tuple[str, ...]) -> tuple[bulk.Given, Update]:
    keys = {one.name: one.type for one in table.primary_key}
    added = bulk.Given({**keys, **dict.fromkeys(names, Integer())}, name="added")
    changed = {name: table.c[name] + added.c[name] for name in names}
    return added, update(table).where(added.same(table.primary_key)).values(changed)


def add_unit_rolls(session: Session, institution_id: int, day: date, deltas: Deltas) -> None:
    """Add to what stands in units from a day on; no row crosses that day any more."""
    rows = [(unit, *(counts.get(name, 0) for name in ROLL)) for unit, counts in deltas.items()]
    session.execute(
        update(UNIT_ROLL)
        .where(
            UNIT_ROLL.c.institution_id == institution_id,
            UNIT_ROLL.c.unit_id == _ADDED_ROLLS.c.unit_id,
            UNIT_ROLL.c.valid_from >= day,
        )
        .values({name: UNIT_ROLL.c[name] + _ADDED_ROLLS.c[name] for name in ROLL}),
        _ADDED_ROLLS.values(rows),
    )


def add_school_rolls(session: Session, institution_id: int, day: date, delta: Mapping[str, int]) -> None:
    """Add to what stands in a school from a day on; no row crosses that day any more."""
    session.execute(
        update(SCHOOL_ROLL)
        .where(SCHOOL_ROLL.c.institution_id == institution_id, SCHOOL_ROLL.c.valid_from >= day)
        .values({name: SCHOOL_ROLL.c[name] + count for name, count in delta.items()})
    )


def split_units(session: Session, institution_id: int, day: date, units: Iterable[int]) -> None:
    """End the rows of units that cross ``day`` there and go on with equal ones; begin where there is none."""
    mine = and_(UNIT_ROLL.c.institution_id == institution_id, UNIT_ROLL.c.unit_id.in_(units))
    _split(session, UNIT_ROLL, day, mine)
    later = session.execute(
        select(UNIT_ROLL.c.unit_id, func.min(UNIT_ROLL.c.valid_from).label("next"))
        .where(mine, UNIT_ROLL.c.valid_from >= day)
        .group_by(UNIT_ROLL.c.unit_id)
    )
    begins = {row.unit_id: row.next for row in later}
    fresh = [
        {"institution_id": institution_id, "unit_id": unit, "valid_from": day, "valid_to": begins.get(unit), **_NO_ROLL}
        for unit in units
        if begins.get(unit) != day
    ]
    if fresh:
        session.execute(insert(UNIT_ROLL), fresh)


def split_school(session: Session, institution_id: int, day: date) -> None:
    """The same for a school, which has a row: a gap takes the place that the school had next, or last."""
    mine = SCHOOL_ROLL.c.institution_id == institution_id
    _split(session, SCHOOL_ROLL, day, mine)
    found = session.execute(
        select(SCHOOL_ROLL.c.valid_from, SCHOOL_ROLL.c.lineage).where(mine).order_by(SCHOOL_ROLL.c.valid_from)
    ).all()
    later = next((row for row in found if row.valid_from >= day), None)
    if later is None or later.valid_from != day:
        place = {"institution_id": institution_id, "lineage": (later or found[-1]).lineage}
        span = {"valid_from": day, "valid_to": later.valid_from if later else None}
        session.execute(insert(SCHOOL_ROLL), [{**place, **span, **_NO_ROLL}])


def _split(session: Session, table: Table, day: date, mine: ColumnElement[bool]) -> None:
    crossing = and_(mine, crosses(table, day))
    rows = session.execute(select(table).where(crossing)).mappings().all()
    if rows:
        session.execute(update(table).where(crossing).values(valid_to=day))
        session.execute(insert(table), [{**row, "valid_from": day} for row in rows])


def end_rolls(session: Session, institution_id: int, day: date) -> None:
    """Let a school's rolls end on ``day``: none of its rows holds from then on."""
    for table in (UNIT_ROLL, SCHOOL_ROLL):
        mine = table.c.institution_id == institution_id
        session.execute(delete(table).where(mine, table.c.valid_from >= day))
        session.execute(update(table).where(mine, crosses(table, day)).values(valid_to=day))


def misplaced(session: Session, institution_ids: Iterable[int], day: date) -> Sequence[int]:
    """Those schools whose leaves from ``day`` on do not carry the lineage of where the school stood."""
    found: set[int] = set()
    for table, since in _dated(day):
        statement = select(table.c.institution_id).join(Placement, _stood(table, since))
        later = since >= day if table is SCHOOL_DAY else or_(table.c.valid_to.is_(None), table.c.valid_to > day)
        wrong = table.c.institution_id.in_(institution_ids), later, table.c.lineage != Placement.lineage
        found.update(session.scalars(statement.where(*wrong)))
    return sorted(found)


def replace_lineage(session: Session, institution_ids: Iterable[int], day: date) -> None:
    """Give the leaves of schools from ``day`` on the lineage of where the school stood; no roll crosses that day."""
    for table, since in _dated(day):
        begins = table.c.valid_from if table is SCHOOL_ROLL else table.c.day
        mine = and_(table.c.institution_id.in_(institution_ids), begins >= day, _stood(table, since))
        session.execute(update(table).where(mine).values(lineage=Placement.lineage))


def _dated(day: date) -> list[tuple[Table, ColumnElement[date]]]:
    return [(SCHOOL_ROLL, func.greatest(SCHOOL_ROLL.c.valid_from, day)), (SCHOOL_DAY, SCHOOL_DAY.c.day)]


def _stood(table: Table, on: ColumnElement[date]) -> ColumnElement[bool]:
    return and_(
        Placement.institution_id == table.c.institution_id,
        Placement.applied,
        Placement.valid_from <= on,
        or_(Placement.valid_to.is_(None), Placement.valid_to > on),
    )


def split_schools(session: Session, institution_ids: Iterable[int], day: date) -> None:
    """Split the rolls of schools at ``day`` where a row crosses it."""
    _split(session, SCHOOL_ROLL, day, SCHOOL_ROLL.c.institution_id.in_(institution_ids))


def unit_counts(session: Session, institution_id: int, day: date) -> dict[int, dict[str, int]]:
    """What is stored of a school's units themselves, by unit."""
    found = session.execute(
        select(UNIT_ROLL.c.unit_id, *(UNIT_ROLL.c[name] for name in OF_UNITS)).where(
            UNIT_ROLL.c.institution_id == institution_id, covers(UNIT_ROLL, day)
        )
    ).mappings()
    return {row["unit_id"]: {name: row[name] for name in OF_UNITS} for row in found}


def stands(session: Session, institution_id: int) -> bool:
    """Whether anything is counted in the school's roll that is open."""
    total = sum((SCHOOL_ROLL.c[name] for name in ROLL), start=literal(0))
    found = session.scalar(
        select(total).where(SCHOOL_ROLL.c.institution_id == institution_id, SCHOOL_ROLL.c.valid_to.is_(None))
    )
    return bool(found)
