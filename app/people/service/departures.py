"""Off the roll: one person, or many."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor
from app.audit import service as audit
from app.kernel import events
from app.people.errors import DayNotPossible
from app.people.events import PersonLeft
from app.people.models import Person
from app.people.queries import standings
from app.people.schemas import Departure, DepartureReason, PersonOut
from app.people.service import bindings, rolls
from app.people.service.persons import shown


def leave(session: Session, actor: Actor, person_id: int, departure: Departure) -> PersonOut:
    """Take a person off the roll, with the household of a student.

    Guardians keep their sight of what is recorded, which the law gives them, unless the person was never there.
    """
    person = rolls.held(session, actor, Action.PEOPLE_MANAGE, person_id)
    day = rolls.first_day(session, actor, person.institution_id, departure.left_on)
    for gone in depart(session, [person], day, departure.reason):
        audit.record(
            session,
            actor,
            "people.leave",
            "person",
            gone,
            institution_id=person.institution_id,
            details={"reason": departure.reason.value, "on": day.isoformat()},
        )
    session.refresh(person)
    return shown(person)


def depart(session: Session, leavers: Sequence[Person], day: date, reason: DepartureReason) -> list[int]:
    """Take persons of one school off its roll, with the households; answers with the ids of all who are gone.

    The caller holds the lock of the school, and leaves the trace. Raises `DayNotPossible` before a change of unit.
    """
    if not leavers:
        return []
    institution_id = leavers[0].institution_id
    latest = standings.latest_standing(session, institution_id, [person.id for person in leavers])
    if latest is not None and day < latest:
        raise DayNotPossible
    places = standings.places_of(session, institution_id, [person.id for person in leavers])
    rolls.shift(session, institution_id, day, {place: -persons for place, persons in places.items()})
    gone = standings.depart(session, institution_id, [person.id for person in leavers], day)
    bindings.end_for_leavers(session, institution_id, gone, guardians_too=reason is DepartureReason.MISTAKE)
    for person_id in gone:
        events.record(session, PersonLeft(institution_id, person_id, day.isoformat(), reason.value))
    return gone
