"""E-mail addresses of staff and offices: given, confirmed by a code that was sent there, shown masked, taken back."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from app.access.service import Actor
from app.audit import service as audit
from app.identity.errors import CodeRefused, EmailNotValid, EmailNotWanted
from app.identity.models import AccountKind
from app.identity.queries import accounts as account_rows
from app.identity.schemas import EmailCodeIn, EmailIn, MeOut, OneTimeCodeOut
from app.identity.service import codes
from app.identity.service.me import read_me
from app.kernel import clock
from app.kernel.crypto import mask_email
from app.kernel.secrets import vault
from app.notifications import service as notifications
from app.notifications.service import Template


def send_email_code(session: Session, actor: Actor, asked: EmailCodeIn) -> OneTimeCodeOut:
    """Send a code to an address, within the limits of the address and of the account.

    Raises `EmailNotWanted`, `EmailNotValid`, `CodesLimited`, and `Unavailable` where no mail can be sent.
    """
    _demand_staff(session, actor)
    address = normalise(asked.email)
    # The account's own limit: nobody has codes sent to one address after another.
    codes.made(session, vault().fingerprint(str(actor.account_id), "email.codes_of_account"))
    code = codes.made(session, _fingerprint(address), _bound(actor))
    notifications.send_mail(address, Template.ONE_TIME_CODE, codes.filling(code))
    return codes.told()


def confirm_email(session: Session, actor: Actor, given: EmailIn) -> MeOut:
    """Write to the caller there from now on; raises `EmailNotWanted`, `EmailNotValid`, `CodeRefused`."""
    _demand_staff(session, actor)
    address = normalise(given.email)
    if not codes.redeem(session, _fingerprint(address), given.code, _bound(actor)):
        raise CodeRefused
    account_id = actor.account_id or 0
    kept = {
        "account_id": account_id,
        "address_cipher": vault().encrypt(address, _context(account_id)),
        "address_masked": mask_email(address),
        "confirmed_at": clock.now(),
    }
    account_rows.keep_email(session, kept)
    audit.record(session, actor, "email.confirm", "account", account_id, institution_id=audit.PLATFORM)
    return read_me(session, actor)


def remove_email(session: Session, actor: Actor) -> None:
    """Write to the caller by e-mail no more."""
    account_id = actor.account_id or 0
    if account_rows.forget_email(session, account_id):
        audit.record(session, actor, "email.remove", "account", account_id, institution_id=audit.PLATFORM)


def address_of(session: Session, account_id: int) -> str | None:
    """Where an account is written to; for sending, never for showing."""
    kept = account_rows.email(session, account_id)
    return None if kept is None else vault().decrypt(kept.address_cipher, _context(account_id))


def normalise(text: str) -> str:
    """The address in its one form: its domain in small letters. Raises `EmailNotValid`.

    What mail servers are known to take: no quoted names, no numbers for domains, no characters outside of ASCII before
    the ``@``. Whether there is such a mailbox the code shows.
    """
    try:
        found = validate_email(text, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        raise EmailNotValid from None
    return found.ascii_email or found.normalized


def _demand_staff(session: Session, actor: Actor) -> None:
    if account_rows.account(session, actor.account_id or 0).kind is not AccountKind.STAFF:
        raise EmailNotWanted


def _fingerprint(address: str) -> bytes:
    return vault().fingerprint(address.lower(), "email.address")


def _bound(actor: Actor) -> str:
    # A code that was sent for one account confirms nothing for another.
    return f":{actor.account_id}"


def _context(account_id: int) -> str:
    return f"email_address.address:{account_id}"
