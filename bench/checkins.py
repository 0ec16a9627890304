"""The check-in endpoint against what the database alone can do, in one interleaved run.

    python -m bench.checkins [--rounds 3] [--write]

Both do the same durable work: one reading under row-level security, the class's and the school's counters, one
transaction, acknowledged after the commit. The load generator shares the machine, and says what it took.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import ground as grounds
from bench import load, machine, pgbench
from bench.api import Api
from bench.ground import Ground
from bench.province import Province, plant

CLIENTS = 16
API_PROCESSES = 2
API_SECONDS = 8
DATABASE_SECONDS = 5
REPORT = Path(__file__).parents[1] / "docs" / "performance.md"


@dataclass(frozen=True)
class Round:
    """One turn of each; CPU in microseconds a check-in."""

    api_rate: float
    database_rate: float
    p50_ms: float
    p99_ms: float
    failed: int
    api_cpu: float
    database_cpu: float
    generator_cpu: float


def measure(rounds: int) -> list[Round]:
    """Warm up, then take turns."""
    with grounds.prepared() as ground:
        province = plant(ground, schools=40, classes=2, families=800)
        api = ground.add_api(processes=API_PROCESSES)
        load.drive(api.port, province.families, clients=CLIENTS, processes=2, seconds=API_SECONDS / 2)
        scripts = pgbench.write_scripts(province, ground.folder / "pgbench")
        found = [_round(ground, api, province, scripts) for _ in range(rounds)]
        api.end()
    return found


def _round(ground: Ground, api: Api, province: Province, scripts: list[Path]) -> Round:
    before = machine.cpu_seconds(api.pid), machine.cpu_seconds(ground.server.pid)
    seen = load.drive(api.port, province.families, clients=CLIENTS, processes=2, seconds=API_SECONDS)
    after = machine.cpu_seconds(api.pid), machine.cpu_seconds(ground.server.pid)
    made = seen.statuses[201]
    cuts = statistics.quantiles(seen.latencies, n=100)
    return Round(
        api_rate=made / API_SECONDS,
        database_rate=pgbench.run(ground, scripts, clients=CLIENTS, seconds=DATABASE_SECONDS),
        p50_ms=cuts[49] * 1000,
        p99_ms=cuts[98] * 1000,
        failed=seen.statuses.total() - made,
        api_cpu=(after[0] - before[0]) / made * 1e6,
        database_cpu=(after[1] - before[1]) / made * 1e6,
        generator_cpu=seen.cpu_seconds / made * 1e6,
    )


def report(rounds: Sequence[Round]) -> str:
    """The medians as Markdown."""

    def median(name: str) -> float:
        return float(statistics.median(getattr(one, name) for one in rounds))

    ratios = [one.api_rate / one.database_rate for one in rounds]
    rates = ", ".join(f"{one.api_rate:,.0f} / {one.database_rate:,.0f}" for one in rounds)
    lines = [
        "# Performance",
        "",
        "Taken by `python -m bench.checkins --write`; the load generator ran on the same machine.",
        "",
        *(f"- {fact}" for fact in machine.facts()),
        f"- {CLIENTS} clients, {API_PROCESSES} API processes, embedded PostgreSQL with fsync and synchronous commit",
        "",
        f"## One check-in, durable before it is answered (medians of {len(rounds)} interleaved rounds)",
        "",
        "| | |",
        "|---|---|",
        f"| `POST /api/v1/checkins`, a second | {median('api_rate'):,.0f} |",
        f"| pgbench, the same insert and counters, a second | {median('database_rate'):,.0f} |",
        f"| ratio | {statistics.median(ratios):.1%} ({min(ratios):.1%} to {max(ratios):.1%}) |",
        f"| answered within, p50 / p99 | {median('p50_ms'):.0f} / {median('p99_ms'):.0f} ms, all cores busy |",
        f"| CPU a check-in, API + database | {median('api_cpu'):,.0f} + {median('database_cpu'):,.0f} µs |",
        f"| CPU a check-in, load generator | {median('generator_cpu'):,.0f} µs |",
        f"| answers other than 201 | {sum(one.failed for one in rounds)} |",
        "",
        f"Rounds, API / pgbench a second: {rates}.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print; with ``--write`` into docs/performance.md as well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="also write docs/performance.md")
    wanted = parser.parse_args()
    text = report(measure(wanted.rounds))
    print(text)
    if wanted.write:
        REPORT.write_text(text)


if __name__ == "__main__":
    main()
