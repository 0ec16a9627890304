"""The reminder run of a morning in a province: who owes, then teachers, heads and offices, written into their inboxes.

    python -m bench.reminders [--schools 14000] [--classes 300000] [--persons 12500000] [--readings 11900000]

A parent for each child, a teacher for each class, a head for each school, an administrator for each office. Every event
of the morning is handled in this process, one after the other, each in a transaction of its own, as a worker would.
Prints for each stage how many events and messages there were, seconds, and the most memory that the process has had
so far.
Nothing leaves the service here: what is planned for the channels stays in the outbox.
"""

import argparse
import resource
import time
from dataclasses import asdict
from datetime import datetime

import psycopg

from app.access.roles import Role
from app.alerts import service
from app.alerts.events import RemindersDue, Stage
from app.kernel import clock, db, discovery
from bench import ground as grounds
from bench import machine
from bench.fullsize import Size, generate

_STAFF_FROM = 1_000_000_000  # accounts of parents have the numbers of their children
_MEMBERSHIPS = """
    INSERT INTO membership (account_id, institution_id, unit_id, person_id, role, since)
    SELECT id, institution_id, NULL::bigint, id, %(guardian)s, now() FROM person
    UNION ALL
    SELECT %(staff)s + id, institution_id, id, NULL, %(teacher)s, now() FROM unit
    UNION ALL
    SELECT %(staff)s * 2 + id, id, NULL, NULL, CASE kind WHEN 'school' THEN %(head)s ELSE %(office)s END, now()
    FROM institution
"""
_WEIGHTS = """
    SELECT relname, n_live_tup, pg_total_relation_size(relid) / 1e6 FROM pg_stat_user_tables
    WHERE relname IN ('message', 'outbox') ORDER BY relname
"""


def _appoint(ground: grounds.Ground) -> None:
    roles = {"guardian": Role.GUARDIAN, "teacher": Role.HOMEROOM_TEACHER}
    roles |= {"head": Role.PRINCIPAL, "office": Role.COUNTY_ADMIN}
    with psycopg.connect(ground.owner_url, autocommit=True, cursor_factory=psycopg.ClientCursor) as owner:
        owner.execute(_MEMBERSHIPS, {name: role.value for name, role in roles.items()} | {"staff": _STAFF_FROM})
        owner.execute("VACUUM ANALYZE")


def _planned() -> list[RemindersDue]:
    began = time.monotonic()
    with db.transaction() as session:
        due = service.planned_of_all(session, clock.today())
    print(f"planned: {len(due)} events of the day, {time.monotonic() - began:.1f} s")
    return due


def _run(stage: Stage, due: list[RemindersDue]) -> None:
    began, messages, slowest = time.monotonic(), 0, 0.0
    for one in due:
        start = time.monotonic()
        with db.transaction() as session:
            messages += service.remind(session, one)
        slowest = max(slowest, time.monotonic() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    moment = datetime.fromisoformat(due[0].at).astimezone(clock.SHANGHAI)
    print(
        f"{moment:%H:%M} {stage.value:<10} {len(due):>6} events {messages:>9} messages "
        f"{time.monotonic() - began:>7.1f} s, the slowest {slowest:.2f} s, at most {peak:.0f} MB",
        flush=True,
    )


def _work() -> None:
    discovery.import_features()
    due = [one for one in _planned() if one.slot == "morning"]
    if not due:
        raise SystemExit("no reminders today: it is a day without school")
    for stage in Stage:
        _run(stage, [one for one in due if one.stage == stage])


def main() -> None:
    """Generate, have a process of its own do the work, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {**asdict(Size()), "readings": 11_900_000}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.work:
        _work()
        return
    with grounds.prepared() as ground:
        size = Size(wanted.schools, wanted.classes, wanted.persons)
        generate(ground, size, readings=wanted.readings, days=0)
        _appoint(ground)
        print("\n".join([*machine.facts(), machine.load()]), flush=True)
        worked = ground.run("-m", "bench.reminders", "--work")
        if worked.returncode != 0:
            raise RuntimeError(worked.stderr[-2000:])
        print(worked.stdout)
        with psycopg.connect(ground.owner_url) as owner:
            for name, rows, megabytes in owner.execute(_WEIGHTS):
                print(f"{name}: {rows} rows, {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
