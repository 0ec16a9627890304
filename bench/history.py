"""A year behind the morning: what partitions full and empty cost those who write and those who look back.

    python -m bench.history [--schools 120] [--classes 2400] [--persons 100000] [--days 90] [--empty 400]
                            [--seconds 2] [--rounds 15] [--write]

Three provinces alike, each on a server of its own: with a month of days, a reading of everybody on each and the figures
of it, with ``days`` of them, and with ``empty`` more without any. Turn by turn in each: flushes of the ingest a second
(as `bench.cold` sends them). Then the statements of an archive of 30 days, of a fortnight's record and of one reading
looked for in the days for which it may have landed, planned and run as the service runs them.
"""

import contextlib
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import Select, create_engine, select

from app.checkins.models import CheckIn
from app.checkins.queries import lists
from app.checkins.rules import open_days
from app.kernel import clock
from bench import ground as grounds
from bench import report
from bench.cold import Morning
from bench.fullsize import Size

_MONTH = 30  # days; what is looked back on is there from the start
_DIALECT = create_engine("postgresql+psycopg://").dialect
_SERVER = {"shared_buffers": "1GB", "max_wal_size": "8GB"}
_READS = 200  # persons, one after the other


@dataclass(frozen=True)
class State:
    """One province. Readings a second; milliseconds (planned, run) of each statement: medians."""

    title: str
    rate: float
    reads: Mapping[str, tuple[float, float]]


def _statements(size: Size, person: int) -> dict[str, Select[Any]]:
    unit = 1 + (person - 1) * size.classes // size.persons
    school = size.first_school + (unit - 1) * size.schools // size.classes
    today = clock.today()
    mine = (CheckIn.institution_id == school, CheckIn.person_id == person)
    archive = lists.archive(school, person, today - timedelta(days=29), today)
    fortnight = [today - timedelta(days=ago) for ago in range(14)]
    return {
        "archive of 30 days": archive.order_by(CheckIn.day, CheckIn.taken_at, CheckIn.id).limit(50),
        "record of 14 days": select(CheckIn).where(*mine, CheckIn.day.in_(fortnight), CheckIn.replaced_by.is_(None)),
        "one reading by its id": select(CheckIn.day).where(*mine, CheckIn.day.in_(open_days(today, 7))),
    }


def _reads(morning: Morning) -> dict[str, tuple[float, float]]:
    taken: dict[str, list[tuple[float, float]]] = {}
    with psycopg.connect(morning.ground.owner_url, cursor_factory=psycopg.ClientCursor) as connection:
        for one in range(_READS):
            person = 1 + one * 7919 % morning.size.persons
            for name, statement in _statements(morning.size, person).items():
                compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
                explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {compiled}".encode()
                for _ in range(2):  # the second time: what was last in memory is not what is asked here
                    row = connection.execute(explain, compiled.params).fetchone()
                plan = row[0][0] if row else {}
                taken.setdefault(name, []).append((plan["Planning Time"], plan["Execution Time"]))
    return {
        name: (statistics.median(one[0] for one in found), statistics.median(one[1] for one in found))
        for name, found in taken.items()
    }


def measure(size: Size, *, days: int, empty: int, seconds: float, rounds: int) -> list[State]:
    """The three provinces, turn by turn: what else the machine does falls on all of them alike."""
    wanted = {
        f"{_MONTH} days": (_MONTH, 0),
        f"{days} days": (days, 0),
        f"{days} days and {empty} empty ones": (days, empty),
    }
    with contextlib.ExitStack() as stack:
        mornings = {title: Morning(stack.enter_context(grounds.prepared(_SERVER)), size) for title in wanted}
        for title, (filled, bare) in wanted.items():
            mornings[title].fill(size.persons)
            _add(mornings[title], range(1, filled))
            _make(mornings[title], range(filled, filled + bare))
        rates: dict[str, list[float]] = {title: [] for title in wanted}
        for _ in range(rounds):
            for title, morning in mornings.items():
                rates[title].append(morning.rate(seconds)[0])
        return [State(title, statistics.median(rates[title]), _reads(morning)) for title, morning in mornings.items()]


def _make(morning: Morning, days: range) -> None:
    """Make the partitions of so many days ago."""
    with psycopg.connect(morning.ground.owner_url, autocommit=True) as connection:
        for ago in days:
            connection.execute("SELECT make_checkin_partition(%s)", [clock.today() - timedelta(days=ago)])


def _add(morning: Morning, days: range) -> None:
    """The same with a reading of everybody."""
    _make(morning, days)
    for ago in days:
        day = clock.today() - timedelta(days=ago)
        morning.make_leaves(day)
        morning.log(day, morning.size.persons)
    with psycopg.connect(morning.ground.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE checkin, unit_day, school_day")


def section(size: Size, states: Sequence[State]) -> str:
    """Each state beside the first."""
    first = states[0]
    head = ("", *(one.title for one in states))
    rows = [
        ("readings a second", *(f"{one.rate:,.0f} ({one.rate / first.rate:.2f})" for one in states)),
        *(
            (f"{name}: planned + run, ms", *(f"{one.reads[name][0]:.2f} + {one.reads[name][1]:.2f}" for one in states))
            for name in first.reads
        ),
    ]
    return report.section(
        "A year behind the morning",
        f"{size.persons:,} persons, a reading of each on every day. In brackets: as a share of the first.",
        report.table(head, rows),
    )


def main() -> int:
    """Take the figures."""
    parser = report.options(
        __doc__, schools=120, classes=2400, persons=100_000, days=90, empty=400, seconds=2.0, rounds=15
    )
    wanted = parser.parse_args()
    size = Size(wanted.schools, wanted.classes, wanted.persons)
    states = measure(size, days=wanted.days, empty=wanted.empty, seconds=wanted.seconds, rounds=wanted.rounds)
    report.publish("history", section(size, states), write=wanted.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
