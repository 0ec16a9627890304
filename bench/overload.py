"""More check-ins than can be taken: what is still taken, how the rest is refused, and what it costs in memory.

    python -m bench.overload [--seconds 10] [--write]

First the capacity: as many as the answers let through. Then twice, five and ten times as many, by a timetable that does
not wait for answers, on ever more connections. Whoever is refused for a while comes again. The load generator shares
the machine: what it takes is missing to the service, the more the higher the load.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import ground as grounds
from bench import load, machine, population, report, tally
from bench.api import Api
from bench.ground import Ground
from bench.population import Population

API_PROCESSES = 2
CONNECTIONS = 256  # for the capacity
CROWD = 600  # for each multiple: ten of them are more than the processes together let wait
FACTORS = (2, 5, 10)
GOODPUT = 0.8
# A process that keeps what it cannot do grows by each of some ten thousand requests; caches fill up once.
_GROWTH_MIB = 50
_PREPARED = 0.9 * population.MOST_MET  # requests of one turn


@dataclass(frozen=True)
class Turn:
    """One load: a second offered, taken and refused; ``memory`` is of all API processes, in MiB, afterwards."""

    factor: int
    offered: float
    taken: float
    refused: float
    blunt: int
    other: int
    unanswered: int
    unsent: int
    p50_ms: float
    p99_ms: float
    generator: float
    memory: float
    different: int


@dataclass(frozen=True)
class Findings:
    """All turns, the capacity first."""

    turns: Sequence[Turn]

    @property
    def capacity(self) -> float:
        """Check-ins a second when nobody is refused."""
        return self.turns[0].taken

    def complaints(self) -> list[str]:
        """Where the promise is not kept."""
        first, *loads = self.turns
        found = [f"capacity: {first.other} failed"] if first.other else []
        for turn in loads:
            if turn.taken < GOODPUT * self.capacity:
                found.append(f"{turn.factor}×: only {turn.taken / self.capacity:.0%} of the capacity")
            if turn.blunt or turn.other or turn.unanswered:
                found.append(
                    f"{turn.factor}×: {turn.blunt} refused without Retry-After, {turn.other} failed otherwise, "
                    f"{turn.unanswered} unanswered"
                )
            if turn.memory - first.memory > _GROWTH_MIB:
                found.append(f"{turn.factor}×: memory grew by {turn.memory - first.memory:.0f} MiB")
        return found + [f"{turn.factor}×: figures differ from their rows" for turn in self.turns if turn.different]


def measure(seconds: float) -> Findings:
    """The capacity, then more."""
    size = Population()
    with grounds.prepared() as ground:
        population.populate(ground, size)
        api = ground.add_api(processes=API_PROCESSES)
        _turn(ground, size, api, seconds / 2)  # warms up
        turns = [_turn(ground, size, api, seconds)]
        turns += [_turn(ground, size, api, seconds, factor=factor, rate=factor * turns[0].taken) for factor in FACTORS]
    return Findings(turns)


def _turn(
    ground: Ground, size: Population, api: Api, seconds: float, *, factor: int = 1, rate: float | None = None
) -> Turn:
    parts: list[Path] = population.prepare(ground, size, ground.folder / "requests")
    population.empty_day(ground)
    if rate is not None:
        seconds = min(seconds, _PREPARED / rate)  # ten times what is taken has soon asked for everybody
    seen = load.drive(
        api.port, parts, connections=CONNECTIONS if rate is None else CROWD * factor, seconds=seconds, rate=rate
    )
    population.settled(ground)
    refused = sum(seen.statuses[status] for status in load.FOR_A_WHILE)
    unanswered, unsent = seen.statuses[load.HUNG_UP], seen.statuses[load.NEVER_SENT]
    return Turn(
        factor=factor,
        offered=rate or seen.rate,
        taken=seen.answers / seen.lasted,
        refused=refused / seen.lasted,
        blunt=seen.blunt,
        other=seen.failed - refused - unanswered - unsent,
        unanswered=unanswered,
        unsent=unsent,
        p50_ms=seen.p50_ms,
        p99_ms=seen.p99_ms,
        generator=seen.cpu_seconds / seen.lasted,
        memory=sum(map(machine.resident_mib, (api.pid, *machine.children(api.pid)))),
        different=tally.different(ground),
    )


def section(found: Findings) -> str:
    """What was found, as Markdown."""
    how = (
        f"`python -m bench.overload`: {API_PROCESSES} API processes; {CONNECTIONS} connections for the capacity,"
        f" {CROWD} for each multiple. The rates are those up to the last answer."
    )
    rows = [
        (
            "capacity" if turn.factor == 1 else f"{turn.factor}×",
            f"{turn.offered:,.0f}",
            f"{turn.taken:,.0f} ({turn.taken / found.capacity:.0%})",
            f"{turn.refused:,.0f}",
            turn.blunt,
            f"{turn.other} / {turn.unanswered} / {turn.unsent}",
            f"{turn.p50_ms:.0f} / {turn.p99_ms:.0f}",
            f"{turn.generator:.1f}",
            f"{turn.memory:.0f}",
        )
        for turn in found.turns
    ]
    head = (
        "load",
        "offered a second",
        "taken a second",
        "refused a second",
        "without Retry-After",
        "failed / unanswered / never sent",
        "p50 / p99 ms, from due",
        "generator, cores",
        "memory MiB",
    )
    verdict = "; ".join(found.complaints()) or "Kept: goodput, refusals, memory and figures."
    return report.section("Overload (F6)", how, report.table(head, rows), verdict)


def main() -> int:
    """Measure and print; the exit code says whether the promise was kept."""
    wanted = report.options(__doc__, seconds=10.0).parse_args()
    found = measure(wanted.seconds)
    report.publish("overload", section(found), write=wanted.write)
    return 1 if found.complaints() else 0


if __name__ == "__main__":
    sys.exit(main())
