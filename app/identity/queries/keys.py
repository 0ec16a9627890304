"""Statements on signing keys."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.identity.models import SigningKeyRow

_KEYS_LOCK = 0x6C66_6B65_7973  # any number that nothing else locks


def lock_keys(session: Session) -> None:
    """Be the only one to change the signing keys until the commit."""
    session.execute(select(func.pg_advisory_xact_lock(_KEYS_LOCK)))


def standing_keys(session: Session) -> Sequence[SigningKeyRow]:
    """The keys that are not retired."""
    return session.scalars(select(SigningKeyRow).where(SigningKeyRow.retired_at.is_(None))).all()


def published_keys(session: Session, since: datetime) -> Sequence[SigningKeyRow]:
    """The keys that were not retired before ``since``."""
    return session.scalars(
        select(SigningKeyRow).where(or_(SigningKeyRow.retired_at.is_(None), SigningKeyRow.retired_at >= since))
    ).all()
