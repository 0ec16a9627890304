"""Codes by which someone who is not on the school's list becomes a guardian; never by searching or guessing."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, Facts, obtain, require
from app.audit import service as audit
from app.identity import service as identity
from app.kernel import clock, codes
from app.kernel.bulk import reserve_ids
from app.kernel.db import Scope, widen
from app.kernel.schemas import Page
from app.kernel.secrets import vault
from app.kernel.workflow import MoveNotPossible, fire
from app.people.errors import InvitationNotValid, TooManyGuardians, TooManyInvitations
from app.people.models import Guardian, Invitation, InvitationState, Person, PersonState
from app.people.queries import guardians as queries
from app.people.schemas import (
    MAX_GUARDIANS,
    Acceptance,
    AcceptedOut,
    InvitationOut,
    IssuedInvitationOut,
    NewInvitation,
)
from app.people.service import bindings, rolls
from app.people.workflow import INVITATION

LIFETIME: Final = timedelta(days=7)
_MAX_OPEN: Final = 10


def issue(session: Session, actor: Actor, student_id: int, wanted: NewInvitation) -> IssuedInvitationOut:
    """A new code for a student, shown this once; kept as a keyed hash."""
    student = rolls.held_student(session, actor, Action.INVITATIONS_ISSUE, student_id)
    now = clock.now()
    if queries.open_invitations(session, student.institution_id, student.id, now) >= _MAX_OPEN:
        raise TooManyInvitations
    code = codes.new(student.institution_id)
    row = Invitation(
        institution_id=student.institution_id,
        student_id=student.id,
        relation=wanted.relation,
        code_fingerprint=_fingerprint(code),
        state=InvitationState.ISSUED,
        issued_by=actor.account_id,
        issued_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(row)
    session.flush()
    _trace(session, actor, "people.invite_guardian", row)
    return IssuedInvitationOut(**InvitationOut.model_validate(row).model_dump(), code=codes.grouped(code))


def list_invitations(session: Session, actor: Actor, student_id: int) -> Page[InvitationOut]:
    """The codes that were issued for a student, without the codes."""
    student = obtain(session, actor, Action.INVITATIONS_ISSUE, Person, student_id)
    rows = queries.invitations(session, student.institution_id, student.id)
    return Page(items=[InvitationOut.model_validate(row) for row in rows], next=None)


def revoke(session: Session, actor: Actor, invitation_id: int) -> None:
    """Make a code useless; raises `MoveNotPossible` for one that was used."""
    row = obtain(session, actor, Action.INVITATIONS_ISSUE, Invitation, invitation_id)
    fire(session, INVITATION, Invitation.state, row, "revoke", account_id=actor.account_id)


def accept(session: Session, actor: Actor, wanted: Acceptance, address: str) -> AcceptedOut:
    """Bind the caller to the student of a code.

    The code names its institution, and nothing of that institution is read but the row with the code's keyed hash.
    Wrong codes are counted by account and by address as failed sign-ins are. Raises `InvitationNotValid`,
    `SignInLocked`, `TooManyGuardians`.
    """
    require(actor, Action.INVITATIONS_ACCEPT, Facts(account_id=actor.account_id))
    account_id = actor.account_id or 0
    tries = identity.tries_of("invitation", str(account_id).encode(), address)
    identity.demand_tries(session, tries, settle=True)
    row = _find(session, wanted.code)
    if row is None:
        identity.count_failure(session, tries, actor, account_id)
        raise InvitationNotValid
    try:
        fire(session, INVITATION, Invitation.state, row, "accept", account_id=account_id, accepted_by=account_id)
    except MoveNotPossible as error:
        # Somebody else was faster with the same code.
        raise InvitationNotValid from error
    guardian = _listed(session, actor, row, wanted.name, account_id)
    return AcceptedOut(institution_id=row.institution_id, person_id=row.student_id, guardian_id=guardian.id)


def _find(session: Session, text: str) -> Invitation | None:
    found = codes.read(text)
    if found is None:
        return None
    institution_id, code = found
    widen(session, Scope(institutions=frozenset({institution_id})))
    row = queries.invitation_by_code(session, institution_id, _fingerprint(code))
    if row is None or row.state is not InvitationState.ISSUED or row.expires_at <= clock.now():
        return None
    return row if row.student.state is PersonState.ENROLLED else None


def _listed(session: Session, actor: Actor, row: Invitation, name: str, account_id: int) -> Guardian:
    """The caller's entry in the student's list, made unless it stands there."""
    there = queries.listed(session, row.institution_id, [row.student_id])
    mine = [one for one in there if one.account_id == account_id]
    if mine:
        return mine[0]
    if len(there) >= MAX_GUARDIANS:
        raise TooManyGuardians
    guardian = Guardian(
        institution_id=row.institution_id,
        id=reserve_ids(session, "guardian", 1)[0],
        student_id=row.student_id,
        name=name,
        relation=row.relation,
        phone_masked=queries.masked_phone_of(session, account_id),
    )
    session.add(guardian)
    bindings.bind(session, actor, guardian, account_id)
    return guardian


def _fingerprint(code: str) -> bytes:
    return vault().fingerprint(code, "invitation.code")


def _trace(session: Session, actor: Actor, act: str, row: Invitation) -> None:
    audit.record(
        session,
        actor,
        act,
        "person",
        row.student_id,
        institution_id=row.institution_id,
        details={"invitation_id": row.id},
    )
