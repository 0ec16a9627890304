"""The three ways in: a password, a code sent to the phone, WeChat."""

from sqlalchemy.orm import Session

from app.access.service import SYSTEM, Actor
from app.audit import service as audit
from app.identity.errors import AccountDisabled, CodeRefused, CredentialsRefused, WechatNotLinked
from app.identity.models import Account, AccountKind, AccountState
from app.identity.queries import accounts as account_rows
from app.identity.schemas import SignIn, SignInByCode, SignInByWechat, Tokens
from app.identity.service import codes, passwords, phones, wechat
from app.identity.service.accounts import create_account
from app.identity.service.sessions import open_session
from app.identity.service.tries import count_failure, demand_tries, tries_of
from app.kernel.crypto import mask_phone


def by_password(session: Session, given: SignIn, address: str) -> Tokens:
    """Sign in by phone and password.

    Raises `PhoneNotValid`, `SignInLocked`, `CredentialsRefused` (a number without an account, or whose account has no
    password, takes the same path and time) and, for who knows the password, `AccountDisabled`.
    """
    fingerprint = phones.fingerprint(phones.normalise_phone(given.phone))
    tries = tries_of("password", fingerprint, address)
    demand_tries(session, tries)
    account = account_rows.account_by_phone(session, fingerprint)
    checked = account.password_hash if account else None
    fits = passwords.verify(given.password, checked)
    demand_tries(session, tries, settle=True)
    # What was checked may have been changed since; a session must not be opened by a password that no longer holds.
    account = account_rows.lock_account(session, account.id if account else 0)
    if account is None or not fits or account.password_hash != checked:
        count_failure(session, tries, SYSTEM, account.id if account else None)
        raise CredentialsRefused
    if passwords.is_outdated(account.password_hash or ""):
        account.password_hash = passwords.hash_password(given.password)
    return _open(session, account, given.device_name, "password")


def by_code(session: Session, given: SignInByCode, address: str) -> Tokens:
    """Sign in by phone and one-time code; a phone without an account gets a family's.

    Raises `PhoneNotValid`, `SignInLocked`, `CodeRefused` and `AccountDisabled`.
    """
    phone, account = _proven(session, given.phone, given.code, address)
    if account is None:
        account = create_account(session, SYSTEM, kind=AccountKind.FAMILY, display_name=mask_phone(phone), phone=phone)
    return _open(session, account_rows.lock_account(session, account.id) or account, given.device_name, "code")


def confirm_phone(session: Session, phone: str, code: str, address: str) -> str:
    """The phone in its one form, once a one-time code has proven it; nobody is signed in and no account is made.

    Raises `PhoneNotValid`, `SignInLocked`, `CodeRefused`.
    """
    return _proven(session, phone, code, address)[0]


def by_wechat(session: Session, given: SignInByWechat) -> Tokens:
    """Sign in by WeChat; raises `WechatNotLinked`, `WechatRefused`, `WechatAway` and `AccountDisabled`."""
    # WeChat is asked before the first statement: no connection is held while another service thinks.
    openid = wechat.openid_of(given.code)
    linked = account_rows.account_by_wechat(session, openid.fingerprint)
    account = account_rows.lock_account(session, linked.id) if linked else None
    if account is None:
        raise WechatNotLinked
    account_rows.remember_openid(session, openid.fingerprint, openid.cipher)
    return _open(session, account, given.device_name, "wechat")


def _proven(session: Session, phone: str, code: str, address: str) -> tuple[str, Account | None]:
    number = phones.normalise_phone(phone)
    fingerprint = phones.fingerprint(number)
    tries = tries_of("code", fingerprint, address)
    demand_tries(session, tries, settle=True)
    account = account_rows.account_by_phone(session, fingerprint)
    if not codes.redeem(session, fingerprint, code):
        count_failure(session, tries, SYSTEM, account.id if account else None)
        raise CodeRefused
    return number, account


def _open(session: Session, account: Account, device_name: str | None, by: str) -> Tokens:
    if account.state is not AccountState.ACTIVE:
        raise AccountDisabled
    tokens = open_session(session, account, device_name=device_name)
    actor = Actor(account_id=account.id, device_id=tokens.device_id)
    audit.record(
        session,
        actor,
        "sessions.open",
        "device",
        tokens.device_id,
        institution_id=audit.PLATFORM,
        details={"by": by},
    )
    return tokens
