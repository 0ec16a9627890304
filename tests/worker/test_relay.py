"""The outbox and its relay: an effect happens if its cause was committed, and happens once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from prometheus_client import REGISTRY
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.kernel import clock, db, events
from app.kernel.events import Event, Queue
from app.worker import embedded, relay, tasks
from tests.factories.tree import Tree
from tests.worker.ringing import WITHIN, BellRang, Listener, leave_trace, ring, rows, traces, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the event known, with these listeners."""

    def listen(*listeners: Listener) -> None:
        monkeypatch.setitem(Event.registry, "BellRang", BellRang)
        monkeypatch.setitem(events.LISTENERS, BellRang, list(listeners))

    return listen


@pytest.fixture(autouse=True)
def _nothing_left_behind(owner: Engine) -> Iterator[None]:
    yield
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE name = 'BellRang'"))


def at_once(outbox_id: int, _task_id: UUID, _queue: Queue) -> None:
    """Stand for a broker and a worker that do their work."""
    relay.deliver(outbox_id)


def test_what_was_committed_is_heard_once(tree: Tree, owner: Engine, hear: Callable[..., None]) -> None:
    hear(leave_trace)
    ring(tree.school, 1, 2)
    assert relay.drain() >= 2
    assert relay.drain() == 0
    assert traces(owner, tree.school) == ["1", "2"]
    assert rows(owner, tree.school) == [(True, 0, None)] * 2


def test_an_act_that_rolls_back_leaves_no_event(tree: Tree, owner: Engine, hear: Callable[..., None]) -> None:
    hear(leave_trace)

    def act() -> None:
        with db.transaction() as session:
            events.record(session, BellRang(tree.school, 1))
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        act()
    assert rows(owner, tree.school) == []


def test_a_listener_that_fails_leaves_nothing_and_is_tried_again(
    tree: Tree, owner: Engine, hear: Callable[..., None]
) -> None:
    failing = [True]

    def fail_at_first(_session: Session, _event: BellRang) -> None:
        if failing[0]:
            raise LookupError("Chen Xiaoming")

    hear(leave_trace, fail_at_first)
    (row,) = ring(tree.school, 1)
    with pytest.raises(relay.EventsNotHeard, match="LookupError"):
        relay.drain()
    assert traces(owner, tree.school) == []
    assert rows(owner, tree.school) == [(False, 1, "LookupError")]
    assert relay.drain() == 0  # not before its time
    failing[0] = False
    with time_machine.travel(clock.now() + timedelta(seconds=3), tick=True):
        assert relay.drain() == 1
    assert relay.deliver(row) is None
    assert traces(owner, tree.school) == ["1"]
    assert rows(owner, tree.school) == [(True, 1, "LookupError")]


def test_each_failure_waits_longer_up_to_a_quarter_of_an_hour() -> None:
    moment = clock.now()
    waits = [(relay.again_after(attempts, moment) - moment).total_seconds() for attempts in (1, 2, 3, 9, 10, 20)]
    assert waits == [2, 4, 8, 512, 900, 900]


def test_after_twenty_failures_a_row_stays_and_is_counted(tree: Tree, hear: Callable[..., None]) -> None:
    def fail(_session: Session, _event: BellRang) -> None:
        raise LookupError

    hear(fail)
    (row,) = ring(tree.school, 1)
    for _ in range(events.ATTEMPTS):
        assert relay.deliver(row) == "LookupError"
    handed: list[int] = []
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        relay.hand_over(lambda outbox_id, *_: handed.append(outbox_id))
        assert row not in handed
        assert relay.drain() >= 0
    assert (REGISTRY.get_sample_value("lianfang_outbox_given_up") or 0) >= 1


def test_an_event_that_nobody_knows_any_more_waits_for_somebody(
    tree: Tree, owner: Engine, hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(leave_trace)
    (row,) = ring(tree.school, 1)
    monkeypatch.delitem(Event.registry, "BellRang")
    assert relay.deliver(row) == "KeyError"
    assert rows(owner, tree.school) == [(False, 1, "KeyError")]


def test_eight_workers_with_the_same_row_have_one_effect(tree: Tree, owner: Engine, hear: Callable[..., None]) -> None:
    hear(leave_trace)
    (row,) = ring(tree.school, 1)
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        relay.deliver(row)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert traces(owner, tree.school) == ["1"]


def test_two_relays_do_not_hand_over_the_same_row(tree: Tree, hear: Callable[..., None]) -> None:
    hear(leave_trace)
    mine = set(ring(tree.school, *range(40)))
    handed: list[int] = []
    barrier = threading.Barrier(4)

    def sweep() -> None:
        barrier.wait()
        relay.hand_over(lambda outbox_id, *_: handed.append(outbox_id))

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one for one in handed if one in mine) == sorted(mine)


def test_what_a_broker_has_lost_is_handed_over_again_after_a_minute(
    tree: Tree, owner: Engine, hear: Callable[..., None]
) -> None:
    hear(leave_trace)
    mine = ring(tree.school, 1, 2)
    handed: list[int] = []

    def lose(outbox_id: int, _task_id: UUID, _queue: Queue) -> None:
        handed.append(outbox_id)

    relay.hand_over(lose)
    relay.hand_over(lose)
    assert [one for one in handed if one in mine] == mine
    with time_machine.travel(clock.now() + relay.LEASE, tick=True):
        relay.hand_over(at_once)
    assert sorted(traces(owner, tree.school)) == ["1", "2"]


def test_a_broker_that_is_away_leaves_everything_due(tree: Tree, owner: Engine, hear: Callable[..., None]) -> None:
    hear(leave_trace)
    mine = ring(tree.school, 1, 2, 3)
    handed: list[int] = []

    def away(outbox_id: int, _task_id: UUID, _queue: Queue) -> None:
        if outbox_id == mine[1]:
            raise ConnectionError
        handed.append(outbox_id)

    with pytest.raises(ConnectionError):
        relay.hand_over(away)
    relay.hand_over(lambda outbox_id, *_: handed.append(outbox_id))
    assert [one for one in handed if one in mine] == mine
    assert rows(owner, tree.school) == [(False, 0, None)] * 3


@pytest.fixture
def worker() -> Iterator[None]:
    """The worker inside this process."""
    embedded.start()
    embedded.start()
    yield
    embedded.stop()


@pytest.mark.usefixtures("worker")
def test_the_embedded_worker_hears_what_was_committed(tree: Tree, owner: Engine, hear: Callable[..., None]) -> None:
    hear(leave_trace)
    ring(tree.school, 1)
    wait_until(lambda: traces(owner, tree.school) == ["1"])
    ring(tree.school, 2, 3)
    wait_until(lambda: sorted(traces(owner, tree.school)) == ["1", "2", "3"])


def test_a_relay_hears_at_once_of_what_another_process_has_committed(
    tree: Tree, owner: Engine, hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(leave_trace)
    monkeypatch.setattr(tasks, "publish", at_once)
    monkeypatch.setattr(embedded, "SWEEP_SECONDS", 3600.0)
    listening = embedded.Relay()
    listening.start()
    ring(tree.school, 1)
    wait_until(lambda: traces(owner, tree.school) == ["1"])
    announced = "from app.kernel import events, settings; import time; events.announce(); time.sleep(1)"
    with owner.begin() as connection:
        connection.execute(text("UPDATE outbox SET done_at = NULL, due_at = now() WHERE name = 'BellRang'"))
    subprocess.run([sys.executable, "-c", announced], cwd=ROOT, check=True)  # noqa: S603 - our own words
    wait_until(lambda: traces(owner, tree.school) == ["1", "1"])
    listening.stop()
    events.announce()
    listening.join(WITHIN)
    assert not listening.is_alive()


def test_the_embedded_worker_stops_within_five_seconds_and_starts_again(
    tree: Tree, owner: Engine, hear: Callable[..., None]
) -> None:
    hear(leave_trace)
    for number in (1, 2):
        embedded.start()
        ring(tree.school, number)
        wait_until(lambda number=number: str(number) in traces(owner, tree.school))  # type: ignore[misc]
        before = time.monotonic()
        embedded.stop()
        assert time.monotonic() - before < embedded.STOP_SECONDS + 0.5
        names = {thread.name for thread in threading.enumerate()}
        assert names.isdisjoint({"relay", "Beat", *(f"worker-{queue}" for queue in Queue)})
    ring(tree.school, 3)
    assert traces(owner, tree.school) == ["1", "2"]


def test_a_worker_killed_in_the_middle_has_its_effect_once(
    tree: Tree, owner: Engine, hear: Callable[..., None]
) -> None:
    hear(leave_trace)
    (row,) = ring(tree.school, 1)
    victim = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.ringing"], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ.copy()
    )
    assert victim.stdout is not None
    try:
        assert b"in the middle\n" in iter(victim.stdout.readline, b"")
        assert relay.deliver(row) is None  # held by the victim: nothing happens here
        assert rows(owner, tree.school) == [(False, 0, None)]
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    assert traces(owner, tree.school) == []
    with time_machine.travel(clock.now() + relay.LEASE, tick=True):
        wait_until(lambda: bool(relay.hand_over(at_once)))
        relay.drain()
    assert traces(owner, tree.school) == ["1"]
    assert rows(owner, tree.school) == [(True, 0, None)]
