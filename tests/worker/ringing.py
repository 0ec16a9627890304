"""An event for tests of the relay, and what its listener leaves behind.

Run as a program it is a worker that stops in the middle of a listener, so that it can be killed there.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.kernel import db, events
from app.kernel.db import Scope
from app.kernel.events import Event

Listener = Callable[[Session, "BellRang"], None]
WITHIN = 10.0  # seconds that anything asynchronous may take on a busy machine


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or process does."""
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@dataclass(frozen=True)
class BellRang(Event):
    """Something happened; known to the program only while a test uses it."""

    number: int


Event.registry.pop("BellRang")


def ring(school: int, *numbers: int) -> list[int]:
    """Record events in one transaction; the ids of their rows."""
    with db.transaction(Scope(institutions=frozenset({school}))) as session:
        for number in numbers:
            events.record(session, BellRang(school, number))
        session.flush()
        mine = text("SELECT id FROM outbox WHERE institution_id = :school AND done_at IS NULL ORDER BY id")
        return list(session.scalars(mine, {"school": school}))


def leave_trace(session: Session, event: BellRang) -> None:
    """The effect that must happen once."""
    audit.record(
        session, SYSTEM, "test.rang", "bell", event.number, institution_id=event.institution_id, reason="heard"
    )


def traces(owner: Engine, school: int) -> list[str]:
    """Which bells were heard, in the order of their effects."""
    heard = text("SELECT subject_id FROM audit_entry WHERE institution_id = :school AND act = 'test.rang' ORDER BY seq")
    with owner.connect() as connection:
        return list(connection.scalars(heard, {"school": school}))


def rows(owner: Engine, school: int) -> list[tuple[bool, int, str | None]]:
    """(done, attempts, last error) of a school's rows in the outbox."""
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT done_at, attempts, last_error FROM outbox WHERE institution_id = :school ORDER BY id"),
            {"school": school},
        )
        return [(row.done_at is not None, row.attempts, row.last_error) for row in found]


def _stop_in_the_middle(session: Session, event: BellRang) -> None:
    leave_trace(session, event)
    session.execute(
        text(
            "INSERT INTO audit_entry (institution_id, at, act, subject, subject_id, details) "
            "VALUES (:school, now(), 'test.rang', 'bell', :number, '{}')"
        ),
        {"school": event.institution_id, "number": str(event.number)},
    )
    sys.stdout.write("in the middle\n")
    sys.stdout.flush()
    time.sleep(60)


def main() -> None:
    """Start a worker whose listener stops after its first write."""
    from app.worker import embedded  # noqa: PLC0415 - the program itself, in a process of its own

    Event.registry["BellRang"] = BellRang
    events.listen(BellRang, _stop_in_the_middle)
    embedded.start()
    time.sleep(60)


if __name__ == "__main__":
    main()
