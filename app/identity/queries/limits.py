"""Statements on failures and one-time codes; what is counted here is counted for all processes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, insert, null, select, update
from sqlalchemy.orm import Session

from app.identity.models import OneTimeCode, RefreshToken, SignInFailure


def lock_subject(session: Session, fingerprint: bytes) -> None:
    """Be the only one to count for this subject until the commit."""
    number = int.from_bytes(fingerprint[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def failures_since(session: Session, fingerprint: bytes, since: datetime, limit: int) -> Sequence[datetime]:
    """The last ``limit`` failures of a subject, latest first."""
    return session.scalars(
        select(SignInFailure.at)
        .where(SignInFailure.subject_fingerprint == fingerprint, SignInFailure.at > since)
        .order_by(SignInFailure.at.desc())
        .limit(limit)
    ).all()


def insert_failures(session: Session, fingerprints: Sequence[bytes], now: datetime) -> None:
    """One failure of each subject."""
    session.execute(insert(SignInFailure), [{"subject_fingerprint": one, "at": now} for one in fingerprints])


def codes_since(session: Session, phone: bytes, since: datetime, limit: int) -> Sequence[datetime]:
    """When the last ``limit`` codes to a phone were sent, latest first."""
    return session.scalars(
        select(OneTimeCode.sent_at)
        .where(OneTimeCode.phone_fingerprint == phone, OneTimeCode.sent_at > since)
        .order_by(OneTimeCode.sent_at.desc())
        .limit(limit)
    ).all()


def insert_code(session: Session, phone: bytes, code: bytes, now: datetime, expires_at: datetime) -> None:
    """A code that was sent."""
    session.execute(
        insert(OneTimeCode).values(
            phone_fingerprint=phone, code_fingerprint=code, sent_at=now, expires_at=expires_at, attempts=0
        )
    )


def try_code(session: Session, phone: bytes, code: bytes, now: datetime, most_attempts: int) -> bool:
    """Count a try of the phone's newest code and use it up if it is right, in one statement.

    Guesses at once wait for each other on the row: each is counted, and one right one goes through.
    """
    newest = (
        select(OneTimeCode.id)
        .where(OneTimeCode.phone_fingerprint == phone)
        .order_by(OneTimeCode.sent_at.desc(), OneTimeCode.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    used: Any = case((OneTimeCode.code_fingerprint == code, now), else_=null())
    tried = session.scalars(
        update(OneTimeCode)
        .where(
            OneTimeCode.id == newest,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now,
            OneTimeCode.attempts < most_attempts,
        )
        .values(attempts=OneTimeCode.attempts + 1, used_at=used)
        .returning(OneTimeCode.used_at)
        .execution_options(synchronize_session=False)
    ).all()
    return tried == [now]


def purge(session: Session, failures_before: datetime, codes_before: datetime, tokens_before: datetime) -> int:
    """Delete what nothing counts any more; how many rows."""
    old = (
        delete(SignInFailure).where(SignInFailure.at < failures_before).returning(SignInFailure.id),
        delete(OneTimeCode).where(OneTimeCode.sent_at < codes_before).returning(OneTimeCode.id),
        delete(RefreshToken).where(RefreshToken.expires_at < tokens_before).returning(RefreshToken.device_id),
    )
    return sum(len(session.execute(statement).all()) for statement in old)
