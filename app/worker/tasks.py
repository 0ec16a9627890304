"""The tasks: each one call, taking ids only, safe to run twice."""

from datetime import timedelta
from uuid import UUID

from app.alerts import tasks as alerts
from app.checkins import tasks as checkins
from app.exports import service as exports
from app.gates import tasks as gates
from app.identity import service as identity
from app.institutions import service as institutions
from app.kernel import clock, db, discovery, idempotency, logs
from app.kernel.events import Queue
from app.notifications import service as notifications
from app.reports import tasks as reports
from app.rollups import tasks as rollups
from app.worker import metrics, queries, relay
from app.worker.celery import task

KEEP_DONE = timedelta(days=7)

log = logs.get(__name__)

# Whoever starts the worker: without the features' listeners an event would be done unheard, a recount find nothing.
discovery.import_features()


@task("deliver")
def deliver(outbox_id: int) -> None:
    """Run the listeners of one event."""
    relay.deliver(outbox_id)


@task("sweep", Queue.ALERTS)
def sweep() -> None:
    """Hand over what is due: what a nudge has missed, what was lost, what failed and has waited."""
    relay.hand_over(publish)


@task("recount", Queue.BULK)
def recount() -> None:
    """Have every school's last days counted from their rows, each in a task of its own."""
    for school in rollups.schools():
        recount_school.apply_async((school,), retry=False)


@task("recount_school", Queue.BULK)
def recount_school(institution_id: int) -> None:
    """Count one school's last days; drift is audited, logged and counted, never repaired here."""
    drifts = rollups.recount_school(institution_id)
    if drifts:
        metrics.ROLLUP_DRIFT.inc(len(drifts))
        log.error("rollup_drift", institution_id=institution_id, figures=len(drifts))


@task("make_partitions")
def make_partitions() -> None:
    """Make the partitions of the coming days."""
    checkins.make_partitions()


@task("drop_partitions", Queue.BULK)
def drop_partitions() -> None:
    """Drop the partitions whose readings nobody's rules keep."""
    for day, rows in checkins.drop_partitions().items():
        log.info("partition_dropped", day=day.isoformat(), rows=rows)


@task("flag", Queue.BULK)
def flag() -> None:
    """Have the implausible runs of every school flagged, each in a task of its own."""
    for school in rollups.schools():
        flag_school.apply_async((school,), retry=False)


@task("flag_school", Queue.BULK)
def flag_school(institution_id: int) -> None:
    """Flag one school's implausible runs."""
    checkins.flag_school(institution_id)


@task("purge_gates", Queue.BULK)
def purge_gates() -> None:
    """Have every school forget old entries and visitors, each in a task of its own."""
    for school in rollups.schools():
        purge_gates_of_school.apply_async((school,), retry=False)


@task("purge_gates_of_school", Queue.BULK)
def purge_gates_of_school(institution_id: int) -> None:
    """Forget one school's."""
    gates.purge_school(institution_id)


@task("watch_reports")
def watch_reports() -> None:
    """Book today's reports, remind of them, find the missing ones."""
    reports.watch()


@task("find_concealed", Queue.BULK)
def find_concealed() -> None:
    """Have yesterday's reports held against what was entered after they were sent, each school in a task of its own."""
    for school in reports.schools(clock.today() - timedelta(days=1)):
        find_concealed_school.apply_async((school,), retry=False)


@task("find_concealed_school", Queue.BULK)
def find_concealed_school(institution_id: int) -> None:
    """Hold one school's report of yesterday against what it entered afterwards."""
    reports.find_concealed(institution_id, clock.today() - timedelta(days=1))


@task("place")
def place() -> None:
    """Carry out the moves whose day has come."""
    with db.transaction() as session:
        institutions.apply_due_placements(session, clock.today())


@task("plan_reminders")
def plan_reminders() -> None:
    """Plan the day's reminders, once."""
    alerts.plan_reminders()


@task("purge", Queue.BULK)
def purge() -> None:
    """Forget what was done a week ago, and codes, tokens, kept answers and old messages that are of no more use."""
    with db.transaction() as session:
        queries.forget_done(session, clock.now() - KEEP_DONE)
        identity.purge(session)
        idempotency.purge(session)
        institutions.scope_to_all(session)
        notifications.purge(session)
        exports.purge(session)


def publish(outbox_id: int, task_id: UUID, queue: Queue) -> None:
    """Hand one event to the broker; raises what the broker's client raises when it is away.

    The message expires when the row is handed over again: however long workers are away, a row has one message.
    """
    seconds = relay.LEASE.total_seconds()
    deliver.apply_async((outbox_id,), task_id=str(task_id), retry=False, queue=queue, expires=seconds)
