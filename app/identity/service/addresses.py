"""Where accounts can be written to: by their phone, their WeChat, their e-mail address.

Notifications ask for an address when they send; a number stands nowhere else.
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.identity.queries import accounts as account_rows
from app.identity.service import emails, wechat
from app.identity.service.accounts import phone_of
from app.notifications.service import Book


def _with_phone(session: Session, account_ids: Collection[int]) -> Collection[int]:
    return account_rows.with_phone(session, account_ids)


def _masked_phone(session: Session, account_id: int) -> str | None:
    return account_rows.account(session, account_id).phone_masked


def _with_openid(session: Session, account_ids: Collection[int]) -> Collection[int]:
    return account_rows.with_openid(session, account_ids)


def _openid(session: Session, account_id: int) -> str | None:
    link = account_rows.newest_wechat(session, account_id)
    if link is None or link.openid_cipher is None:
        return None
    return wechat.decrypt(link.openid_cipher, link.openid_fingerprint)


def _masked_openid(session: Session, account_id: int) -> str | None:
    return "***" if account_rows.newest_wechat(session, account_id) else None


def _with_email(session: Session, account_ids: Collection[int]) -> Collection[int]:
    return account_rows.with_email(session, account_ids)


def _masked_email(session: Session, account_id: int) -> str | None:
    kept = account_rows.email(session, account_id)
    return None if kept is None else kept.address_masked


EMAILS = Book(having=_with_email, address=emails.address_of, masked=_masked_email)
PHONES = Book(having=_with_phone, address=phone_of, masked=_masked_phone)
OPENIDS = Book(having=_with_openid, address=_openid, masked=_masked_openid)
