"""Statements for those who look: archives, families, who is missing, who is behind a figure."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, func, literal, or_, select
from sqlalchemy.orm import Session

from app.checkins.models import CheckIn, HealthStatus, Slot
from app.institutions.models import Institution, Unit
from app.people.models import Person, PersonState, Standing
from app.rollups.models import NOBODY

_FEVER = func.bool_or(CheckIn.status == HealthStatus.FEVER)
_ATTENTION = func.bool_or(CheckIn.status == HealthStatus.ATTENTION)
# Figure of a day → what the standing readings of a person and day must say; the same words as `rules.PersonDay`.
_DAY_FIGURES: dict[str, tuple[bool, ColumnElement[bool] | None]] = {
    "reported": (False, None),
    "normal": (False, ~_FEVER & ~_ATTENTION),
    "attention": (False, _ATTENTION & ~_FEVER),
    "fever": (False, _FEVER),
    "symptoms": (False, func.bool_or(CheckIn.symptoms.is_not(None))),
    "not_measured": (False, ~func.bool_or(CheckIn.temperature.is_not(None))),
    "late": (False, func.bool_and(CheckIn.late)),
    "household_reported": (True, None),
    "household_fever": (True, _FEVER),
}
_ROLL_FIGURES = ("on_roll", "due", "persons_uncovered", "missing")
FIGURES = frozenset({*_DAY_FIGURES, *_ROLL_FIGURES})


def archive(institution_id: int, person_id: int, since: date, until: date) -> Select[CheckIn]:
    """All readings of a person in a period, replaced ones too."""
    return select(CheckIn).where(
        CheckIn.institution_id == institution_id,
        CheckIn.person_id == person_id,
        CheckIn.day >= since,
        CheckIn.day <= until,
    )


def standing_readings(
    session: Session, institutions: Collection[int], people: Collection[int], days: Collection[date]
) -> Sequence[CheckIn]:
    """The standing readings of some people on some days, in the order in which they were taken."""
    return session.scalars(
        select(CheckIn)
        .where(
            CheckIn.institution_id.in_(institutions),
            CheckIn.day.in_(days),
            CheckIn.person_id.in_(people),
            CheckIn.replaced_by.is_(None),
        )
        .order_by(CheckIn.day, CheckIn.taken_at, CheckIn.id)
    ).all()


def followed(statement: Select[Person], day: date) -> Select[Person]:
    """Of some persons those who are followed on ``day``, the children before their households."""
    return statement.where(Person.state == PersonState.ENROLLED, Person.enrolled_on <= day).order_by(
        Person.institution_id, Person.ward_id, Person.student_id.is_not(None), Person.id
    )


def of_school(statement: Select[Person], institution_id: int) -> Select[Person]:
    """Of some persons those of a school."""
    return statement.where(Person.institution_id == institution_id)


def of_unit(statement: Select[Person], institution_id: int, unit_id: int) -> Select[Person]:
    """Of some persons those of a class or department."""
    return of_school(statement, institution_id).where(Person.unit_id == unit_id)


def names(
    session: Session, institutions: Collection[int], units: Collection[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """The names of institutions and of units, by id."""
    schools = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(institutions)))
    classes = session.execute(
        select(Unit.id, Unit.name).where(Unit.institution_id.in_(institutions), Unit.id.in_(units))
    )
    return {row.id: row.name for row in schools}, {row.id: row.name for row in classes}


def missing_in_unit(institution_id: int, unit_id: int, day: date, slot: Slot | None) -> Select[Person]:
    """Those who stood in a unit and owe a reading of the day, or of a slot of it."""
    return _persons(_missing(institution_id, day, unit_id, slot))


def missing_of_units(
    session: Session,
    institution_id: int,
    units: Collection[int],
    *,
    day: date,
    slot: Slot | None,
) -> dict[int, list[tuple[int, str]]]:
    """By unit (0: none) the id and name of those who are missing in some units."""
    unit = func.coalesce(Standing.unit_id, NOBODY)
    rows = session.execute(
        _missing(institution_id, day, None, slot)
        .add_columns(unit.label("unit_id"))
        .where(unit.in_(units))
        .order_by(unit, Standing.person_id)
    ).all()
    ids = literal([row.person_id for row in rows], ARRAY(BigInteger))
    people = select(Person.id, Person.name).where(Person.id == func.any(ids))
    named = {row.id: row.name for row in session.execute(people)} if rows else {}
    found: dict[int, list[tuple[int, str]]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append((row.person_id, named[row.person_id]))
    return found


def units_with(institution_id: int, ids: Collection[int]) -> Select[Unit]:
    """Some units of a school."""
    return select(Unit).where(Unit.institution_id == institution_id, Unit.id.in_(ids))


def counts_by_unit(
    session: Session, institution_id: int, day: date, slot: Slot | None, unit_id: int | None = None
) -> Sequence[Any]:
    """(unit or 0, how many owe a reading, how many have given it), for every unit in which somebody stood, or one."""
    unit = func.coalesce(Standing.unit_id, NOBODY).label("unit_id")
    owed = _stood(institution_id, day, unit_id).where(Standing.due)
    came = func.count().filter(Standing.person_id.in_(_came(institution_id, day, unit_id, slot)))
    counts = owed.with_only_columns(unit, func.count().label("due"), came.label("reported"))
    return session.execute(counts.group_by(unit).order_by(unit)).all()


def behind(institution_id: int, metric: str, day: date, unit_id: int | None) -> Select[Person]:
    """The persons whom a figure counts; ``unit_id`` None: in the whole school, 0: in no unit."""
    if metric in _DAY_FIGURES:
        household, condition = _DAY_FIGURES[metric]
        counted = (
            select(CheckIn.person_id)
            .where(
                CheckIn.institution_id == institution_id,
                CheckIn.day == day,
                CheckIn.replaced_by.is_(None),
                CheckIn.counted,
                CheckIn.household == household,
            )
            .group_by(CheckIn.person_id)
        )
        if unit_id is not None:
            counted = counted.where(CheckIn.unit_id == unit_id)
        if condition is not None:
            counted = counted.having(condition)
        return _persons(counted)
    if metric == "missing":
        return _persons(_missing(institution_id, day, unit_id, None))
    stood = _stood(institution_id, day, unit_id)
    if metric == "due":
        stood = stood.where(Standing.due)
    if metric == "persons_uncovered":
        stood = stood.where(Standing.unit_id.is_(None))
    return _persons(stood)


def size(session: Session, statement: Select[Person]) -> int:
    """How many rows a list has in all."""
    return session.scalars(select(func.count()).select_from(statement.subquery())).one()


def _persons(ids: Select[int]) -> Select[Person]:
    # As an array it is asked for once, and looked up by that alone. Where the institution is compared with as well, the
    # planner multiplies that with the policy, expects a single person, and goes through the whole school for it.
    return select(Person).where(Person.id == func.any(func.array(ids.scalar_subquery())))


def _stood(institution_id: int, day: date, unit_id: int | None) -> Select[int]:
    standing = select(Standing.person_id).where(
        Standing.institution_id == institution_id,
        Standing.valid_from <= day,
        or_(Standing.valid_to.is_(None), Standing.valid_to > day),
    )
    if unit_id is None:
        return standing
    return standing.where(Standing.unit_id.is_(None) if unit_id == NOBODY else Standing.unit_id == unit_id)


def _missing(institution_id: int, day: date, unit_id: int | None, slot: Slot | None) -> Select[int]:
    came = _came(institution_id, day, unit_id, slot)
    return _stood(institution_id, day, unit_id).where(Standing.due, Standing.person_id.not_in(came))


def _came(institution_id: int, day: date, unit_id: int | None, slot: Slot | None) -> Select[int]:
    # Depends on no row of what it is compared with: it is read once, and each person is looked up in what was read.
    readings = select(CheckIn.person_id).where(
        CheckIn.institution_id == institution_id,
        CheckIn.day == day,
        CheckIn.replaced_by.is_(None),
        CheckIn.counted,
    )
    if slot is not None:
        readings = readings.where(CheckIn.slot == slot)
    if unit_id is not None:
        # A person may have come elsewhere before standing here: asked for by the persons' keys, not by the unit.
        here = _stood(institution_id, day, unit_id)
        readings = readings.where(CheckIn.person_id == func.any(func.array(here.scalar_subquery())))
    return readings
