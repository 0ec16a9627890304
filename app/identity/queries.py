"""Statements on accounts, devices and tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Row, Text, and_, bindparam, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.identity.models import Account, AccountState, Device, RefreshToken, SigningKeyRow, WechatLink

_KEYS_LOCK = 0x6C66_6B65_7973  # any number that nothing else locks


def lock_keys(session: Session) -> None:
    """Be the only one to change the signing keys until the commit."""
    session.execute(select(func.pg_advisory_xact_lock(_KEYS_LOCK)))


def standing_keys(session: Session) -> Sequence[SigningKeyRow]:
    """The keys that are not retired."""
    return session.scalars(select(SigningKeyRow).where(SigningKeyRow.retired_at.is_(None))).all()


def bearer(session: Session, account_id: int, device_id: UUID, session_version: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The account with its standing memberships, a row each (one with None for none); empty if the session is over."""
    return session.execute(
        select(
            Account.kind,
            Account.must_change_password,
            Account.password_changed_at,
            Membership.role,
            Membership.institution_id,
            Membership.unit_id,
            Membership.person_id,
        )
        .join(Device, Device.account_id == Account.id)
        .outerjoin(Membership, and_(Membership.account_id == Account.id, Membership.ended_at.is_(None)))
        .where(
            Account.id == account_id,
            Account.state == AccountState.ACTIVE,
            Account.session_version == session_version,
            Device.id == device_id,
            Device.revoked_at.is_(None),
        )
        .order_by(Membership.id)
    ).all()


def account_by_phone(session: Session, fingerprint: bytes) -> Account | None:
    """The account with that phone."""
    return session.scalars(select(Account).where(Account.phone_fingerprint == fingerprint)).one_or_none()


def lock_account(session: Session, account_id: int) -> Account | None:
    """The account as it stands now; whoever opens or ends its sessions waits for this transaction."""
    return session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def insert_account(session: Session, values: Mapping[str, Any]) -> Account | None:
    """The new account; None if its phone has one."""
    return session.scalars(
        upsert(Account).values(values).on_conflict_do_nothing(index_elements=["phone_fingerprint"]).returning(Account)
    ).one_or_none()


def insert_family_accounts(session: Session, columns: Mapping[str, Sequence[Any]], now: datetime) -> None:
    """Accounts from arrays of equal length (names, fingerprints, ciphers, masks); phones that have one keep it."""
    statement = text("""
        INSERT INTO account (kind, state, display_name, phone_fingerprint, phone_cipher, phone_masked,
                             must_change_password, session_version, created_at)
        SELECT 'family', 'active', t.name, t.fingerprint, t.cipher, t.mask, false, 1, :now
        FROM unnest(:names, :fingerprints, :ciphers, :masks) AS t (name, fingerprint, cipher, mask)
        ON CONFLICT (phone_fingerprint) DO NOTHING
    """).bindparams(
        bindparam("names", type_=ARRAY(Text)),
        bindparam("fingerprints", type_=ARRAY(LargeBinary)),
        bindparam("ciphers", type_=ARRAY(LargeBinary)),
        bindparam("masks", type_=ARRAY(Text)),
    )
    session.execute(statement, {**columns, "now": now})


def ids_by_phone(session: Session, fingerprints: Sequence[bytes]) -> dict[bytes, int]:
    """The account of each of these phones that has one."""
    wanted = bindparam("wanted", fingerprints, type_=ARRAY(LargeBinary))
    rows = session.execute(
        select(Account.phone_fingerprint, Account.id).where(Account.phone_fingerprint == func.any(wanted))
    )
    return {row.phone_fingerprint: row.id for row in rows}


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


def change_password(
    session: Session, account_id: int, old_hash: str | None, new_hash: str, now: datetime
) -> int | None:
    """Replace exactly the hash that was checked and kill all tokens; the new session version, None for the slower."""
    return session.scalars(
        update(Account)
        .where(Account.id == account_id, Account.password_hash.is_not_distinct_from(old_hash))
        .values(
            password_hash=new_hash,
            password_changed_at=now,
            must_change_password=False,
            session_version=Account.session_version + 1,
        )
        .returning(Account.session_version)
    ).one_or_none()


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


def account_by_wechat(session: Session, openid: bytes) -> Account | None:
    """The account to which a WeChat identity is linked."""
    return session.scalars(
        select(Account)
        .join(WechatLink, WechatLink.account_id == Account.id)
        .where(WechatLink.openid_fingerprint == openid)
    ).one_or_none()


def link_wechat(session: Session, openid: bytes, account_id: int, now: datetime) -> int:
    """Link unless it is linked; the account to which it is linked then."""
    session.execute(
        upsert(WechatLink)
        .values(openid_fingerprint=openid, account_id=account_id, linked_at=now)
        .on_conflict_do_nothing(index_elements=["openid_fingerprint"])
    )
    return session.scalars(select(WechatLink.account_id).where(WechatLink.openid_fingerprint == openid)).one()


def is_wechat_linked(session: Session, account_id: int) -> bool:
    """Whether an account can be signed in to by WeChat."""
    return session.scalars(select(exists().where(WechatLink.account_id == account_id))).one()
