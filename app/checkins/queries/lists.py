"""Statements for those who look: archives, families, who is missing, who is behind a figure."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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
    return select(Person).where(
        Person.institution_id == institution_id,
        _stood(institution_id, day, unit_id, Standing.due),
        ~_has_reading(institution_id, day, slot),
    )


def missing_of_units(
    session: Session,
    institution_id: int,
    units: Collection[int],
    *,
    day: date,
    slot: Slot | None,
) -> Sequence[Any]:
    """(unit or 0, id, name) of those who are missing in some units."""
    unit = func.coalesce(Standing.unit_id, NOBODY)
    return session.execute(
        select(unit.label("unit_id"), Person.id, Person.name)
        .join(Person, and_(Person.institution_id == Standing.institution_id, Person.id == Standing.person_id))
        .where(
            Standing.institution_id == institution_id,
            *_on(day),
            unit.in_(units),
            Standing.due,
            ~_has_reading(institution_id, day, slot),
        )
        .order_by(unit, Person.id)
    ).all()


def units_with(institution_id: int, ids: Collection[int]) -> Select[Unit]:
    """Some units of a school."""
    return select(Unit).where(Unit.institution_id == institution_id, Unit.id.in_(ids))


def counts_by_unit(session: Session, institution_id: int, day: date, slot: Slot | None) -> Sequence[Any]:
    """(unit or 0, how many owe a reading, how many have given it), for every unit in which somebody stood."""
    unit = func.coalesce(Standing.unit_id, NOBODY).label("unit_id")
    return session.execute(
        select(
            unit,
            func.count().label("due"),
            func.count().filter(_has_reading(institution_id, day, slot)).label("reported"),
        )
        .join(Person, and_(Person.institution_id == Standing.institution_id, Person.id == Standing.person_id))
        .where(Standing.institution_id == institution_id, *_on(day), Standing.due)
        .group_by(unit)
        .order_by(unit)
    ).all()


def behind(institution_id: int, metric: str, day: date, unit_id: int | None) -> Select[Person]:
    """The persons whom a figure counts; ``unit_id`` None: in the whole school, 0: in no unit."""
    persons = select(Person).where(Person.institution_id == institution_id)
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
        # As an array it is counted once. The policy has the planner expect a single person, for whom it would count the
        # whole school; then it would do so for each of them.
        return persons.where(Person.id == func.any(func.array(counted.scalar_subquery())))
    owed = (Standing.due,) if metric in ("due", "missing") else ()
    persons = persons.where(_stood(institution_id, day, unit_id, *owed))
    if metric == "persons_uncovered":
        return persons.where(_stood(institution_id, day, NOBODY))
    return persons.where(~_has_reading(institution_id, day, None)) if metric == "missing" else persons


def size(session: Session, statement: Select[Person]) -> int:
    """How many rows a list has in all."""
    return session.scalars(select(func.count()).select_from(statement.subquery())).one()


def _on(day: date) -> tuple[ColumnElement[bool], ...]:
    return Standing.valid_from <= day, or_(Standing.valid_to.is_(None), Standing.valid_to > day)


def _stood(
    institution_id: int, day: date, unit_id: int | None, *more: ColumnElement[bool] | InstrumentedAttribute[bool]
) -> ColumnElement[bool]:
    standing = select(Standing.person_id).where(
        Standing.institution_id == institution_id, Standing.person_id == Person.id, *_on(day), *more
    )
    if unit_id is not None:
        standing = standing.where(Standing.unit_id.is_(None) if unit_id == NOBODY else Standing.unit_id == unit_id)
    return exists(standing.correlate(Person))


def _has_reading(institution_id: int, day: date, slot: Slot | None) -> ColumnElement[bool]:
    reading = select(CheckIn.id).where(
        CheckIn.institution_id == institution_id,
        CheckIn.day == day,
        CheckIn.person_id == Person.id,
        CheckIn.replaced_by.is_(None),
        CheckIn.counted,
    )
    return exists((reading if slot is None else reading.where(CheckIn.slot == slot)).correlate(Person))
