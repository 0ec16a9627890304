"""Numbers in plain, search by them, and who has looked: whatever shows more than a mask leaves an entry."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Action
from app.access.service import Actor, Facts, obtain, require, visible
from app.audit import service as audit
from app.audit.models import AuditEntry
from app.institutions import service as institutions
from app.kernel import paging
from app.kernel.schemas import Page
from app.people.errors import wrong
from app.people.models import Person
from app.people.queries import persons as queries
from app.people.queries import trails
from app.people.schemas import DisclosureOut, DisclosureRequest, LookOut, PersonOut, PersonSearch, Sensitive
from app.people.service import values
from app.people.service.persons import shown

_SOUGHT = ("identity_number", "phone", "name")


def disclose(session: Session, actor: Actor, person_id: int, asked: DisclosureRequest) -> DisclosureOut:
    """The fields that were asked for, in plain."""
    person = obtain(session, actor, Action.PEOPLE_UNMASK, Person, person_id)
    fields = set(asked.fields)
    audit.record(
        session,
        actor,
        "people.unmask",
        "person",
        person.id,
        institution_id=person.institution_id,
        reason=asked.reason,
        details={"fields": sorted(field.value for field in fields)},
    )
    return DisclosureOut(
        identity_number=values.plain_identity(person) if Sensitive.IDENTITY_NUMBER in fields else None,
        phone=values.plain_phone("person", person) if Sensitive.PHONE in fields else None,
    )


def search(session: Session, actor: Actor, institution_id: int, wanted: PersonSearch) -> Page[PersonOut]:
    """Who has exactly this identity number or phone (their own or a guardian's), or this in the name; at most 50."""
    require(actor, Action.PEOPLE_SEARCH, Facts(institution_id=institution_id))
    asked = [name for name in _SOUGHT if getattr(wanted, name) is not None]
    if len(asked) != 1:
        raise wrong("", "people.one_of_three")
    field = asked[0]
    try:
        identity = wanted.identity_number and values.fingerprint_identity(
            values.identity_number(wanted.identity_number)
        )
        phone = wanted.phone and values.fingerprint_phone(values.phone(wanted.phone))
    except values.WrongValueError as error:
        raise wrong(f"/{field}", error.code) from error
    statement = queries.matching(
        visible(actor, Action.PEOPLE_SEARCH, Person),
        institution_id,
        identity_fingerprint=identity or None,
        phone_fingerprint=phone or None,
        name=wanted.name,
    )
    found = session.scalars(statement).all()
    _trace_search(session, actor, institution_id, found, field, wanted.reason)
    return Page(items=[shown(person) for person in found], next=None)


def _trace_search(  # noqa: PLR0917 - everything that an entry says
    session: Session, actor: Actor, institution_id: int, found: Sequence[Person], field: str, reason: str | None
) -> None:
    # By a name nothing is learned that the roll does not show: on each person's trail it would bury what matters.
    persons = [] if field == "name" else found
    subjects = [("person", person.id) for person in persons] or [("institution", institution_id)]
    for subject, subject_id in subjects:
        details = {"fields": [field], "found": len(found)}
        audit.record(
            session,
            actor,
            "people.search",
            subject,
            subject_id,
            institution_id=institution_id,
            reason=reason,
            details=details,
        )


def list_looks(session: Session, actor: Actor, person_id: int, page: paging.PageQuery) -> Page[LookOut]:
    """The trail on a person and those who live with a student, newest first, for the guardians: roles, no names."""
    person = obtain(session, actor, Action.LOOKS_READ, Person, person_id)
    ids = [person.id, *(one.id for one in queries.household(session, person.institution_id, person.id))]
    statement = trails.trail(person.institution_id, ids)
    entries, following = paging.fetch(session, statement, [AuditEntry.seq], page, newest_first=True)
    accounts = {entry.account_id for entry in entries if entry.account_id is not None}
    held = trails.roles_held(session, sorted(accounts)) if accounts else []
    institutions.widen_to_ancestors(session, person.institution_id)
    names = trails.institution_names(session, {one.institution_id for one in held} | {person.institution_id})
    return Page(items=[_look(entry, held, names, actor) for entry in entries], next=following)


def _look(entry: AuditEntry, held: Sequence[Membership], names: dict[int, str], actor: Actor) -> LookOut:
    then = [one for one in held if one.account_id == entry.account_id and _stood(one, entry.at)]
    # The roles in the school itself say most; an office that acts from above has none there.
    here = [one for one in then if one.institution_id == entry.institution_id] or then
    institution_id = here[0].institution_id if here else entry.institution_id
    fields = entry.details.get("fields", [])
    return LookOut(
        at=entry.at,
        act=entry.act,
        institution_id=institution_id,
        institution_name=names.get(institution_id),
        roles=sorted({one.role.value for one in here if one.institution_id == institution_id}),
        own=entry.account_id is not None and entry.account_id == actor.account_id,
        reason=entry.reason,
        fields=[str(one) for one in fields] if isinstance(fields, list) else [],
    )


def _stood(membership: Membership, at: datetime) -> bool:
    return membership.since <= at and (membership.ended_at is None or membership.ended_at > at)
