"""Members of staff and older students who sign in for themselves."""

from typing import Any

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.identity import service as identity
from app.people.errors import NoPhone, NotAStudent
from app.people.models import Person, PersonKind
from app.people.schemas import AccountBindingOut
from app.people.service import rolls, values
from app.people.service.bindings import end_for_leavers, own_membership


def bind_own_account(session: Session, actor: Actor, person_id: int) -> AccountBindingOut:
    """Let a member of staff or an older student sign in for itself, by the phone on the roll."""
    person = rolls.held(session, actor, Action.PEOPLE_MANAGE, person_id)
    if person.kind is PersonKind.HOUSEHOLD:
        raise NotAStudent
    phone = values.plain_phone("person", person)
    if phone is None:
        raise NoPhone
    account_id = identity.ensure_family_accounts(session, {phone: person.name})[phone]
    access.grant_all(session, actor, [own_membership(person.institution_id, person.id, person.kind, account_id)])
    _trace(session, actor, "people.bind_account", person, account_id=account_id)
    return AccountBindingOut(person_id=person.id, bound=True)


def end_own_account(session: Session, actor: Actor, person_id: int) -> None:
    """Take that back."""
    person = obtain(session, actor, Action.PEOPLE_MANAGE, Person, person_id)
    end_for_leavers(session, person.institution_id, [person.id], guardians_too=False)
    _trace(session, actor, "people.end_account", person)


def _trace(session: Session, actor: Actor, act: str, person: Person, **details: Any) -> None:
    audit.record(session, actor, act, "person", person.id, institution_id=person.institution_id, details=details)
