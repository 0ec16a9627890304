"""When something happened by the clock of a guard's phone, which may be wrong."""

from datetime import datetime, timedelta
from typing import Final

from app.gates.errors import EventInFuture, EventTooOld

_TOLERANCE: Final = timedelta(minutes=5)  # phones differ by this much without anybody noticing
_OLDEST: Final = timedelta(days=31)


def is_past(moment: datetime, received_at: datetime) -> bool:
    """Whether something happened before it was sent, not just now."""
    return moment < received_at - _TOLERANCE


def placed(at: datetime | None, sent_at: datetime | None, received_at: datetime) -> tuple[datetime, bool]:
    """The moment by the server's clock, and whether the phone's had to be corrected; ``at`` None: now.

    Raises `EventInFuture`, `EventTooOld`.
    """
    skew = received_at - sent_at if sent_at is not None else timedelta(0)
    skewed = abs(skew) > _TOLERANCE
    moment = (at or received_at) + (skew if skewed and at else timedelta(0))
    if moment > received_at + _TOLERANCE:
        raise EventInFuture
    if moment < received_at - _OLDEST:
        raise EventTooOld(days=_OLDEST.days)
    return min(moment, received_at), skewed
