"""One screen for a family: every child, the household, oneself; over all schools, in one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.access.roles import Action, Reach
from app.access.service import Actor, visible
from app.checkins.models import CheckIn, Slot, Source
from app.checkins.queries import ingest, lists
from app.checkins.schemas.archives import (
    AnswersOut,
    FamilyMemberOut,
    FamilyOut,
    FamilyReadingOut,
    FamilySlotOut,
    LoggedBy,
    PlaceOut,
    SlotState,
)
from app.checkins.service.archive import answers_out, degrees, worst
from app.kernel import clock
from app.people.models import Person
from app.policies import service as policies
from app.policies.settings import Rules, SlotRule

_FAMILY = (Reach.OWN_CHILDREN, Reach.OWN_PERSON)
_LOGGED_BY = {
    Source.GUARDIAN: LoggedBy.OTHER_GUARDIAN,
    Source.SELF: LoggedBy.SELF,
    Source.TEACHER: LoggedBy.TEACHER,
    Source.DOCTOR: LoggedBy.DOCTOR,
    Source.GATE: LoggedBy.GATE,
    Source.IMPORT: LoggedBy.SCHOOL,
}


@dataclass(frozen=True, slots=True)
class _Screen:
    """What was looked up for all members at once."""

    account_id: int | None
    day: date
    now: datetime
    readings: Mapping[int, Sequence[CheckIn]]
    remembered: Mapping[int, AnswersOut]
    schools: Mapping[int, str]
    units: Mapping[int, str]
    policies: Mapping[int, Rules]


def family(session: Session, actor: Actor, day: date | None) -> FamilyOut:
    """The state of ``day`` (today) of everybody for whom the actor answers, and of the actor itself.

    Only ties of one's own count here: a teacher's class is not the teacher's family.
    """
    wanted = day or clock.today()
    ties = tuple(held for reach, held in actor.reaches(Action.CHECKINS_READ) if reach in _FAMILY)
    own = Actor(account_id=actor.account_id, held=ties)
    people = session.scalars(lists.followed(visible(own, Action.CHECKINS_READ, Person), wanted)).all()
    screen = _look_up(session, actor, people, wanted)
    return FamilyOut(day=wanted, members=[_member(screen, person) for person in people])


def _look_up(session: Session, actor: Actor, people: Sequence[Person], day: date) -> _Screen:
    institutions = {one.institution_id for one in people}
    ids = {one.id for one in people}
    now = clock.now()
    readings: dict[int, list[CheckIn]] = {}
    for reading in lists.standing_readings(session, institutions, ids, [day]) if ids else ():
        readings.setdefault(reading.person_id, []).append(reading)
    remembered = ingest.remembered(session, institutions, ids, now, now) if ids else []
    schools, units = lists.names(session, institutions, {one.unit_id for one in people if one.unit_id})
    return _Screen(
        actor.account_id,
        day,
        now,
        readings,
        {row.person_id: answers_out(row.symptoms, row.answers) for row in remembered},
        schools,
        units,
        {one: policies.effective(session, one) for one in sorted(institutions)},
    )


def _member(screen: _Screen, person: Person) -> FamilyMemberOut:
    readings = screen.readings.get(person.id, ())
    policy = screen.policies[person.institution_id]
    done = {one.slot for one in readings}
    owes = person.kind in policy.due_kinds
    return FamilyMemberOut(
        person_id=person.id,
        name=person.name,
        kind=person.kind,
        relation=person.relation,
        child_id=person.student_id,
        institution=PlaceOut(id=person.institution_id, name=screen.schools.get(person.institution_id, "")),
        unit=PlaceOut(id=person.unit_id, name=screen.units.get(person.unit_id, "")) if person.unit_id else None,
        status=worst([one.status for one in readings]),
        slots=[_slot(screen, rule, done, owes=owes) for rule in policy.slots],
        readings=[_reading(screen, one) for one in readings],
        remembered=screen.remembered.get(person.id),
    )


def _slot(screen: _Screen, rule: SlotRule, done: set[Slot], *, owes: bool) -> FamilySlotOut:
    slot = Slot(rule.slot)
    if slot in done:
        state = SlotState.DONE
    elif not (owes and rule.required):
        state = SlotState.OPTIONAL
    else:
        state = SlotState.LATE if screen.now > clock.at(screen.day, rule.deadline) else SlotState.DUE
    return FamilySlotOut(slot=slot, opens=rule.opens, deadline=rule.deadline, required=rule.required, state=state)


def _reading(screen: _Screen, row: CheckIn) -> FamilyReadingOut:
    own = row.recorded_by is not None and row.recorded_by == screen.account_id
    return FamilyReadingOut(
        id=row.id,
        slot=row.slot,
        status=row.status,
        late=row.late,
        temperature=degrees(row.temperature),
        taken_at=row.taken_at,
        received_at=row.received_at,
        logged_by=LoggedBy.YOU if own else _LOGGED_BY[row.source],
    )
