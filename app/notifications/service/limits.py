"""How often a place is written to, in all processes together: what providers would refuse is not asked of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.kernel.secrets import vault
from app.notifications.queries import channels
from app.notifications.templates import Channel

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# (so many, within). A robot that writes more often is silenced; a phone that rings all night belongs to somebody.
LIMITS: Final[Mapping[Channel, tuple[tuple[int, timedelta], ...]]] = {
    Channel.WECOM: ((20, _MINUTE),),
    Channel.DINGTALK: ((20, _MINUTE),),
    Channel.TEXT: ((1, _MINUTE), (5, _HOUR), (10, _DAY)),
    Channel.EMAIL: ((20, _HOUR),),
    Channel.WECHAT: (),
}
LONGEST: Final = max(within for limits in LIMITS.values() for _, within in limits)


def wait(session: Session, channel: Channel, address: str, now: datetime) -> timedelta:
    """How long until an address may be written to; if at once, it is counted, and others wait for the commit."""
    limits = LIMITS[channel]
    if not limits:
        return timedelta()
    place = vault().fingerprint(address, f"channel_use.{channel.value}")
    channels.lock_subject(session, place)
    most, longest = limits[-1]
    sent = channels.uses_since(session, place, now - longest, most)
    waits = [sent[count - 1] + within - now for count, within in limits if len(sent) >= count]
    left = max(waits, default=timedelta())
    if left <= timedelta():
        channels.insert_use(session, place, now)
    return max(left, timedelta())
