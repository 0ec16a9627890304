"""Every roll-up endpoint on a province of full size: the database's share, the whole answer, and the plans.

    python -m bench.rollups [--readings 12000000] [--fewer 1000000] [--days 90] [--laid] [--write]

Three states of one province, one after the other: ``fewer`` readings of today and no history, the same with ``days``
before it, and all ``readings``. Answers are taken over HTTP on one connection, one request at a time, warm; of figures
that differ from their rows there must be none. Plans go to bench/plans/. ``--laid``: the last state alone, in a
province that `python -m bench.fullsize` keeps, with its environment.
"""

import http.client
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import fullsize, report
from bench import ground as grounds
from bench.api import Api
from bench.fullsize import Size
from bench.ground import Ground

PLANS = Path(__file__).parent / "plans"
MOST_DATABASE, MOST_ANSWER, MOST_CHANGE = 10.0, 25.0, 1.2
_WARM_UP, _ROUNDS = 3, 30


@dataclass(frozen=True)
class Taken:
    """One endpoint in one state, in milliseconds: medians and the 95th of 100."""

    database: float
    database_cpu: float
    answer: float
    answer_95: float
    statements: int
    kilobytes: float


@dataclass(frozen=True)
class State:
    """All endpoints in one state of the province; ``drift``: how many figures were wrong."""

    title: str
    taken: Mapping[str, Taken]
    drift: int


def measure(size: Size, *, fewer: int, readings: int, days: int) -> list[State]:
    """Grow the province state by state."""
    PLANS.mkdir(exist_ok=True)
    with grounds.prepared(fullsize.SERVER) as ground:
        api = ground.add_api()
        fullsize.generate(ground, size, readings=fewer, days=0)
        states = [_state(ground, api, size, f"{fewer:,} readings, no history")]
        fullsize.add_past(ground, days)
        states.append(_state(ground, api, size, f"{fewer:,} readings, {days} days"))
        fullsize.add_readings(ground, size, since=fewer, until=readings)
        states.append(_state(ground, api, size, f"{readings:,} readings, {days} days", plans=PLANS))
        api.end()
    return states


def measure_laid(size: Size, *, readings: int, days: int) -> list[State]:
    """The one state of a province that stands already."""
    with grounds.visited() as ground:
        api = ground.add_api()
        found = _state(ground, api, size, f"{readings:,} readings, {days} days", plans=PLANS)
        api.end()
    return [found]


def _state(ground: Ground, api: Api, size: Size, title: str, plans: Path | None = None) -> State:
    sizes = [word for name, value in asdict(size).items() for word in (f"--{name}", str(value))]
    keep = ["--plans", str(plans)] if plans else []
    done = ground.run("-m", "bench.figures", *sizes, *keep)
    if done.returncode != 0:
        raise RuntimeError(f"the endpoints cannot be asked: {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return State(title, {one["name"]: _taken(api, one) for one in found["asked"]}, found["drift"])


def _taken(api: Api, asked: Mapping[str, Any]) -> Taken:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    answers = []
    for _ in range(_WARM_UP + _ROUNDS):
        begun = time.perf_counter()
        connection.request("GET", asked["path"], headers={"Authorization": f"Bearer {asked['token']}"})
        answer = connection.getresponse()
        answer.read()
        answers.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{asked['path']}: {answer.status}")
    connection.close()
    answers = answers[_WARM_UP:]
    return Taken(
        database=statistics.median(asked["database"]),
        database_cpu=statistics.median(asked["cpu"]),
        answer=statistics.median(answers),
        answer_95=statistics.quantiles(answers, n=20)[-1],
        statements=asked["statements"],
        kilobytes=asked["bytes"] / 1000,
    )


def section(size: Size, states: Sequence[State]) -> str:
    """The tables in Markdown."""
    full = states[-1]
    rows = [
        (
            name,
            *(f"{one:.1f}" for one in (taken.database, taken.database_cpu, taken.answer, taken.answer_95)),
            taken.statements,
            f"{taken.kilobytes:,.1f}",
        )
        for name, taken in full.taken.items()
    ]
    beside = [(name, *(f"{state.taken[name].database_cpu:.1f}" for state in states)) for name in full.taken]
    slow = [name for name, one in full.taken.items() if one.database > MOST_DATABASE or one.answer > MOST_ANSWER]
    changed = [
        name
        for name in full.taken
        if "trend" not in name and full.taken[name].database_cpu > MOST_CHANGE * states[0].taken[name].database_cpu
    ]
    grown = (
        "The CPU of the database in each state of the province:",
        report.table(("", *(state.title for state in states)), beside),
        f"Grown by more than a fifth, trends apart: {', '.join(changed) or 'none'}.",
    )
    return report.section(
        "Roll-ups at full size (S4, S5, S6)",
        f"{size.schools:,} schools, {size.classes:,} classes, {size.persons:,} persons; {full.title}. Milliseconds, "
        "one request at a time, warm: medians, and the 95th of 100.",
        report.table(("", "database", "its CPU", "answer", "answer, 95 %", "statements", "kB"), rows),
        *(grown if len(states) > 1 else ()),
        f"Above {MOST_DATABASE:.0f} ms in the database or {MOST_ANSWER:.0f} ms in all: {', '.join(slow) or 'none'}. "
        f"Figures that differ from their rows: {sum(state.drift for state in states)}.",
    )


def main() -> int:
    """Measure and print; the exit code says whether a figure differed from its rows."""
    sizes = {**asdict(Size()), "readings": 12_000_000, "fewer": 1_000_000, "days": 90}
    options = report.options(__doc__, **sizes)
    options.add_argument("--laid", action="store_true", help="measure the province of LIANFANG_DATABASE_URL")
    wanted = options.parse_args()
    size, whole = (
        Size(wanted.schools, wanted.classes, wanted.persons),
        {"readings": wanted.readings, "days": wanted.days},
    )
    states = measure_laid(size, **whole) if wanted.laid else measure(size, fewer=wanted.fewer, **whole)
    report.publish("rollups", section(size, states), write=wanted.write)
    return 1 if any(state.drift for state in states) else 0


if __name__ == "__main__":
    sys.exit(main())
