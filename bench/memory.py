"""Memory of the API's processes under load.

    python -m bench.memory [--minutes 3] [--write]

The load comes in stretches of seconds, each on an empty day with new tokens; ``--minutes 60`` is what the promise
speaks of. The slope is that of a straight line through the second half.
"""

import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import ground as grounds
from bench import machine, population, report, tally, wrk
from bench.api import Api
from bench.population import Population

LIMIT_MIB = 300
API_PROCESSES = 2
CONNECTIONS = 64
_STRETCH = 20.0
_EVERY = 5.0
_LONG_ENOUGH = 600.0


@dataclass
class Findings:
    """(seconds, MiB of the largest process, MiB of all) over time; what was answered; figures that were wrong."""

    samples: list[tuple[float, float, float]] = field(default_factory=list)
    answers: int = 0
    failed: int = 0
    drift: int = 0

    @property
    def most(self) -> float:
        """MiB of a process at its largest."""
        return max(largest for _, largest, _ in self.samples)

    @property
    def slope(self) -> str:
        """By how much an hour the largest process grew in the second half."""
        half = self.samples[len(self.samples) // 2 :]
        if half[-1][0] < _LONG_ENOUGH:
            return "too short a run to tell growth from starting"
        times, sizes = [one[0] / 3600 for one in half], [one[1] for one in half]
        return f"{statistics.linear_regression(times, sizes).slope:+.1f} MiB an hour in the second half"


def measure(minutes: float) -> Findings:
    """Load and look."""
    size, found = Population(), Findings()
    with grounds.prepared() as ground:
        population.populate(ground, size)
        api = ground.add_api(processes=API_PROCESSES)
        until = time.monotonic() + minutes * 60
        with _watched(api, found):
            while time.monotonic() < until:
                parts = population.prepare(ground, size, ground.folder / "requests")
                population.empty_day(ground)
                seen = wrk.drive(api.port, parts, connections=CONNECTIONS, seconds=_STRETCH)
                found.answers += seen.answers
                found.failed += seen.failed
                population.settled(ground)
                found.drift += tally.different(ground)
    return found


@contextmanager
def _watched(api: Api, found: Findings) -> Iterator[None]:
    over = threading.Event()
    begun = time.monotonic()

    def look() -> None:
        while not over.wait(_EVERY):
            sizes = [machine.resident_mib(one) for one in (api.pid, *machine.children(api.pid))]
            found.samples.append((time.monotonic() - begun, max(sizes), sum(sizes)))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def section(found: Findings) -> str:
    """What was found, as Markdown."""
    step = max(len(found.samples) // 12, 1)
    rows = [
        (f"{seconds / 60:.1f}", f"{largest:.0f}", f"{whole:.0f}") for seconds, largest, whole in found.samples[::step]
    ]
    minutes = found.samples[-1][0] / 60
    told = (
        f"- S8: {found.most:.0f} MiB at the most in one process; {found.slope};"
        f" {found.answers:,} check-ins taken, {found.failed} not\n"
        f"- S5: {found.drift} figures differ from their rows, looked at after each stretch"
    )
    how = f"`python -m bench.memory`: {API_PROCESSES} processes, {CONNECTIONS} connections, {minutes:.0f} minutes."
    table = report.table(("minute", "largest process, MiB", "all with the watching one, MiB"), rows)
    return report.section("Memory under load (S8)", how, table, told)


def main() -> int:
    """Measure and print; fail above the limit or where a figure differs."""
    wanted = report.options(__doc__, minutes=3.0).parse_args()
    found = measure(wanted.minutes)
    report.publish("memory", section(found), write=wanted.write)
    return 1 if found.most > LIMIT_MIB or found.drift else 0


if __name__ == "__main__":
    sys.exit(main())
