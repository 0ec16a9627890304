"""Events go up: what happened, recorded in the transaction in which it happened.

A feature records a frozen dataclass from its ``events.py``; features above hear it in their ``listeners.py``.
The row in the outbox is the event: a broker that loses messages, or a process that is killed, repeats work instead of
losing it, because the row is marked done in the transaction of the listeners' own effects.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session

from app.kernel import clock, columns
from app.kernel.db import AFTER_COMMIT, Base, engine

CHANNEL = "lianfang_outbox"
ATTEMPTS = 20  # after these a row stays, for somebody to look at


class Queue(StrEnum):
    """The ways to the workers, by urgency: what somebody waits for never stands behind what nobody waits for."""

    ALERTS = "alerts"
    DEFAULT = "default"
    BULK = "bulk"


@dataclass(frozen=True)
class Event:
    """Base of all events: ids, days and codes only, since payloads leave the database; never personal data.

    ``queue``: how urgent it is to hear it; a class that is more or less urgent than most says so.
    """

    institution_id: int

    queue: ClassVar[Queue] = Queue.DEFAULT
    registry: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Event.registry[cls.__name__] = cls


type_of = Event.registry.__getitem__

E = TypeVar("E", bound=Event)
Listener = Callable[[Session, Any], None]
LISTENERS: dict[type[Event], list[Listener]] = {}
ABANDONED: dict[type[Event], list[Listener]] = {}


class OutboxEntry(Base):
    """An event on its way; global, since the relay must find the rows of every institution.

    ``recorded_at`` is the moment for which it was recorded: later than now where it was scheduled.
    """

    __tablename__ = "outbox"

    id: Mapped[columns.IdKey]
    task_id: Mapped[UUID]
    institution_id: Mapped[columns.BigInt]
    name: Mapped[columns.Words]
    payload: Mapped[columns.Document]
    recorded_at: Mapped[columns.Moment]
    due_at: Mapped[columns.Moment]
    attempts: Mapped[columns.Small]
    done_at: Mapped[columns.Moment | None]
    last_error: Mapped[str | None]

    __table_args__ = (
        Index("ix_outbox_due", "due_at", postgresql_where=text("done_at IS NULL")),
        # What is urgent is looked for by its names, past any number of rows that are not.
        Index("ix_outbox_name", "name", "due_at", postgresql_where=text("done_at IS NULL")),
    )


def record(session: Session, happened: Event, *, due_at: datetime | None = None) -> None:
    """Write ``happened`` to the outbox, in the transaction of the caller.

    ``due_at``: it is to be heard then and not before, as a reminder is; its listener looks whether it still matters.
    """
    moment = due_at or clock.now()
    payload = {name: value for name, value in asdict(happened).items() if name != "institution_id"}
    session.add(
        OutboxEntry(
            task_id=uuid4(),
            institution_id=happened.institution_id,
            name=type(happened).__name__,
            payload=payload,
            recorded_at=moment,
            due_at=moment,
            attempts=0,
        )
    )
    session.info["events_recorded"] = True


_RECORD_ALL = text(
    "INSERT INTO outbox (task_id, institution_id, name, payload, recorded_at, due_at, attempts) "
    "SELECT gen_random_uuid(), one.institution_id, one.name, one.payload::jsonb, :moment, :moment, 0 FROM unnest("
    "CAST(:institution_ids AS bigint[]), CAST(:names AS text[]), CAST(:payloads AS text[])"
    ") AS one (institution_id, name, payload)"
)


def record_all(session: Session, happened: Sequence[Event], *, due_at: datetime | None = None) -> None:
    """`record` for many events in one statement: an import has as many as rows."""
    parts = [asdict(one) for one in happened]
    columns = {
        "institution_ids": [part.pop("institution_id") for part in parts],
        "names": [type(one).__name__ for one in happened],
        "payloads": [json.dumps(part) for part in parts],
    }
    session.execute(_RECORD_ALL, {"moment": due_at or clock.now(), **columns})
    session.info["events_recorded"] = True


def read(entry: OutboxEntry) -> Event:
    """The event that ``entry`` holds."""
    return type_of(entry.name)(institution_id=entry.institution_id, **entry.payload)


def listen(kind: type[E], listener: Callable[[Session, E], None]) -> None:
    """Have ``listener(session, event)`` called, in a task of its own transaction, for every event of ``kind``."""
    LISTENERS.setdefault(kind, []).append(listener)


def listen_abandoned(kind: type[E], listener: Callable[[Session, E], None]) -> None:
    """Have ``listener(session, event)`` called when an event of ``kind`` is given up: it has failed too often.

    Where somebody is shown that a thing is being done, this is the place to show that it is not.
    """
    ABANDONED.setdefault(kind, []).append(listener)


def queue_of(name: str) -> Queue:
    """The way of events of that name; the usual one for a name that the program knows no longer."""
    kind = Event.registry.get(name)
    return Queue.DEFAULT if kind is None else kind.queue


def names_of(queue: Queue) -> list[str]:
    """The names of the events that go by a queue."""
    return [name for name, kind in Event.registry.items() if kind.queue is queue]


class _Crier(threading.Thread):
    """Sends what `announce` asks for, once for any number of commits, on the time of no request."""

    def __init__(self) -> None:
        super().__init__(name="crier", daemon=True)
        self.wanted = threading.Event()

    def run(self) -> None:
        """Send until the process ends; what cannot be sent now is found by the relays' sweep."""
        while self.wanted.wait():
            self.wanted.clear()
            # After the commits, not within them: commits that notify wait for each other, each for its own disk write.
            with contextlib.suppress(SQLAlchemyError), engine().begin() as connection:
                connection.execute(text(f"NOTIFY {CHANNEL}"))


@lru_cache(maxsize=1)
def _crier() -> _Crier:
    thread = _Crier()
    thread.start()
    return thread


def announce() -> None:
    """Tell the relays of all processes that something was committed for them; returns at once."""
    _crier().wanted.set()


def _announce_recorded(session: Session) -> None:
    if session.info.pop("events_recorded", False):
        announce()


AFTER_COMMIT.append(_announce_recorded)
