"""One-time codes: six digits to a phone or a mailbox, good for ten minutes, five tries and one use."""

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.identity.errors import CodesLimited
from app.identity.queries import limits as limit_rows
from app.identity.schemas import OneTimeCodeIn, OneTimeCodeOut
from app.identity.service import phones
from app.kernel import clock
from app.kernel.secrets import vault
from app.notifications import service as notifications
from app.notifications.service import Template

LIFETIME: Final = timedelta(minutes=10)
MOST_ATTEMPTS: Final = 5
# (so many, within): texts cost money, and a phone that rings all night belongs to somebody.
LIMITS: Final = ((1, timedelta(minutes=1)), (5, timedelta(hours=1)), (10, timedelta(days=1)))


def send_code(session: Session, asked: OneTimeCodeIn) -> OneTimeCodeOut:
    """Send a code; the answer is the same whether the number has an account or not.

    Raises `PhoneNotValid`, `CodesLimited`, and `Unavailable` where the channel is away: then nothing is counted.
    """
    phone = phones.normalise_phone(asked.phone)
    code = made(session, phones.fingerprint(phone))
    notifications.send_text(phone, Template.ONE_TIME_CODE, filling(code))
    return told()


def made(session: Session, fingerprint: bytes, bound_to: str = "") -> str:
    """A code for a place, within its limits; ``bound_to``: what has to be said again with it. Raises `CodesLimited`."""
    limit_rows.lock_subject(session, fingerprint)
    _demand_pause(session, fingerprint)
    now = clock.now()
    code = f"{secrets.randbelow(10**6):06d}"
    given = _code_fingerprint(fingerprint, code + bound_to)
    limit_rows.insert_code(session, fingerprint, given, now, now + LIFETIME)
    return code


def filling(code: str) -> dict[str, str | int]:
    """What fills the template of a code."""
    return {"code": code, "minutes": int(LIFETIME.total_seconds()) // 60}


def told() -> OneTimeCodeOut:
    """What is answered when a code was sent."""
    return OneTimeCodeOut(expires_in=int(LIFETIME.total_seconds()), retry_after=int(LIMITS[0][1].total_seconds()))


def redeem(session: Session, phone_fingerprint: bytes, code: str, bound_to: str = "") -> bool:
    """Whether this is the newest code that was sent there; each try counts if the transaction commits."""
    given = _code_fingerprint(phone_fingerprint, code + bound_to)
    return limit_rows.try_code(session, phone_fingerprint, given, clock.now(), MOST_ATTEMPTS)


def _demand_pause(session: Session, fingerprint: bytes) -> None:
    now = clock.now()
    most, longest = LIMITS[-1]
    sent = limit_rows.codes_since(session, fingerprint, now - longest, most)
    waits = [sent[count - 1] + within - now for count, within in LIMITS if len(sent) >= count]
    wait = max(waits, default=timedelta())
    if wait > timedelta():
        raise CodesLimited(seconds=int(wait.total_seconds()) + 1)


def _code_fingerprint(phone_fingerprint: bytes, code: str) -> bytes:
    # Keyed, since six digits are tried through in no time; with the phone, so that equal codes do not look equal.
    return vault().fingerprint(f"{phone_fingerprint.hex()}:{code}", "one_time_code")
