"""The code that a pass shows beside its token, another one each minute: a screenshot is worth nothing a minute later.

A guard's phone gets the secret of the school's day, and from it makes that of any pass; the holder's phone gets its
own only. So both sides need no network, and a code tells nothing of the next. Whoever takes the day's secret from a
guard's phone can make codes for that day, not passes: those are signed.
"""

import base64
import hashlib
import hmac
from datetime import date, datetime

from app.kernel import clock
from app.kernel.secrets import vault

_MINUTE = 60
_SHOWN = 8  # characters: 48 bits, of which a guesser has three minutes
_TOLERANCE = 2  # minutes by which two phones' clocks may differ


def day_secret(institution_id: int, day: date) -> bytes:
    """The secret of a school's day, for guards."""
    return vault().fingerprint(f"{institution_id}:{day.isoformat()}", "gate.day")


def pass_secret(institution_id: int, pass_id: int, day: date) -> bytes:
    """The secret of a pass on a day, for its holder."""
    return hmac.digest(day_secret(institution_id, day), str(pass_id).encode(), hashlib.sha256)


def code(secret: bytes, moment: datetime, shift: int = 0) -> str:
    """The code that is shown in the minute of ``moment``, or so many minutes later."""
    minute = int(moment.timestamp()) // _MINUTE + shift
    return encoded(hmac.digest(secret, minute.to_bytes(8, "big"), hashlib.sha256))[:_SHOWN]


def is_fresh(shown: str, institution_id: int, pass_id: int, moment: datetime) -> bool:
    """Whether a code may have been on a screen at ``moment``."""
    secret = pass_secret(institution_id, pass_id, clock.school_day(moment))
    likely = [code(secret, moment, shift) for shift in range(-_TOLERANCE, _TOLERANCE + 1)]
    return any(hmac.compare_digest(shown.encode(), one.encode()) for one in likely)


def encoded(data: bytes) -> str:
    """As it is sent."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
