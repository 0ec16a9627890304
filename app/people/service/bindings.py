"""Accounts and the persons whom they answer for: by the school's list, by the person's own phone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.roles import Action, Role
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.identity import service as identity
from app.kernel import clock
from app.kernel.bulk import reserve_ids
from app.kernel.schemas import Page
from app.people.errors import GuardianListed, TooManyGuardians, wrong
from app.people.models import Guardian, Person, PersonKind
from app.people.queries import guardians as queries
from app.people.queries import trails
from app.people.schemas import (
    MAX_GUARDIANS,
    DisclosureOut,
    GuardianOut,
    NewGuardian,
    PhoneDisclosureRequest,
)
from app.people.service import rolls, values

_OWN_ROLES = {PersonKind.STUDENT: Role.STUDENT, PersonKind.STAFF: Role.STAFF}


def list_guardians(session: Session, actor: Actor, student_id: int) -> Page[GuardianOut]:
    """The guardians of a student in the order in which they came."""
    student = obtain(session, actor, Action.PEOPLE_READ, Person, student_id)
    rows = queries.listed(session, student.institution_id, [student.id])
    return Page(items=[shown(row) for row in rows], next=None)


def shown(row: Guardian) -> GuardianOut:
    """A guardian as it is answered."""
    return GuardianOut(
        id=row.id,
        student_id=row.student_id,
        name=row.name,
        relation=row.relation,
        phone=row.phone_masked,
        bound=row.account_id is not None,
        bound_at=row.bound_at,
    )


def list_guardians_of(session: Session, actor: Actor, student: Person, wanted: Sequence[NewGuardian]) -> list[Guardian]:
    """Add guardians to a student's list and bind those with a phone to the family accounts of their numbers.

    Raises `Invalid` for a wrong phone, `GuardianListed` for one that stands there, `TooManyGuardians`.
    """
    if not wanted:
        return []
    there = queries.listed(session, student.institution_id, [student.id])
    if len(there) + len(wanted) > MAX_GUARDIANS:
        raise TooManyGuardians
    phones = [_phone(new, place, len(wanted)) for place, new in enumerate(wanted)]
    known = {row.phone_fingerprint for row in there if row.phone_fingerprint}
    given = [values.fingerprint_phone(phone) for phone in phones if phone]
    if known & set(given) or len(set(given)) < len(given):
        raise GuardianListed
    names = {phone: new.name for phone, new in zip(phones, wanted, strict=True) if phone}
    accounts = identity.ensure_family_accounts(session, names) if names else {}
    rows = []
    for new, phone in zip(wanted, phones, strict=True):
        row = Guardian(
            institution_id=student.institution_id,
            id=reserve_ids(session, "guardian", 1)[0],
            student_id=student.id,
            name=new.name,
            relation=new.relation,
        )
        for name, value in values.protected_phone("guardian", row.institution_id, row.id, phone).items():
            setattr(row, name, value)
        session.add(row)
        rows.append(row)
        if phone:
            bind(session, actor, row, accounts[phone])
    session.flush()
    return rows


def _phone(new: NewGuardian, place: int, count: int) -> str | None:
    try:
        return values.phone(new.phone) if new.phone else None
    except values.WrongValueError as error:
        raise wrong(f"/guardians/{place}/phone" if count > 1 else "/phone", error.code) from error


def bind(session: Session, actor: Actor, row: Guardian, account_id: int) -> None:
    """Let an account answer for the student of a guardian's entry."""
    row.account_id, row.bound_at = account_id, clock.now()
    session.flush()
    access.grant_all(session, actor, [guardianship(row.institution_id, row.student_id, account_id)])
    audit.record(
        session,
        actor,
        "people.bind_guardian",
        "person",
        row.student_id,
        institution_id=row.institution_id,
        details={"guardian_id": row.id, "account_id": account_id},
    )


def guardianship(institution_id: int, student_id: int, account_id: int) -> dict[str, Any]:
    """The membership that makes an account answer for a student."""
    return {
        "account_id": account_id,
        "institution_id": institution_id,
        "role": Role.GUARDIAN,
        "unit_id": None,
        "person_id": student_id,
    }


def add_guardian(session: Session, actor: Actor, student_id: int, new: NewGuardian) -> GuardianOut:
    """Put a guardian on a student's list."""
    student = rolls.held_student(session, actor, Action.PEOPLE_MANAGE, student_id)
    (row,) = list_guardians_of(session, actor, student, [new])
    _trace(session, actor, "people.add_guardian", row)
    return shown(row)


def end_guardian(session: Session, actor: Actor, guardian_id: int) -> None:
    """Take a guardian off the list; what the account may see of the child ends with the next request."""
    row = obtain(session, actor, Action.PEOPLE_MANAGE, Guardian, guardian_id, lock=True)
    if row.ended_at is not None:
        return
    row.ended_at = clock.now()
    session.flush()
    others = queries.listed(session, row.institution_id, [row.student_id])
    if row.account_id is not None and all(other.account_id != row.account_id for other in others):
        ended = [
            one
            for one in trails.own_memberships(session, row.institution_id, [row.student_id])
            if one.role is Role.GUARDIAN and one.account_id == row.account_id
        ]
        access.revoke_all(session, ended)
    _trace(session, actor, "people.end_guardian", row)


def disclose_guardian_phone(
    session: Session, actor: Actor, guardian_id: int, asked: PhoneDisclosureRequest
) -> DisclosureOut:
    """A guardian's phone in plain, for whoever has to call; the look stands in the student's trail."""
    row = obtain(session, actor, Action.PEOPLE_UNMASK, Guardian, guardian_id)
    _trace(session, actor, "people.unmask", row, reason=asked.reason, fields=["guardian_phone"])
    return DisclosureOut(phone=values.plain_phone("guardian", row))


def own_membership(institution_id: int, person_id: int, kind: PersonKind, account_id: int) -> dict[str, Any]:
    """The membership that lets an account act for the person that its holder is."""
    return {**guardianship(institution_id, person_id, account_id), "role": _OWN_ROLES[kind]}


def end_for_leavers(session: Session, institution_id: int, person_ids: Sequence[int], *, guardians_too: bool) -> None:
    """End what hangs on persons who are gone: their own sign-in, and their guardians' where asked."""
    found = trails.own_memberships(session, institution_id, person_ids)
    access.revoke_all(session, [one for one in found if guardians_too or one.role is not Role.GUARDIAN])


def _trace(session: Session, actor: Actor, act: str, row: Guardian, reason: str | None = None, **details: Any) -> None:
    audit.record(
        session,
        actor,
        act,
        "person",
        row.student_id,
        institution_id=row.institution_id,
        reason=reason,
        details={"guardian_id": row.id, **details},
    )
