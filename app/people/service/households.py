"""Those who live with a student: their state counts as well, beside the roll."""

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.kernel import clock
from app.kernel.bulk import reserve_ids
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.people.errors import TooManyHouseholdMembers, wrong
from app.people.models import Person, PersonKind, PersonState
from app.people.queries import persons as queries
from app.people.schemas import MAX_HOUSEHOLD, DepartureReason, NewHouseholdMember, PersonOut
from app.people.service import persons, rolls, values
from app.people.service.departures import depart


def list_household(session: Session, actor: Actor, student_id: int) -> Page[PersonOut]:
    """Those who live with a student and are still followed."""
    student = obtain(session, actor, Action.PEOPLE_READ, Person, student_id)
    rows = queries.household(session, student.institution_id, student.id)
    return Page(items=[persons.shown(row) for row in rows], next=None)


def add_household_member(session: Session, actor: Actor, student_id: int, new: NewHouseholdMember) -> PersonOut:
    """Follow someone who lives with a student; by a guardian or by the school."""
    student = rolls.held_student(session, actor, Action.HOUSEHOLD_MANAGE, student_id)
    if len(queries.household(session, student.institution_id, student.id)) >= MAX_HOUSEHOLD:
        raise TooManyHouseholdMembers
    member_id = reserve_ids(session, "person", 1)[0]
    try:
        pointer = "/identity_number"
        identity = values.identity_number(new.identity_number) if new.identity_number else None
        pointer = "/phone"
        phone = values.phone(new.phone) if new.phone else None
    except values.WrongValueError as error:
        raise wrong(pointer, error.code) from error
    member = Person(
        institution_id=student.institution_id,
        id=member_id,
        kind=PersonKind.HOUSEHOLD,
        state=PersonState.ENROLLED,
        name=new.name,
        relation=new.relation,
        student_id=student.id,
        enrolled_on=clock.today(),
        **values.protected_identity("person", student.institution_id, member_id, identity),
        **values.protected_phone("person", student.institution_id, member_id, phone),
    )
    session.add(member)
    session.flush()
    session.refresh(member)
    _trace(session, actor, "people.add_household_member", member)
    return persons.shown(member)


def remove_household_member(session: Session, actor: Actor, member_id: int) -> None:
    """Follow someone no longer; what was recorded stays. Raises `NotFound` for anybody else than a member."""
    member = obtain(session, actor, Action.HOUSEHOLD_MANAGE, Person, member_id)
    if member.kind is not PersonKind.HOUSEHOLD:
        raise NotFound
    member = rolls.held(session, actor, Action.HOUSEHOLD_MANAGE, member_id)
    depart(session, [member], clock.today(), DepartureReason.WITHDRAWN)
    _trace(session, actor, "people.remove_household_member", member)


def _trace(session: Session, actor: Actor, act: str, member: Person) -> None:
    audit.record(
        session,
        actor,
        act,
        "person",
        member.id,
        institution_id=member.institution_id,
        details={"student_id": member.student_id},
    )
