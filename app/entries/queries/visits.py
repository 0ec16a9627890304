"""Statements on visitors' invitations and duty shifts."""

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.entries.models import DutyShift, InvitationState, VisitInvitation


def by_code(session: Session, institution_id: int, fingerprint: bytes) -> VisitInvitation | None:
    """The invitation of a code, whatever its state."""
    return session.scalars(
        select(VisitInvitation).where(
            VisitInvitation.institution_id == institution_id, VisitInvitation.code_fingerprint == fingerprint
        )
    ).one_or_none()


def use(session: Session, invitation: VisitInvitation, now: datetime) -> bool:
    """Use an invitation up once, in one statement; whether it could be."""
    used = session.scalars(
        update(VisitInvitation)
        .where(
            VisitInvitation.institution_id == invitation.institution_id,
            VisitInvitation.id == invitation.id,
            VisitInvitation.state == InvitationState.ISSUED,
            VisitInvitation.uses_left > 0,
            VisitInvitation.valid_until > now,
        )
        .values(uses_left=VisitInvitation.uses_left - 1)
        .returning(VisitInvitation.id)
        .execution_options(synchronize_session=False)
    )
    return used.one_or_none() is not None


def of_institution(statement: Select[VisitInvitation], institution_id: int) -> Select[VisitInvitation]:
    """Of some invitations those of a school."""
    return statement.where(VisitInvitation.institution_id == institution_id)


def shifts(statement: Select[DutyShift], institution_id: int, since: datetime, until: datetime) -> Select[DutyShift]:
    """Of some shifts those of a school that touch [since, until)."""
    return statement.where(
        DutyShift.institution_id == institution_id, DutyShift.ends_at > since, DutyShift.starts_at < until
    )
