"""Workers, clock and relay as threads of the API process: all that a single machine needs.

The broker is this process's memory. That loses nothing: what is to be done stands in the outbox until it is done.
There is a worker for each queue, as where a broker is: one for all would have no hand free for a fever while it sends a
morning's reminders.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController, state

from app.kernel import events, logs, settings
from app.kernel.events import Queue
from app.worker import relay, tasks
from app.worker.celery import celery_app
from app.worker.watch import Pulse

SWEEP_SECONDS = 1.0
STOP_SECONDS = 5.0
AFTER_FAILURE_SECONDS = 2.0
READY_SECONDS: Final = 60.0  # a busy machine takes its time

log = logs.get(__name__)


class Relay(threading.Thread):
    """Hands over what is due: at once when a process announces that it has committed something, else every second."""

    def __init__(self) -> None:
        super().__init__(name="relay", daemon=True)
        self.ended = threading.Event()
        self.pulse = Pulse()

    def run(self) -> None:
        """Hand over until stopped; a database that is away is waited for."""
        while not self.ended.is_set():
            self.pulse.beat()
            try:
                with psycopg.connect(_listening_url(), autocommit=True, connect_timeout=2) as connection:
                    connection.execute(f"LISTEN {events.CHANNEL}")
                    self._hand_over(connection)
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever is away
                log.warning("relay_waits", error=type(error).__name__)
                self.ended.wait(AFTER_FAILURE_SECONDS)

    def _hand_over(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self.ended.is_set():
            self.pulse.beat()
            if relay.hand_over(tasks.publish) < relay.BATCH:
                for _ in connection.notifies(timeout=SWEEP_SECONDS, stop_after=1):
                    pass

    def stop(self) -> None:
        """End within a second, after the hand-over at hand."""
        self.ended.set()


def _listening_url() -> str:
    wanted = settings.current()
    url = wanted.direct_database_url or wanted.app_database_url
    if url is None:
        raise RuntimeError("LIANFANG_APP_DATABASE_URL is not set")
    return url


class _Worker(threading.Thread):
    """Works on one queue, with hands of its own."""

    def __init__(self, queue: Queue, hands: int) -> None:
        super().__init__(name=f"worker-{queue}", daemon=True)
        self.ready = threading.Event()
        self.controller = WorkController(
            app=celery_app,
            pool="threads",
            concurrency=hands,
            queues=[queue.value],
            ready_callback=lambda _consumer: self.ready.set(),
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )

    def run(self) -> None:
        """Work until the process's workers are to stop."""
        self.controller.start()


@dataclass(frozen=True)
class _Threads:
    """What `start` has started, in the order in which it is to end."""

    relay: Relay
    beat: Any  # Celery's clock, a thread
    workers: Sequence[_Worker]


_started: list[_Threads] = []


def start(hands: int = 1) -> None:
    """Start the threads, ``hands`` for each queue; does nothing when they run."""
    if _started:
        return
    threads = _Threads(
        relay=Relay(),
        # The settings name the scheduler for the command only; the default one keeps a file where the process started.
        beat=EmbeddedService(celery_app, thread=True, scheduler_cls=Scheduler),
        workers=[_begun(queue, hands) for queue in Queue],
    )
    celery_app.amqp.queues.select([queue.value for queue in Queue])  # as it was before the last of them has begun
    for thread in (threads.beat, threads.relay):
        thread.start()
    _started.append(threads)
    log.info("embedded_worker_started", hands=hands)


def _begun(queue: Queue, hands: int) -> _Worker:
    # One after the other: which queues a worker takes, Celery keeps in the program until the worker has begun.
    worker = _Worker(queue, hands)
    worker.start()
    if not worker.ready.wait(READY_SECONDS):
        raise RuntimeError(f"the worker of {queue} does not begin")
    return worker


def stop() -> None:
    """End the threads within five seconds: a task at work is finished, what else waits stays in the outbox."""
    if not _started:
        return
    threads = _started.pop()
    deadline = time.monotonic() + STOP_SECONDS
    threads.relay.stop()
    state.should_stop = 0  # read by the workers' loops: a warm shutdown
    # The clock goes last: its sweep wakes a worker, which otherwise looks only every two seconds.
    for worker in threads.workers:
        worker.join(max(0.0, deadline - time.monotonic()))
    threads.beat.service.stop()
    for thread in (threads.relay, threads.beat):
        thread.join(max(0.0, deadline - time.monotonic()))
    state.should_stop = None
    log.info("embedded_worker_stopped", in_time=not any(one.is_alive() for one in threads.workers))
