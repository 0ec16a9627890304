"""Accounts: made, found by phone, disabled."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.audit import service as audit
from app.identity.errors import PhoneTaken
from app.identity.models import Account, AccountKind, AccountState
from app.identity.queries import accounts as account_rows
from app.identity.service import passwords, phones
from app.identity.service.sessions import end_sessions
from app.kernel import clock
from app.kernel.crypto import mask_phone
from app.kernel.errors import NotFound


def create_account(
    session: Session,
    actor: Actor,
    *,
    kind: AccountKind,
    display_name: str,
    phone: str,
    password: str | None = None,
    must_change: bool = False,
) -> Account:
    """A new account; without a password it is entered by a code sent to the phone.

    Raises `PhoneNotValid`, `PhoneTaken` and `PasswordTooWeak`. Who may do this is the caller's to decide.
    """
    number = phones.normalise_phone(phone)
    if password is not None:
        passwords.demand_strong(password, kind, number, pointer="/password")
    row = _row(kind, display_name, number, password) | {"must_change_password": must_change}
    made = account_rows.insert_account(session, row)
    if made is None:
        raise PhoneTaken
    audit.record(
        session,
        actor,
        "accounts.create",
        "account",
        made.id,
        institution_id=audit.PLATFORM,
        details={"kind": kind.value},
    )
    return made


def _row(kind: AccountKind, display_name: str, number: str, password: str | None) -> dict[str, Any]:
    now = clock.now()
    return {
        "kind": kind,
        "state": AccountState.ACTIVE,
        "display_name": display_name,
        "phone_fingerprint": phones.fingerprint(number),
        "phone_cipher": phones.encrypt(number),
        "phone_masked": mask_phone(number),
        "password_hash": None if password is None else passwords.hash_password(password),
        "password_changed_at": None if password is None else now,
        "session_version": 1,
        "created_at": now,
    }


def ensure_family_accounts(session: Session, people: Mapping[str, str]) -> dict[str, int]:
    """The account of each phone (in its one form), made where there is none: phone -> account id.

    ``people`` gives a name to those that are new; an account that stands keeps its own. Nobody is let in by this:
    such an account is opened by a code sent to its phone. Two statements for any number of phones.
    """
    # In one order everywhere, so that two imports with families in common do not wait for each other in a circle.
    ordered = sorted((phones.fingerprint(phone), phone) for phone in people)
    if not ordered:
        return {}
    found = [one for one, _ in ordered]
    columns: dict[str, list[Any]] = {
        "names": [people[phone] for _, phone in ordered],
        "fingerprints": found,
        "ciphers": [phones.encrypt(phone) for _, phone in ordered],
        "masks": [mask_phone(phone) for _, phone in ordered],
    }
    account_rows.insert_family_accounts(session, columns, clock.now())
    ids = account_rows.ids_by_phone(session, found)
    return {phone: ids[one] for one, phone in ordered}


def find_account(session: Session, phone: str) -> Account | None:
    """The account of a phone in any spelling; raises `PhoneNotValid`."""
    return account_rows.account_by_phone(session, phones.fingerprint(phones.normalise_phone(phone)))


def phone_of(session: Session, account_id: int) -> str | None:
    """The phone of an account in its one form; for comparing, never for showing."""
    account = account_rows.account(session, account_id)
    if account.phone_cipher is None or account.phone_fingerprint is None:
        return None
    return phones.decrypt(account.phone_cipher, account.phone_fingerprint)


def is_active(session: Session, account_id: int) -> bool:
    """Whether its holder may come in; what a disabled account has set going goes no further."""
    return account_rows.account(session, account_id).state is AccountState.ACTIVE


def disable_account(session: Session, actor: Actor, account_id: int, reason: str) -> Account | None:
    """Let nobody in by this account, now and until it is enabled; None if it was so. Raises `NotFound`.

    Its e-mail address is forgotten: it is confirmed anew by whoever has it then.
    """
    changed = _set_state(session, actor, account_id, AccountState.DISABLED, reason)
    if changed is not None:
        account_rows.forget_email(session, account_id)
        end_sessions(session, account_id, "disabled")
    return changed


def enable_account(session: Session, actor: Actor, account_id: int, reason: str) -> Account | None:
    """Let its holder sign in again; None if that was so. Raises `NotFound`."""
    return _set_state(session, actor, account_id, AccountState.ACTIVE, reason)


def _set_state(session: Session, actor: Actor, account_id: int, state: AccountState, reason: str) -> Account | None:
    account = account_rows.lock_account(session, account_id)
    if account is None:
        raise NotFound
    if account.state is state:
        return None
    account.state = state
    session.flush()
    act = "accounts.disable" if state is AccountState.DISABLED else "accounts.enable"
    audit.record(session, actor, act, "account", account_id, institution_id=audit.PLATFORM, reason=reason)
    return account
