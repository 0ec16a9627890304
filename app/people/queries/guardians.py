"""Statements on guardians, codes and what is bound by them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Account
from app.people.models import Guardian, Invitation, InvitationState
from app.people.queries.persons import among


def listed(session: Session, institution_id: int, student_ids: Collection[int]) -> Sequence[Guardian]:
    """The guardians who stand in the lists of some students."""
    return session.scalars(
        select(Guardian)
        .where(
            Guardian.institution_id == institution_id,
            among(Guardian.student_id, student_ids),
            Guardian.ended_at.is_(None),
        )
        .order_by(Guardian.id)
    ).all()


def invitations(session: Session, institution_id: int, student_id: int) -> Sequence[Invitation]:
    """The codes that were issued for a student, newest first."""
    return session.scalars(
        select(Invitation)
        .where(Invitation.institution_id == institution_id, Invitation.student_id == student_id)
        .order_by(Invitation.id.desc())
        .limit(100)
    ).all()


def invitation_by_code(session: Session, institution_id: int, fingerprint: bytes) -> Invitation | None:
    """The invitation of a code, whatever its state."""
    return session.scalars(
        select(Invitation).where(
            Invitation.institution_id == institution_id, Invitation.code_fingerprint == fingerprint
        )
    ).one_or_none()


def open_invitations(session: Session, institution_id: int, student_id: int, now: datetime) -> int:
    """How many codes of a student could still be used."""
    return session.scalars(
        select(func.count()).where(
            Invitation.institution_id == institution_id,
            Invitation.student_id == student_id,
            Invitation.state == InvitationState.ISSUED,
            Invitation.expires_at > now,
        )
    ).one()


def masked_phone_of(session: Session, account_id: int) -> str | None:
    """What the school may see of the phone of an account that has bound itself."""
    return session.scalar(select(Account.phone_masked).where(Account.id == account_id))
