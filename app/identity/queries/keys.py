"""Statements on signing keys."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import SigningKeyRow

_KEYS_LOCK = 0x6C66_6B65_7973  # any number that nothing else locks


def lock_keys(session: Session) -> None:
    """Be the only one to change the signing keys until the commit."""
    session.execute(select(func.pg_advisory_xact_lock(_KEYS_LOCK)))


def standing_keys(session: Session) -> Sequence[SigningKeyRow]:
    """The keys that are not retired."""
    return session.scalars(select(SigningKeyRow).where(SigningKeyRow.retired_at.is_(None))).all()
