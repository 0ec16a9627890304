"""The account that is signed in: what it is, and its password."""

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.audit import service as audit
from app.identity.errors import CodeRefused, PasswordChanged, PasswordTooWeak, WrongPassword
from app.identity.models import Account
from app.identity.queries import accounts as account_rows
from app.identity.queries import sessions as session_rows
from app.identity.schemas import MembershipOut, MeOut, PasswordChange, Tokens
from app.identity.service import codes, passwords, phones
from app.identity.service.sessions import open_session
from app.identity.service.tries import count_failure, demand_tries, tries_of
from app.kernel import clock
from app.kernel.errors import FieldError
from app.kernel.language import pick


def read_me(session: Session, actor: Actor) -> MeOut:
    """The caller's account and roles; the phone masked."""
    account = account_rows.account(session, actor.account_id or 0)
    kept = account_rows.email(session, account.id)
    return MeOut(
        id=account.id,
        kind=account.kind,
        display_name=account.display_name,
        phone_masked=account.phone_masked,
        has_password=account.password_hash is not None,
        must_change_password=actor.must_change_password,
        wechat_linked=account_rows.is_wechat_linked(session, account.id),
        email_masked=kept.address_masked if kept else None,
        memberships=[MembershipOut.model_validate(held) for held in actor.held],
    )


def change_password(session: Session, actor: Actor, given: PasswordChange, address: str) -> Tokens:
    """Set a new password and end every session; the answer is a new one for the device that asked.

    Raises `WrongPassword`, `CodeRefused`, `SignInLocked`, `PasswordTooWeak`; for the slower of two `PasswordChanged`.
    """
    account = account_rows.account(session, actor.account_id or 0)
    checked = account.password_hash
    _demand_proof(session, actor, account, given, address)
    _demand_new(account, given)
    hashed = passwords.hash_password(given.new_password)
    now = clock.now()
    if account_rows.change_password(session, account.id, checked, hashed, now) is None:
        raise PasswordChanged
    device_name = session_rows.device_name(session, actor.device_id)
    session_rows.revoke_devices(session, account.id, "password_changed", now)
    audit.record(session, actor, "accounts.change_password", "account", account.id, institution_id=audit.PLATFORM)
    renewed = account_rows.lock_account(session, account.id) or account
    return open_session(session, renewed, device_name=device_name)


def _demand_proof(session: Session, actor: Actor, account: Account, given: PasswordChange, address: str) -> None:
    """The old password, or a code to the phone; a stolen access token alone must not be enough."""
    if account.password_hash is None and given.code is None:
        return
    by_code = given.code is not None
    tries = tries_of("code" if by_code else "password", account.phone_fingerprint or b"", address)
    demand_tries(session, tries)
    if given.code is not None:
        demand_tries(session, tries, settle=True)
        fits = codes.redeem(session, account.phone_fingerprint or b"", given.code)
    else:
        fits = passwords.verify(given.old_password or "", account.password_hash)
        demand_tries(session, tries, settle=True)
    if not fits:
        count_failure(session, tries, actor, account.id)
        raise CodeRefused if by_code else WrongPassword


def _demand_new(account: Account, given: PasswordChange) -> None:
    phone = None
    if account.phone_cipher is not None and account.phone_fingerprint is not None:
        phone = phones.decrypt(account.phone_cipher, account.phone_fingerprint)
    passwords.demand_strong(given.new_password, account.kind, phone)
    if given.new_password == given.old_password:
        said = pick("新密码不得与原密码相同。", "It must differ from the old one.")
        raise PasswordTooWeak(errors=[FieldError("/new_password", "unchanged", said)])
