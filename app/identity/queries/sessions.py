"""Statements on devices and tokens."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Row,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.identity.models import Account, AccountState, Device, RefreshToken
from app.kernel import bulk

Claimed = tuple[int, int, UUID, int]  # place, account, device, session version
_CLAIMED = bulk.Given(
    {"place": Integer(), "account_id": BigInteger(), "device_id": Uuid(), "session_version": BigInteger()}
)


def bearers(session: Session, claimed: Sequence[Claimed]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Of each session that is not over the account with its standing memberships, a row each (with None for none)."""
    return session.execute(_bearers(), _CLAIMED.values(claimed)).all()


@lru_cache
def _bearers() -> Select[*tuple[Any, ...]]:
    account, device, membership = Account.__table__.c, Device.__table__.c, Membership.__table__.c
    same_account = and_(_CLAIMED.c.account_id == account.id, _CLAIMED.c.session_version == account.session_version)
    same_device = and_(device.id == _CLAIMED.c.device_id, device.account_id == account.id)
    return (
        select(
            _CLAIMED.c.place,
            account.kind,
            account.must_change_password,
            account.password_changed_at,
            membership.role,
            membership.institution_id,
            membership.unit_id,
            membership.person_id,
        )
        .select_from(_CLAIMED.table)
        .join(Account.__table__, same_account)
        .join(Device.__table__, same_device)
        .outerjoin(Membership.__table__, and_(membership.account_id == account.id, membership.ended_at.is_(None)))
        .where(account.state == AccountState.ACTIVE, device.revoked_at.is_(None))
        .order_by(_CLAIMED.c.place, membership.id)
    )


def first_institution(session: Session, account_id: int) -> int:
    """Where the account holds its oldest standing role, 0 for nowhere."""
    held = select(Membership.institution_id).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    return session.scalar(held.order_by(Membership.id).limit(1)) or 0


def living_session(session: Session, device_id: UUID) -> tuple[Account, Device] | None:
    """A device whose session is not over, with its account; None too where the account is disabled."""
    row = session.execute(
        select(Account, Device)
        .join(Device, Device.account_id == Account.id)
        .where(Device.id == device_id, Device.revoked_at.is_(None), Account.state == AccountState.ACTIVE)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def devices_seen(session: Session, account_id: int, since: datetime, limit: int) -> Sequence[Device]:
    """Devices of an account that are signed in, the last seen first."""
    return session.scalars(
        select(Device)
        .where(Device.account_id == account_id, Device.revoked_at.is_(None), Device.last_seen_at >= since)
        .order_by(Device.last_seen_at.desc(), Device.id)
        .limit(limit)
    ).all()


def revoke_devices(session: Session, account_id: int, because: str, now: datetime) -> None:
    """End every session of an account."""
    session.execute(
        update(Device)
        .where(Device.account_id == account_id, Device.revoked_at.is_(None))
        .values(revoked_at=now, revoked_because=because)
    )


def revoke_device(session: Session, device_id: UUID, because: str, now: datetime) -> bool:
    """End the session of a device; False if it was over."""
    ended = session.execute(
        update(Device)
        .where(Device.id == device_id, Device.revoked_at.is_(None))
        .values(revoked_at=now, revoked_because=because)
        .returning(Device.id)
    )
    return ended.one_or_none() is not None


def insert_refresh_token(session: Session, digest: bytes, device_id: UUID, now: datetime, expires_at: datetime) -> None:
    """The first token of a family."""
    session.execute(
        insert(RefreshToken).values(digest=digest, device_id=device_id, issued_at=now, expires_at=expires_at)
    )


def use_refresh_token(
    session: Session, digest: bytes, successor: bytes, now: datetime, expires_at: datetime
) -> UUID | None:
    """Use a token up and put its successor in its place, in one statement; the device, None if it cannot be used.

    Of any number of callers at once, the row lock lets one through; the others find it used.
    """
    living = exists().where(Device.id == RefreshToken.device_id, Device.revoked_at.is_(None))
    used = (
        update(RefreshToken)
        .where(RefreshToken.digest == digest, RefreshToken.used_at.is_(None), RefreshToken.expires_at > now, living)
        .values(used_at=now, successor=successor)
        .returning(RefreshToken.device_id)
        .cte("used")
    )
    following = select(
        bindparam("next_digest", successor, type_=LargeBinary),
        used.c.device_id,
        bindparam("next_issued_at", now, type_=RefreshToken.issued_at.type),
        bindparam("next_expires_at", expires_at, type_=RefreshToken.expires_at.type),
    )
    return session.scalars(
        insert(RefreshToken)
        .from_select(["digest", "device_id", "issued_at", "expires_at"], following)
        .returning(RefreshToken.device_id)
    ).one_or_none()


def refresh_token(session: Session, digest: bytes) -> RefreshToken | None:
    """The token as it stands now."""
    return session.scalars(
        select(RefreshToken).where(RefreshToken.digest == digest).execution_options(populate_existing=True)
    ).one_or_none()


def device_name(session: Session, device_id: UUID | None) -> str | None:
    """How a device is called."""
    return session.scalars(select(Device.name).where(Device.id == device_id)).one_or_none()
