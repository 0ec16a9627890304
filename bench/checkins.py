"""A check-in at the morning's peak: the service, an ordinary endpoint and the database alone, turn by turn in one run.

    python -m bench.checkins [--rounds 3] [--seconds 8] [--steady 20] [--profile 1] [--write]

All three do the same durable work: one reading under row-level security, the class's and the school's counters, one
transaction, acknowledged after the commit. Each turn begins with the same empty day and meets each child once; each
family's token serves one reading or two, as in life. After each turn the figures are held against the rows.
wrk makes the load (Debian and Ubuntu: ``apt-get install wrk``); where it is missing, a slower loop in Python does.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import ground as grounds
from bench import load, machine, pgbench, population, profiles, report, tally, wrk
from bench.api import Api
from bench.ground import Ground
from bench.pgbench import Deed
from bench.population import Population, Sender

SCHOOLS = 600  # as in a city: of 120, each flush would meet each school, and two flushes half of their classes
API_PROCESSES = 2
DATABASE_CLIENTS = 16  # more of them make it slower
CONNECTIONS = (16, 64, 256)
MOST = 64  # connections of the turns beside the comparison
STEADY_CONNECTIONS = 256
STEADY_SHARE = 0.8
ORDINARY, OURS = "ordinary", "ours"
_WARM_UP = 3.0


@dataclass(frozen=True)
class Turn:
    """What one turn showed; CPU in microseconds a check-in."""

    rate: float
    failed: int
    p50_ms: float
    p99_ms: float
    api_cpu: float
    database_cpu: float
    generator_cpu: float


@dataclass
class Findings:
    """Turns by (who, connections), the database's rates, the turns apart; ``drift`` counts figures that were wrong."""

    turns: dict[tuple[str, int], list[Turn]] = field(default_factory=dict)
    database: list[float] = field(default_factory=list)
    same_tokens: Turn | None = None
    steady: Turn | None = None
    steady_rate: float = 0.0
    profile: str = ""
    drift: int = 0

    def median(self, who: str, connections: int, name: str = "rate") -> float:
        """The median over the rounds."""
        return float(statistics.median(getattr(turn, name) for turn in self.turns[who, connections]))

    def best(self, who: str) -> int:
        """With how many connections it was fastest."""
        return max(CONNECTIONS, key=lambda connections: self.median(who, connections))

    def ratios(self, to: Sequence[float]) -> list[float]:
        """Ours at its best as a share of something else, round by round."""
        ours = self.turns[OURS, self.best(OURS)]
        return [turn.rate / other for turn, other in zip(ours, to, strict=True)]


@dataclass
class Stage:
    """Where the turns take place."""

    ground: Ground
    size: Population
    apis: dict[str, Api]
    deed: Deed
    found: Findings

    def api_turn(
        self,
        who: str,
        connections: int,
        seconds: float,
        *,
        sender: Sender = Sender.FAMILY,
        rate: float | None = None,
        profile: bool = False,
    ) -> Turn:
        """One turn of an API; with ``rate`` by a timetable, with ``profile`` looked at."""
        parts = population.prepare(self.ground, self.size, self.ground.folder / "requests", sender=sender)
        population.empty_day(self.ground)
        api = self.apis[who]
        before = machine.cpu_seconds(api.pid), machine.cpu_seconds(self.ground.server.pid)
        watch = profiles.Watch(api, self.ground.folder / "profile.txt", seconds=seconds) if profile else None
        if rate is None:
            seen = wrk.drive(api.port, parts, connections=connections, seconds=seconds)
        else:
            seen = load.drive(api.port, parts, connections=connections, seconds=seconds, rate=rate)
        self.found.profile = watch.table() if watch else self.found.profile
        rows = self._check()
        after = machine.cpu_seconds(api.pid), machine.cpu_seconds(self.ground.server.pid)
        # A generator that hangs up leaves a request on each connection, which may land without being told.
        if not seen.answers <= rows <= seen.answers + connections:
            raise RuntimeError(f"{seen.answers} receipts and {rows} readings: no check-ins were measured")
        return Turn(
            rate=seen.rate,
            failed=seen.failed,
            p50_ms=seen.p50_ms,
            p99_ms=seen.p99_ms,
            api_cpu=(after[0] - before[0]) / rows * 1e6,
            database_cpu=(after[1] - before[1]) / rows * 1e6,
            generator_cpu=seen.cpu_seconds / rows * 1e6,
        )

    def database_turn(self, seconds: float) -> float:
        """One turn of the database alone."""
        script = pgbench.write_script(
            self.deed, self.size, self.ground.folder / "pgbench.sql", clients=DATABASE_CLIENTS
        )
        population.empty_day(self.ground)
        rate = pgbench.run(self.ground, script, clients=DATABASE_CLIENTS, seconds=seconds)
        self._check()
        return rate

    def _check(self) -> int:
        rows = population.settled(self.ground)
        self.found.drift += tally.different(self.ground)
        return rows


def measure(rounds: int, seconds: float, steady: float, *, profile: bool) -> Findings:
    """Warm up, take turns, then hold the rate that was found at four fifths."""
    size, found = Population(schools=SCHOOLS), Findings()
    with grounds.prepared() as ground:
        population.populate(ground, size)
        peer = (sys.executable, "-m", "bench.ordinary")
        apis = {
            OURS: ground.add_api(processes=API_PROCESSES),
            ORDINARY: ground.add_api(processes=API_PROCESSES, program=peer),
        }
        stage = Stage(ground, size, apis, pgbench.learn_from(ground, size, apis[OURS]), found)
        for who in apis:
            stage.api_turn(who, MOST, _WARM_UP)
        for _ in range(rounds):
            found.database.append(stage.database_turn(seconds))
            for connections in CONNECTIONS:
                for who in apis:
                    turns = found.turns.setdefault((who, connections), [])
                    turns.append(stage.api_turn(who, connections, seconds))
            found.drift += _recounted(ground)
        found.same_tokens = stage.api_turn(OURS, MOST, seconds, sender=Sender.TEACHER)
        found.steady_rate = STEADY_SHARE * found.median(OURS, found.best(OURS))
        found.steady = stage.api_turn(OURS, STEADY_CONNECTIONS, steady, rate=found.steady_rate)
        if profile:
            stage.api_turn(OURS, MOST, seconds, profile=True)
    return found


def _recounted(ground: Ground) -> int:
    """1 where the service's own recount of all schools finds a difference, else 0."""
    return int(ground.run("rollups", "recount", "--days", "2").returncode != 0)


def section(found: Findings) -> str:
    """What was found, as Markdown."""
    rounds = len(found.database)
    limit = statistics.median(found.database)
    to_limit = found.ratios(found.database)
    to_peer = found.ratios([turn.rate for turn in found.turns[ORDINARY, found.best(ORDINARY)]])
    best = found.best(OURS)
    cpu = found.median(OURS, best, "api_cpu") + found.median(OURS, best, "database_cpu")
    how = (
        f"`python -m bench.checkins`: medians of {rounds} interleaved rounds; {API_PROCESSES} API processes, embedded"
        " PostgreSQL with fsync and synchronous commit; the generator shares the machine."
    )
    figures = report.table(
        ("", "connections", "check-ins a second", "p50 / p99 ms", "CPU µs: API + database", "generator", "failed"),
        [
            ("pgbench, the same transaction", DATABASE_CLIENTS, f"{limit:,.0f}", "", "", "", 0),
            *(_row(found, who, connections) for connections in CONNECTIONS for who in (ORDINARY, OURS)),
        ],
    )
    told = (
        f"- S1: {_spread(to_limit, '.1%')} of the database's own limit, {_spread(to_peer, '.1f')} times the ordinary"
        " endpoint (each at its best number of connections; median, lowest to highest of the rounds).\n"
        f"- S2: {cpu:,.0f} µs of CPU a check-in, API and database together; {_steady(found)}\n"
        f"- {_same_tokens(found)}\n"
        f"- S5: {found.drift} figures differ from their rows, looked at after each turn."
    )
    profile = [f"One API process under this load (py-spy):\n\n{found.profile}"] if found.profile else []
    return report.section("One check-in, durable before it is answered (S1, S2, S5)", how, figures, told, *profile)


def _row(found: Findings, who: str, connections: int) -> tuple[object, ...]:
    def median(name: str) -> str:
        return f"{found.median(who, connections, name):,.0f}"

    return (
        who,
        connections,
        median("rate"),
        f"{median('p50_ms')} / {median('p99_ms')}",
        f"{median('api_cpu')} + {median('database_cpu')}",
        median("generator_cpu"),
        sum(turn.failed for turn in found.turns[who, connections]),
    )


def _steady(found: Findings) -> str:
    if found.steady is None:
        return ""
    return (
        f"at {found.steady_rate:,.0f} a second by a timetable ({STEADY_SHARE:.0%} of the rate found) p50"
        f" {found.steady.p50_ms:,.0f} ms, p99 {found.steady.p99_ms:,.0f} ms from the moment due, {found.steady.failed}"
        f" failed; CPU {found.steady.api_cpu:,.0f} + {found.steady.database_cpu:,.0f} µs, generator"
        f" {found.steady.generator_cpu:,.0f} µs."
    )


def _same_tokens(found: Findings) -> str:
    if found.same_tokens is None:
        return ""
    return (
        f"Tokens that come again (homeroom teachers, one for a whole class): {found.same_tokens.rate:,.0f} a second at"
        f" {MOST} connections, against {found.median(OURS, MOST):,.0f} where they do not."
    )


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def main() -> int:
    """Measure and print; fail where a figure differs from its rows or an answer was no receipt."""
    wanted = report.options(__doc__, rounds=3, seconds=8.0, steady=20.0, profile=0).parse_args()
    found = measure(wanted.rounds, wanted.seconds, wanted.steady, profile=bool(wanted.profile))
    report.publish("checkins", section(found), write=wanted.write)
    ours = [turn for (who, _), turns in found.turns.items() if who == OURS for turn in turns]
    return 1 if found.drift or any(turn.failed for turn in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
