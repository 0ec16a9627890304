"""From the outbox to the listeners: each event's effect happens, and happens once.

A row is handed to a worker and put off for a while, in case the worker or the broker loses it. The worker locks the
row, runs the listeners and marks it done in one transaction: killed in the middle, nothing of it stays and the row is
handed over again; handed over twice, the second finds it locked or done.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import clock, db, discovery, events, logs
from app.kernel.db import Scope, bind
from app.kernel.events import ATTEMPTS, OutboxEntry, Queue
from app.worker import metrics, queries

Publish = Callable[[int, UUID, Queue], None]

LEASE = timedelta(seconds=60)  # what is handed over is tried again after this
LONGEST_WAIT = timedelta(minutes=15)
BATCH = 500

log = logs.get(__name__)


class EventsNotHeard(RuntimeError):  # noqa: N818 - says what happened
    """Listeners failed while the outbox was drained."""


def hand_over(publish: Publish, limit: int = BATCH) -> int:
    """Give due rows to ``publish(outbox id, task id, queue)`` and say how many.

    What is urgent goes first, however much waits that is older. Raises what ``publish`` raises, when the broker is
    away; what was not handed over is due again at once.
    """
    moment = clock.now()
    with db.transaction() as session:
        urgent = events.names_of(Queue.ALERTS)
        taken = [*queries.take_due(session, moment, moment + LEASE, limit, names=urgent)]
        taken += queries.take_due(session, moment, moment + LEASE, limit - len(taken))
    for number, (outbox_id, task_id, name) in enumerate(taken):
        try:
            publish(outbox_id, task_id, events.queue_of(name))
        except Exception:
            with db.transaction() as session:
                queries.give_back(session, [left for left, *_ in taken[number:]], moment)
            raise
    return len(taken)


def deliver(outbox_id: int) -> str | None:
    """Run the listeners of one row and mark it done, in one transaction; the kind of an error that stopped it.

    Does nothing for a row that is done, or that somebody else is working on.
    """
    discovery.import_features()
    entry = None
    try:
        with db.transaction() as session:
            entry = queries.claim(session, outbox_id)
            if entry is not None:
                _run(session, entry)
    except Exception as error:  # noqa: BLE001 - whatever a listener raises, the row must say so and wait
        failure = type(error).__name__
        _put_off(outbox_id, failure)
        return failure
    if entry is not None:
        metrics.heard(entry.name, clock.now() - entry.recorded_at)
    return None


def _run(session: Session, entry: OutboxEntry) -> None:
    event = events.read(entry)
    own = frozenset({entry.institution_id})
    for listener in events.LISTENERS.get(type(event), ()):
        bind(session, Scope(institutions=own, subtrees=own))
        listener(session, event)
        session.flush()
    entry.done_at = clock.now()


def _put_off(outbox_id: int, failure: str) -> None:
    # The kind of the error only: its text may quote a row.
    with db.transaction() as session:
        entry = queries.claim(session, outbox_id)
        if entry is None:
            return
        entry.attempts += 1
        entry.last_error = failure
        entry.due_at = again_after(entry.attempts, clock.now())
        kind, attempts = entry.name, entry.attempts
        if attempts == ATTEMPTS:
            _give_up(session, entry)
    metrics.EVENTS_FAILED.labels(kind).inc()
    log.error("event_not_heard", outbox_id=outbox_id, kind=kind, error=failure, attempts=attempts)


def _give_up(session: Session, entry: OutboxEntry) -> None:
    """Tell those who show that it is being done; the row stays whatever becomes of that."""
    try:
        with session.begin_nested():
            event = events.read(entry)
            for listener in events.ABANDONED.get(type(event), ()):
                bind(session, Scope(institutions=frozenset({entry.institution_id})))
                listener(session, event)
    except Exception:
        log.exception("abandonment_not_heard", outbox_id=entry.id)


def again_after(attempts: int, moment: datetime) -> datetime:
    """When a row that failed for the ``attempts``-th time is due again: 2, 4, 8 … seconds, at most 15 minutes."""
    return moment + min(timedelta(seconds=2**attempts), LONGEST_WAIT)


def drain() -> int:
    """Deliver all that waits, and what follows from it, in this thread; how many events were heard.

    Raises `EventsNotHeard` at the end if a listener failed.
    """
    heard, failures = 0, []
    tried: set[int] = set()
    while fresh := [one for one in _waiting() if one not in tried]:
        for outbox_id in fresh:
            tried.add(outbox_id)
            failure = deliver(outbox_id)
            heard += failure is None
            failures += [failure] if failure else []
    if failures:
        raise EventsNotHeard(", ".join(failures))
    return heard


def _waiting() -> list[int]:
    with db.transaction() as session:
        return list(queries.waiting(session, clock.now(), ATTEMPTS))
