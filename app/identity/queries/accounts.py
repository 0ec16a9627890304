"""Statements on accounts and what they are entered by."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Text,
    bindparam,
    delete,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.identity.models import Account, AccountState, EmailAddress, WechatLink


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


def account_by_wechat(session: Session, openid: bytes) -> Account | None:
    """The account to which a WeChat identity is linked."""
    return session.scalars(
        select(Account)
        .join(WechatLink, WechatLink.account_id == Account.id)
        .where(WechatLink.openid_fingerprint == openid)
    ).one_or_none()


def link_wechat(session: Session, openid: bytes, cipher: bytes, account_id: int, now: datetime) -> int:
    """Link unless it is linked; the account to which it is linked then."""
    session.execute(
        upsert(WechatLink)
        .values(openid_fingerprint=openid, openid_cipher=cipher, account_id=account_id, linked_at=now)
        .on_conflict_do_nothing(index_elements=["openid_fingerprint"])
    )
    return session.scalars(select(WechatLink.account_id).where(WechatLink.openid_fingerprint == openid)).one()


def remember_openid(session: Session, openid: bytes, cipher: bytes) -> None:
    """Keep the openid of a link that was made before openids were kept."""
    session.execute(
        update(WechatLink)
        .where(WechatLink.openid_fingerprint == openid, WechatLink.openid_cipher.is_(None))
        .values(openid_cipher=cipher)
        .execution_options(synchronize_session=False)
    )


def with_phone(session: Session, account_ids: Collection[int]) -> Sequence[int]:
    """Which of some accounts have a phone and are not disabled."""
    return session.scalars(
        select(Account.id).where(
            Account.id.in_(account_ids), Account.state == AccountState.ACTIVE, Account.phone_cipher.is_not(None)
        )
    ).all()


def with_openid(session: Session, account_ids: Collection[int]) -> Sequence[int]:
    """Which of some accounts can be written to by WeChat and are not disabled."""
    return session.scalars(
        select(Account.id)
        .join(WechatLink, WechatLink.account_id == Account.id)
        .where(Account.id.in_(account_ids), Account.state == AccountState.ACTIVE, WechatLink.openid_cipher.is_not(None))
        .distinct()
    ).all()


def newest_wechat(session: Session, account_id: int) -> WechatLink | None:
    """The link of an account that was made last and keeps its openid."""
    return session.scalars(
        select(WechatLink)
        .where(WechatLink.account_id == account_id, WechatLink.openid_cipher.is_not(None))
        .order_by(WechatLink.linked_at.desc())
        .limit(1)
    ).one_or_none()


def is_wechat_linked(session: Session, account_id: int) -> bool:
    """Whether an account can be signed in to by WeChat."""
    return session.scalars(select(exists().where(WechatLink.account_id == account_id))).one()


def keep_email(session: Session, values: Mapping[str, Any]) -> None:
    """Write to an account there from now on, and nowhere else."""
    made = upsert(EmailAddress).values(**values)
    session.execute(made.on_conflict_do_update(index_elements=["account_id"], set_=dict(values)))


def email(session: Session, account_id: int) -> EmailAddress | None:
    """The address of an account."""
    return session.get(EmailAddress, account_id, populate_existing=True)


def with_email(session: Session, account_ids: Collection[int]) -> Sequence[int]:
    """Which of some accounts have an address and are not disabled."""
    return session.scalars(
        select(Account.id)
        .join(EmailAddress, EmailAddress.account_id == Account.id)
        .where(Account.id.in_(account_ids), Account.state == AccountState.ACTIVE)
    ).all()


def forget_email(session: Session, account_id: int) -> bool:
    """Take the address off an account; False if there was none."""
    gone = session.execute(
        delete(EmailAddress).where(EmailAddress.account_id == account_id).returning(EmailAddress.account_id)
    )
    return bool(gone.all())


def account(session: Session, account_id: int) -> Account:
    """The account with that id, which is there."""
    return session.scalars(select(Account).where(Account.id == account_id)).one()


def unlink_wechat(session: Session, account_id: int) -> bool:
    """Take every WeChat identity off an account; False if there was none."""
    gone = session.execute(
        delete(WechatLink).where(WechatLink.account_id == account_id).returning(WechatLink.account_id)
    )
    return bool(gone.all())
