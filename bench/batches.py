"""Readings by the hundred: a queue, a class, an import, against the same set-based statement sent to the database.

    python -m bench.batches [--rounds 3] [--seconds 6] [--write]

The statement inserts rows as the service writes them (learnt from one of its own), adds to the counters of classes and
schools, and commits, as the application's role under row-level security; on as many connections as the service has
requests at once. Each turn begins with the same empty day and meets each child once.
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import psycopg

from app.access.roles import Role
from app.access.service import SYSTEM
from app.checkins import service as checkins
from app.checkins.models import Source
from app.kernel import clock, db, discovery, garbage
from app.kernel.db import Scope
from bench import ground as grounds
from bench import load, pgbench, population, report, tally
from bench.api import Api
from bench.ground import Ground
from bench.pgbench import Deed
from bench.population import Population

SIZE = Population(schools=120, classes=16, children=50)
AT_ONCE = 4
IMPORT = 10_000


@dataclass(frozen=True)
class Kind:
    """How many readings come in one request, of whom (each school's children are cut into so many), and to where."""

    name: str
    readings: int
    path: str

    def account(self, first: int) -> int:
        """The account that sends the readings from this child on."""
        if self.readings == SIZE.children:
            return SIZE.families + SIZE.unit_of(first)
        return SIZE.office_of(SIZE.school_of(first), Role.SCHOOL_DOCTOR)


KINDS = (
    Kind("an offline queue", 200, "/api/v1/checkins/batches"),
    Kind("a class", 50, "/api/v1/units/{unit}/checkins"),
)


@dataclass(frozen=True)
class Pair:
    """Readings a second of the service and of the statement, one after the other."""

    ours: float
    direct: float


class Direct:
    """The same rows and counters by one connection of the application's role."""

    def __init__(self, ground: Ground, deed: Deed) -> None:
        self._url = ground.environment["LIANFANG_APP_DATABASE_URL"]
        ids = {"institution_id": "school", "person_id": "person", "id": "id", "unit_id": "unit"}
        row = deed.row | ids
        day = clock.today()
        self._insert = f"""INSERT INTO checkin ({", ".join(row)}) SELECT {", ".join(row.values())}
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::uuid[]) AS given (school, unit, person, id)
            ON CONFLICT DO NOTHING RETURNING id"""
        self._count = [
            f"""UPDATE {leaf} SET {", ".join(f"{name} = {leaf}.{name} + given.many" for name in deed.counters[leaf])}
            FROM (SELECT school, {unit} AS unit, count(*) AS many
                    FROM unnest(%s::bigint[], %s::bigint[]) AS one (school, unit) GROUP BY 1, 2 ORDER BY 1, 2) AS given
            WHERE {leaf}.institution_id = given.school AND {leaf}.day = '{day}' {also}"""
            for leaf, unit, also in (
                ("unit_day", "unit", "AND unit_day.unit_id = given.unit"),
                ("school_day", "0", ""),
            )
        ]

    def connect(self) -> psycopg.Connection:
        """A connection for `send`."""
        return psycopg.connect(self._url, prepare_threshold=1)

    def send(self, connection: psycopg.Connection, people: Sequence[int]) -> None:
        """One transaction with a reading of each."""
        schools = [SIZE.school_of(person) for person in people]
        units = [SIZE.unit_of(person) for person in people]
        listed = "{" + ",".join(map(str, sorted(set(schools)))) + "}"
        with connection.transaction():
            connection.execute(
                "SELECT set_config('app.institutions', %s, true), set_config('app.lineage', %s, true)", [listed, listed]
            )
            connection.execute(self._insert, [schools, units, list(people), [uuid4() for _ in people]])
            for statement in self._count:
                connection.execute(statement, [schools, units])


def direct_turn(direct: Direct, readings: int, seconds: float) -> float:
    """Readings a second over `AT_ONCE` connections, for that long or until each child has one."""
    waiting = _parcels(readings)
    taken: list[int] = []
    guard = threading.Lock()
    begun = time.perf_counter()

    def work() -> None:
        with direct.connect() as connection:
            while time.perf_counter() < begun + seconds:
                with guard:
                    people = next(waiting, None)
                if people is None:
                    return
                direct.send(connection, people)
                taken.append(len(people))

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken) / (time.perf_counter() - begun)


def api_turn(ground: Ground, api: Api, kind: Kind, seconds: float) -> float:
    """The same through the API. Raises RuntimeError where a request was refused."""
    tokens = population.sign(ground, SIZE)
    part = ground.folder / "batches"
    with part.open("wb") as file:
        for people in _parcels(kind.readings):
            path = kind.path.format(unit=SIZE.unit_of(people[0]))
            body = json.dumps({"items": list(_readings(people))}).encode()
            file.write(population.request(tokens[kind.account(people[0])], path, body) + b"\0")
    seen = load.drive(api.port, [part], connections=AT_ONCE, seconds=seconds)
    rows = population.settled(ground)
    if seen.failed or not seen.answers * kind.readings <= rows <= (seen.answers + AT_ONCE) * kind.readings:
        raise RuntimeError(f"{kind.name}: {seen.failed} refused, {seen.answers} answers and {rows} readings")
    return seen.rate * kind.readings


def _parcels(readings: int) -> Iterator[range]:
    """The children in so many parcels; the parcels of neighbours come far from each other, as in life."""
    starts = range(1, SIZE.persons + 1 - readings + 1, readings)
    step = 7919 % len(starts) or 1
    for number in range(len(starts)):
        first = starts[number * step % len(starts)]
        yield range(first, first + readings)


def _readings(people: Sequence[int]) -> Iterator[dict[str, object]]:
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    for person in people:
        yield {"id": str(uuid4()), "person_id": person, "temperature": 36.6, "taken_at": taken_at}


def import_here(people: Sequence[int]) -> float:
    """Seconds for the service to take a reading of each in one transaction. Inside the program only."""
    discovery.import_features()
    garbage.spare_what_stays()  # as every command of the program does
    schools = frozenset(SIZE.school_of(person) for person in people)
    readings = [checkins.ReadingIn.model_validate(one) for one in _readings(people)]
    begun = time.perf_counter()
    with db.transaction(Scope(institutions=schools)) as session:
        items = checkins.submit(session, SYSTEM, checkins.Door(source=Source.IMPORT), readings)
    seconds = time.perf_counter() - begun
    if any(item.outcome is not checkins.Outcome.ACCEPTED for item in items):
        raise RuntimeError("not all were taken")
    return seconds


def import_pair(ground: Ground, direct: Direct) -> Pair:
    """An import of ten thousand on either way."""
    people = range(1, IMPORT + 1)
    population.empty_day(ground)
    with direct.connect() as connection:
        begun = time.perf_counter()
        direct.send(connection, people)
        straight = time.perf_counter() - begun
    population.empty_day(ground)
    done = ground.run("-m", "bench.batches", "--import")
    if done.returncode != 0:
        raise RuntimeError(f"the import failed: {done.stderr[-2000:]}")
    return Pair(IMPORT / float(done.stdout.splitlines()[-1]), IMPORT / straight)


def measure(rounds: int, seconds: float) -> tuple[dict[str, list[Pair]], int]:
    """Pairs by kind, and how many figures were wrong after a turn."""
    found: dict[str, list[Pair]] = {}
    drift = 0
    with grounds.prepared() as ground:
        population.populate(ground, SIZE)
        api = ground.add_api(processes=2)
        direct = Direct(ground, pgbench.learn_from(ground, SIZE, api))
        for _ in range(rounds):
            for kind in KINDS:
                population.empty_day(ground)
                straight = direct_turn(direct, kind.readings, seconds)
                drift += tally.different(ground)
                population.empty_day(ground)
                ours = api_turn(ground, api, kind, seconds)
                drift += tally.different(ground)
                found.setdefault(f"{kind.name} of {kind.readings}", []).append(Pair(ours, straight))
            found.setdefault(f"an import of {IMPORT:,}", []).append(import_pair(ground, direct))
            drift += ground.run("rollups", "recount", "--days", "2").returncode
    return found, drift


def section(found: dict[str, list[Pair]], drift: int) -> str:
    """What was found, as Markdown."""
    rows = []
    for name, pairs in found.items():
        shares = [pair.ours / pair.direct for pair in pairs]
        rows.append(
            (
                name,
                f"{statistics.median(pair.ours for pair in pairs):,.0f}",
                f"{statistics.median(pair.direct for pair in pairs):,.0f}",
                f"{statistics.median(shares):.1%} ({min(shares):.1%} to {max(shares):.1%})",
            )
        )
    how = (
        f"`python -m bench.batches`: medians of {len(next(iter(found.values())))} interleaved rounds, {AT_ONCE}"
        " requests at once on 2 API processes (the import: one transaction)."
    )
    table = report.table(("", "ours, readings a second", "the statement alone", "S3: share"), rows)
    told = f"- S5: {drift} figures differ from their rows"
    return report.section("Readings by the hundred (S3)", how, table, told)


def main() -> int:
    """Measure and print; fail where a figure differs."""
    parser = report.options(__doc__, rounds=3, seconds=6.0)
    parser.add_argument("--import", dest="importing", action="store_true", help="only take ten thousand, here")
    wanted = parser.parse_args()
    if wanted.importing:
        print(import_here(range(1, IMPORT + 1)))
        return 0
    found, drift = measure(wanted.rounds, wanted.seconds)
    report.publish("batches", section(found, drift), write=wanted.write)
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main())
