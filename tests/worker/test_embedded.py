"""The worker inside the API process: what is urgent begins at once, whatever else is being worked on."""

import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.kernel import db, events
from app.kernel.db import Scope
from app.kernel.events import Event, Queue
from app.worker import embedded, relay
from tests.factories.tree import Tree
from tests.worker.ringing import WITHIN, BellRang, leave_trace, traces, wait_until

HELD = threading.Event()  # what bulk waits for in these tests
BEGUN = threading.Semaphore(0)
MANY, ALARMS = 12, 3  # more bulk than the worker has hands and takes ahead


class BulkRang(BellRang):
    """A bell that can wait."""

    queue: ClassVar[Queue] = Queue.BULK


class AlarmRang(BellRang):
    """A bell that cannot."""

    queue: ClassVar[Queue] = Queue.ALERTS


for _kind in (BulkRang, AlarmRang):
    Event.registry.pop(_kind.__name__)


def hold(_session: Session, _event: BulkRang) -> None:
    BEGUN.release()
    HELD.wait(30)


def record(school: int, kind: type[BellRang], count: int) -> None:
    with db.transaction(Scope(institutions=frozenset({school}))) as session:
        for number in range(count):
            events.record(session, kind(school, number))


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch, owner: Engine) -> Iterator[None]:
    for kind, listener in ((BulkRang, hold), (AlarmRang, leave_trace)):
        monkeypatch.setitem(Event.registry, kind.__name__, kind)
        monkeypatch.setitem(events.LISTENERS, kind, [listener])
    HELD.clear()
    yield
    HELD.set()
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE name IN ('BulkRang', 'AlarmRang')"))


@pytest.mark.usefixtures("bells")
def test_an_alert_begins_at_once_while_bulk_is_being_worked_on(tree: Tree, owner: Engine) -> None:
    embedded.start()
    try:
        record(tree.school, BulkRang, MANY)
        assert BEGUN.acquire(timeout=WITHIN)
        record(tree.school, AlarmRang, ALARMS)
        wait_until(lambda: len(traces(owner, tree.school)) == ALARMS)
        assert not HELD.is_set()
    finally:
        HELD.set()
        embedded.stop()


@pytest.mark.usefixtures("bells")
def test_the_relay_hands_over_what_is_urgent_before_what_is_older(tree: Tree) -> None:
    record(tree.school, BulkRang, MANY)
    record(tree.school, AlarmRang, 2)
    handed: list[Queue] = []
    relay.hand_over(lambda _id, _task, queue: handed.append(queue), limit=4)
    assert handed[:2] == [Queue.ALERTS, Queue.ALERTS]
