"""What a change of persons does to the figures that stand: on roll, due, in no unit."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Unit, UnitKind
from app.kernel import clock
from app.people.errors import DayNotPossible, NotAStudent, PersonHasLeft, SchoolNotOpen, wrong
from app.people.models import Person, PersonKind, PersonState
from app.people.queries import persons as queries
from app.people.queries import standings
from app.policies import service as policies
from app.rollups import service as rollups
from app.rollups.models import NOBODY

# Where somebody stands: the unit (None: in none), and whether a reading is owed.
Place = tuple[int | None, bool]

_BACKDATED: Final = timedelta(days=31)
_SUITABLE: Final = {
    PersonKind.STUDENT: frozenset({UnitKind.CLASS}),
    PersonKind.STAFF: frozenset({UnitKind.DEPARTMENT, UnitKind.GRADE}),
    PersonKind.HOUSEHOLD: frozenset[UnitKind](),
}


def lock(session: Session, institution_id: int) -> Institution:
    """The school whose roll is about to change: one change at a time. Raises `SchoolNotOpen`.

    The lock comes before any row of the roll or of persons, so that an import and a transfer never wait for each other
    both ways.
    """
    school = queries.locked_institution(session, institution_id)
    if school is None or school.kind is not InstitutionKind.SCHOOL or school.state is not InstitutionState.OPEN:
        raise SchoolNotOpen
    return school


def held(session: Session, actor: Actor, action: Action, person_id: int) -> Person:
    """The person, locked after its school and still followed; raises `NotFound`, `Forbidden` and `PersonHasLeft`."""
    person = obtain(session, actor, action, Person, person_id)
    lock(session, person.institution_id)
    session.refresh(person, with_for_update=True)
    if person.state is PersonState.LEFT:
        raise PersonHasLeft
    return person


def held_student(session: Session, actor: Actor, action: Action, person_id: int) -> Person:
    """The same for a student; raises `NotAStudent` besides."""
    person = held(session, actor, action, person_id)
    if person.kind is not PersonKind.STUDENT:
        raise NotAStudent
    return person


def first_day(session: Session, actor: Actor, institution_id: int, wanted: date | None) -> date:
    """The day from which a change holds, today by default; raises `DayNotPossible`.

    Past days are for what was entered late. The service itself may go back to the day on which the school opened.
    """
    today = clock.today()
    day = wanted or today
    school = session.get_one(Institution, institution_id)
    earliest = school.opened_on if actor.system else max(school.opened_on, today - _BACKDATED)
    if not min(earliest, today) <= day <= today:
        raise DayNotPossible
    return day


def shift(session: Session, institution_id: int, day: date, moves: Mapping[Place, int]) -> None:
    """Add (or take off) so many persons to places, from ``day`` on."""
    if any(moves.values()):
        rollups.add_roll(session, institution_id, day, _figures(moves))


def count(session: Session, institution_id: int, day: date) -> dict[int, dict[str, int]]:
    """The figures of ``day`` anew from who stood where; what a recount holds the stored ones against."""
    return _figures(standings.places_on(session, institution_id, day))


def _figures(moves: Mapping[Place, int]) -> dict[int, dict[str, int]]:
    figures: dict[int, Counter[str]] = {}
    for (unit_id, due), persons in moves.items():
        counts = figures.setdefault(unit_id or NOBODY, Counter())
        counts["on_roll"] += persons
        counts["due"] += persons if due else 0
        counts["persons_uncovered"] += 0 if unit_id else persons
    return {unit_id: dict(counts) for unit_id, counts in figures.items()}


def due_kinds(session: Session, institution_id: int) -> frozenset[PersonKind]:
    """Of whom a reading is owed every day, by the policy in force now."""
    rules = policies.effective(session, institution_id)
    return frozenset(PersonKind(kind) for kind in rules.due_kinds)


def suits(kind: PersonKind, unit: Unit) -> bool:
    """Whether a person of that kind can stand in a unit."""
    return unit.kind in _SUITABLE[kind]


def check_units(
    session: Session, institution_id: int, kind: PersonKind, unit_id: int | None, dormitory_id: int | None
) -> None:
    """Raise `Invalid` unless both are open units of the school and of the right kinds."""
    if unit_id is not None:
        unit = queries.unit(session, institution_id, unit_id)
        if unit is None or not suits(kind, unit):
            raise wrong("/unit_id", "people.unit_not_suitable")
    if dormitory_id is not None:
        dormitory = queries.unit(session, institution_id, dormitory_id)
        if dormitory is None or dormitory.kind is not UnitKind.DORMITORY:
            raise wrong("/dormitory_id", "people.unit_not_suitable")
