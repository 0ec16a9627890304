"""Notices into inboxes: the one door by which the floors above tell people something."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from app.kernel import clock, events
from app.kernel.secrets import vault
from app.notifications.events import MessagesWritten, RemindersWritten
from app.notifications.models import Message, Urgency
from app.notifications.queries import inbox
from app.notifications.templates import WORDINGS, Template

TO_ROBOTS: Final = 0  # the account of messages that are for the institution's groups
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """What some accounts are told by an institution: once for each of them and ``key``, however often it is said.

    ``values`` fill the template and hold nothing personal beyond what the receivers may see; ``until``: of no use after
    that; ``link``: a path in the app, with ids only. ``not_before``: what leaves the service waits until then, as in
    quiet hours; the inbox has it at once.
    """

    institution_id: int
    recipients: Collection[int]
    template: str
    values: Mapping[str, str | int] = field(repr=False)
    key: str
    urgency: Literal["at_once", "today"] = "at_once"
    until: datetime | None = None
    link: str | None = None
    not_before: datetime | None = None


def notify(session: Session, notice: Notice) -> int:
    """Write a notice into the inboxes of its recipients, in the caller's transaction; how many had not had it.

    Needs no scope. Raises ValueError for values that are not those of the template.
    """
    return notify_all(session, [notice])


def notify_all(session: Session, notices: Sequence[Notice]) -> int:
    """The same for many notices, in as many statements as for one."""
    now = clock.now()
    rows = [row for notice in notices for row in _rows(notice, now)]
    made = inbox.insert_new(session, rows) if rows else []
    ways = {(one.institution_id, one.key): _Way.of(one, now) for one in notices}
    leaving: dict[_Way, list[int]] = {}
    for message in made:
        way = ways[message.institution_id, message.key]
        if way.leaves:
            leaving.setdefault(way, []).append(message.id)
    _record(session, leaving)
    return sum(message.account_id != TO_ROBOTS for message in made)


@dataclass(frozen=True, slots=True)
class _Way:
    """How messages leave: those that leave alike are told of together."""

    institution_id: int
    moment: datetime
    leaves: bool
    presses: bool

    @classmethod
    def of(cls, notice: Notice, now: datetime) -> "_Way":
        wording = WORDINGS[Template(notice.template)]
        leaves = bool(wording.channels or wording.robots)
        return cls(notice.institution_id, notice.not_before or now, leaves, wording.presses)


def _record(session: Session, leaving: Mapping[_Way, Sequence[int]]) -> None:
    by_moment: dict[datetime, list[MessagesWritten]] = {}
    for way, ids in leaving.items():
        parts = [tuple(ids[start : start + _CHUNK]) for start in range(0, len(ids), _CHUNK)]
        by_moment.setdefault(way.moment, []).extend(_event(way, part) for part in parts)
    for moment, written in by_moment.items():
        events.record_all(session, written, due_at=moment)


def _event(way: _Way, message_ids: tuple[int, ...]) -> MessagesWritten:
    if way.presses:
        return MessagesWritten(way.institution_id, message_ids)
    return RemindersWritten(way.institution_id, message_ids)


def values_of(message: Message) -> Mapping[str, str | int]:
    """What fills the template of a message."""
    text = vault().decrypt(message.values_cipher, _context(message.institution_id, message.key))
    found: Mapping[str, str | int] = json.loads(text)
    return found


def _rows(notice: Notice, now: datetime) -> list[dict[str, Any]]:
    template = Template(notice.template)
    if set(notice.values) != WORDINGS[template].places:
        raise ValueError(f"{template.value} takes {sorted(WORDINGS[template].places)}")
    written = json.dumps(dict(notice.values), ensure_ascii=False)
    shared = {
        "institution_id": notice.institution_id,
        "key": notice.key,
        "template": template.value,
        "values_cipher": vault().encrypt(written, _context(notice.institution_id, notice.key)),
        "urgency": Urgency(notice.urgency),
        "link": notice.link,
        "written_at": now,
        "until": notice.until,
        "changed_at": now,
    }
    recipients = {*notice.recipients, *((TO_ROBOTS,) if WORDINGS[template].robots else ())}
    # In one order everywhere, so that two notices with receivers in common do not wait for each other in a circle.
    return [{"account_id": account_id, **shared} for account_id in sorted(recipients)]


def _context(institution_id: int, key: str) -> str:
    # Not of a row: all receivers of a notice have the same text, which is encrypted once.
    return f"message.values:{institution_id}:{key}"
