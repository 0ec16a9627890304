"""Which way messages leave: the first channel of their template by which the receiver can and wants to be reached."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from app.kernel import clock, events
from app.notifications import client
from app.notifications.events import DeliveryDue, ReminderDue
from app.notifications.models import DeliveryState, Message, Urgency
from app.notifications.queries import channels, deliveries, inbox
from app.notifications.service.books import BOOKS
from app.notifications.service.writing import TO_ROBOTS
from app.notifications.templates import WORDINGS, Channel, Template

GATHERED: Final = timedelta(minutes=10)  # for so long messages of today wait for each other


def plan(session: Session, institution_id: int, message_ids: Collection[int]) -> None:
    """Queue deliveries of messages of an institution, in its scope."""
    messages = [one for one in inbox.with_ids(session, institution_id, message_ids) if one.read_at is None]
    queue(session, messages)


def queue(session: Session, messages: Sequence[Message], *, after: Channel | None = None) -> None:
    """Queue a delivery for each message; ``after`` a channel that was refused, by the next that is left."""
    now = clock.now()
    possible = _possible(session, [one for one in messages if one.account_id != TO_ROBOTS])
    rows = []
    for message in messages:
        if message.account_id == TO_ROBOTS:
            rows += list(_to_robots(session, message, now))
            continue
        channel = possible.first(message, after)
        if channel is not None:
            rows.append(_row(message, channel, now))
    at_once = [row for row in rows if not row["gathering"]]
    made = zip(deliveries.insert_new(session, at_once), at_once, strict=True)
    _record(session, [due(row["institution_id"], one, row["template"]) for one, row in made], now)
    gathered = [(deliveries.gather(session, row), row) for row in rows if row["gathering"]]
    waiting = [due(row["institution_id"], one, row["template"]) for one, row in gathered if one is not None]
    _record(session, waiting, now + GATHERED)


def due(institution_id: int, delivery_id: int, template: str) -> DeliveryDue:
    """The event by which a delivery is sent: before everything else, or after it."""
    if WORDINGS[Template(template)].presses:
        return DeliveryDue(institution_id, delivery_id)
    return ReminderDue(institution_id, delivery_id)


@dataclass(frozen=True, slots=True)
class _Possible:
    """By which channels some accounts can be written to."""

    having: dict[Channel, Collection[int]]
    muted: set[tuple[int, Channel]]
    allowed: set[tuple[int, str]]

    def first(self, message: Message, after: Channel | None) -> Channel | None:
        ways = WORDINGS[Template(message.template)].channels
        left = ways[ways.index(after) + 1 :] if after in ways else ways
        return next((one for one in left if self._open(message, one)), None)

    def _open(self, message: Message, channel: Channel) -> bool:
        if message.account_id not in self.having.get(channel, ()) or (message.account_id, channel) in self.muted:
            return False
        return channel is not Channel.WECHAT or (message.account_id, message.template) in self.allowed


def _possible(session: Session, messages: Sequence[Message]) -> _Possible:
    accounts = {one.account_id for one in messages}
    ways = {way for one in messages for way in WORDINGS[Template(one.template)].channels}
    usable = [way for way in BOOKS if way in ways and client.sender(way) is not None]
    return _Possible(
        having={way: set(BOOKS[way].having(session, accounts)) for way in usable},
        muted=channels.muted(session, accounts),
        allowed=channels.allowances(session, accounts),
    )


def _to_robots(session: Session, message: Message, now: datetime) -> Iterator[dict[str, Any]]:
    for robot in deliveries.robots(session, message.institution_id):
        yield _row(message, Channel(robot.kind.value), now) | {"account_id": 0, "robot_id": robot.id}


def _row(message: Message, channel: Channel, now: datetime) -> dict[str, Any]:
    gathering = message.urgency is Urgency.TODAY
    return {
        "institution_id": message.institution_id,
        "account_id": message.account_id,
        "robot_id": 0,
        "channel": channel,
        "template": message.template,
        "message_ids": [message.id],
        "gathering": gathering,
        "state": DeliveryState.QUEUED,
        "attempts": 0,
        "made_at": now,
        "due_at": now + GATHERED if gathering else now,
    }


def _record(session: Session, happened: Sequence[DeliveryDue], due_at: datetime) -> None:
    if happened:
        events.record_all(session, happened, due_at=due_at)
