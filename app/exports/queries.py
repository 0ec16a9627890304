"""Statements on exports."""

from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.exports.models import Export


def locked(session: Session, export_id: int) -> Export | None:
    """An export, as it stands once nobody else works on it."""
    return session.scalars(
        select(Export).where(Export.id == export_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def of_account(account_id: int | None, moment: datetime) -> Select[Export]:
    """What can still be handed out to an account, and to nobody else."""
    return select(Export).where(Export.account_id == account_id, Export.expires_at > moment)


def one_of_account(session: Session, account_id: int | None, export_id: int, moment: datetime) -> Export | None:
    """One of these."""
    return session.scalars(of_account(account_id, moment).where(Export.id == export_id)).one_or_none()


def forget_expired(session: Session, moment: datetime) -> None:
    """Delete what can be handed out no longer."""
    session.execute(delete(Export).where(Export.expires_at <= moment).execution_options(synchronize_session=False))
