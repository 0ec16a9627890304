"""One delivery at a time: whether it is still wanted, whether it may leave now, and what the provider says to it.

The transaction that sends is the one that writes down that it was sent. A process that is killed between the two sends
once more: Aliyun then answers that it knows the letter, a WeChat user's single allowance is used up by then, a mailbox
sees the same Message-ID; a robot's group may read it twice (decision record 27).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.kernel import clock, events, logs
from app.kernel.secrets import vault
from app.notifications import client
from app.notifications.client import Delayed, Letter, Refused
from app.notifications.models import Delivery, DeliveryState, Message
from app.notifications.queries import channels, deliveries, inbox
from app.notifications.service import limits, planning, robots
from app.notifications.service.books import BOOKS, CHECKS
from app.notifications.service.writing import values_of
from app.notifications.templates import Channel, Template, write

ATTEMPTS: Final = 8
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(hours=1)
_NO_ADDRESS, _NO_ALLOWANCE, _TOO_OFTEN, _GIVEN_UP = "no_address", "no_allowance", "limited", "given_up"

log = logs.get(__name__)


def send(session: Session, institution_id: int, delivery_id: int) -> None:
    """Send a queued delivery of an institution, in its scope, or say when to try again."""
    delivery = deliveries.lock(session, institution_id, delivery_id)
    if delivery is None or delivery.state is not DeliveryState.QUEUED:
        return
    now = clock.now()
    messages = _wanted(session, delivery, now)
    if not messages:
        _settle(delivery, DeliveryState.EXPIRED, delivery.code, now)
        return
    try:
        _hand_over(session, delivery, messages, now)
    except Refused as refusal:
        delivery.attempts += 1
        _refused(session, delivery, messages, refusal.code, now)
    except Delayed as delay:
        _put_off(session, delivery, messages, delay, now)


def abandon(session: Session, institution_id: int, delivery_id: int) -> None:
    """Note that a delivery was given up: sending it has failed too often on our side."""
    delivery = deliveries.lock(session, institution_id, delivery_id)
    if delivery is not None and delivery.state is DeliveryState.QUEUED:
        _settle(delivery, DeliveryState.REFUSED, _GIVEN_UP, clock.now())


def _wanted(session: Session, delivery: Delivery, now: datetime) -> list[Message]:
    """The messages that are unread and of use, newest first."""
    found = [
        one
        for one in inbox.with_ids(session, delivery.institution_id, delivery.message_ids)
        if one.read_at is None and (one.until is None or one.until > now) and _matters(session, one)
    ]
    return found[::-1]


def _matters(session: Session, message: Message) -> bool:
    check = CHECKS.get(Template(message.template))
    return check is None or check(session, message.institution_id, message.account_id, message.key)


def _hand_over(session: Session, delivery: Delivery, messages: Sequence[Message], now: datetime) -> None:
    sender = client.sender(delivery.channel)
    letter = _letter(session, delivery, messages)
    if sender is None or letter is None or _is_muted(session, delivery):
        raise Refused(_NO_ADDRESS)
    left = limits.wait(session, delivery.channel, letter.to, now)
    if left > timedelta():
        # Nobody was asked: this is no attempt.
        _again(session, delivery, now + left, _TOO_OFTEN)
        return
    by_allowance = delivery.channel is Channel.WECHAT
    if by_allowance and not channels.use_allowance(session, delivery.account_id, letter.template.value, now):
        raise Refused(_NO_ALLOWANCE)
    try:
        code = sender.send(letter)
    except Delayed:
        if by_allowance:
            channels.allow(session, delivery.account_id, [letter.template.value], now)
        raise
    except Refused:
        if by_allowance:
            channels.forget_allowance(session, delivery.account_id, letter.template.value, now)
        raise
    delivery.attempts += 1
    _settle(delivery, DeliveryState.SENT, code, now)


def _letter(session: Session, delivery: Delivery, messages: Sequence[Message]) -> Letter | None:
    """What is handed to the channel; None where the receiver cannot be reached any more."""
    to, secret = _address(session, delivery)
    if to is None:
        return None
    message, template = messages[0], Template(messages[0].template)
    values = values_of(message)
    if len(messages) > 1 and _digests(session, delivery):
        template, values = Template.DIGEST, {"count": len(messages)}
    written = write(template, values)
    spoken = {name: str(value) for name, value in values.items()}
    return Letter(
        to=to,
        secret=secret,
        template=template,
        title=written.title,
        text=written.text,
        values=spoken,
        reference=_reference(delivery),
        written_at=message.written_at,
        link=message.link if template is not Template.DIGEST else None,
    )


def _address(session: Session, delivery: Delivery) -> tuple[str | None, str | None]:
    if delivery.robot_id:
        return robots.opened(session, delivery.institution_id, delivery.robot_id)
    book = BOOKS.get(delivery.channel)
    return (book.address(session, delivery.account_id) if book else None), None


def _digests(session: Session, delivery: Delivery) -> bool:
    """Whether several messages may be told as one; by WeChat only for who has allowed that, else the newest leaves."""
    if delivery.channel is not Channel.WECHAT:
        return True
    return (delivery.account_id, Template.DIGEST.value) in channels.allowances(session, [delivery.account_id])


def _reference(delivery: Delivery) -> str:
    # By the attempt as well: what was refused for the moment must not look like the same letter when it is tried again.
    counted = f"{delivery.institution_id}:{delivery.id}:{delivery.attempts}"
    return vault().fingerprint(counted, "delivery.reference").hex()[:32]


def _is_muted(session: Session, delivery: Delivery) -> bool:
    return (delivery.account_id, delivery.channel) in channels.muted(session, [delivery.account_id])


def _refused(session: Session, delivery: Delivery, messages: Sequence[Message], reason: str, now: datetime) -> None:
    _settle(delivery, DeliveryState.REFUSED, reason, now)
    log.warning("delivery_refused", channel=delivery.channel.value, reason=reason)
    if not delivery.robot_id:
        planning.queue(session, messages, after=delivery.channel)


def _put_off(session: Session, delivery: Delivery, messages: Sequence[Message], delay: Delayed, now: datetime) -> None:
    delivery.attempts += 1
    if delivery.attempts >= ATTEMPTS:
        _refused(session, delivery, messages, delay.code, now)
        return
    pause = min(_FIRST * 2 ** (delivery.attempts - 1), _LONGEST)
    _again(session, delivery, now + max(pause, timedelta(seconds=delay.seconds or 0)), delay.code)


def _again(session: Session, delivery: Delivery, due_at: datetime, code: str) -> None:
    delivery.due_at, delivery.code = due_at, code
    events.record(session, planning.due(delivery.institution_id, delivery.id, delivery.template), due_at=due_at)


def _settle(delivery: Delivery, state: DeliveryState, code: str | None, now: datetime) -> None:
    delivery.state, delivery.code, delivery.settled_at = state, code, now
