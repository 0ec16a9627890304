"""The cold morning: the ingest's statements into a day of millions, after a restart and a checkpoint.

    python -m bench.cold [--schools 14000] [--classes 300000] [--persons 12500000] [--readings 10000000]
                         [--seconds 30] [--only NAME] [--write]

A province is laid and most have reported, in no order, as on a real morning. Then, for each set of settings: the
caches are filled and the warm rate is taken as if every page had been written in full since the last checkpoint
(full_page_writes off, in that turn alone). Then a restart, the data files thrown out of the page cache, a checkpoint,
and the rate of the first seconds. A transaction is what a flush of the ingest does: readings of dozens of schools in
one statement, their counters in the order of their locks. Nothing of the API takes part.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from app.kernel import clock
from app.rollups.queries.tables import DAY
from bench import fullsize, pgbench, report
from bench import ground as grounds
from bench.fullsize import Size
from bench.ground import Ground

FLUSH = 48  # readings in one transaction
CLIENTS = 4
ENOUGH = 0.6
_WARM_UP = 5.0

_COMPRESSED = {"wal_compression": "pglz"}
_SPACED = {"checkpoint_timeout": "30min", "max_wal_size": "16GB"}
_BUFFERS = {"shared_buffers": "2GB"}
_PREWARMED = {"shared_preload_libraries": "pg_prewarm"}
# What is tried, one on top of the other and each alone.
TRIED: Mapping[str, Mapping[str, str]] = {
    "as PostgreSQL comes": {"max_wal_size": "1GB", "checkpoint_timeout": "5min", "wal_compression": "off"},
    "full pages compressed": _COMPRESSED,
    "checkpoints far apart": _SPACED,
    "buffers of 2 GB": _BUFFERS,
    "all three": {**_COMPRESSED, **_SPACED, **_BUFFERS},
    "all three, buffers read back at the start": {**_COMPRESSED, **_SPACED, **_BUFFERS, **_PREWARMED},
}

# Persons as `fullsize` deals them: classes and schools follow from their numbers.
_WHO = """(SELECT {first} + (unit - 1) * {schools}::bigint / {classes} AS school, unit, person FROM (
    SELECT person, 1 + (person - 1) * {classes}::bigint / {persons} AS unit FROM {people}) AS numbered) AS who"""
_SCATTER = "{start} + place * 15485863::bigint"  # a prime: whom the next place names has nothing to do with the last
_PEOPLE = "(SELECT (" + _SCATTER + ") % {persons} + 1 AS person FROM generate_series(0, {last}) AS place) AS few"
_COLUMNS = """institution_id, person_id, unit_id, taken_at, received_at, id, recorded_by, day, temperature,
    form_version, slot, source, status, household, counted, late, skewed, implausible"""
_VALUES = """school, person, unit, now(), now(), gen_random_uuid(), 1, '{day}'::date, 365, 1,
    'M', 'G', 'N', false, true, false, false, false"""
_INSERT = f"INSERT INTO checkin ({_COLUMNS}) SELECT {_VALUES} FROM {{who}}"
_LEAVES = f"""
    INSERT INTO unit_day (institution_id, day, unit_id, {", ".join(DAY)})
    SELECT institution_id, '{{day}}', id, {", ".join("0" for _ in DAY)} FROM unit;
    INSERT INTO school_day (institution_id, day, lineage, {", ".join(DAY)})
    SELECT id, '{{day}}', lineage, {", ".join("0" for _ in DAY)} FROM institution WHERE kind = 'school'
"""
_FLUSH = f"""\\set at random(0, {{persons}} - 1)
BEGIN;
SELECT set_config('app.institutions', schools, true), set_config('app.lineage', schools, true)
  FROM (SELECT array_agg(DISTINCT school)::text AS schools FROM {{who}}) AS scope;
SELECT count(*) FROM (SELECT 1 FROM unit_day JOIN (SELECT DISTINCT school, unit FROM {{who}}) AS counted
    ON institution_id = school AND unit_id = unit WHERE day = '{{day}}' ORDER BY institution_id, unit_id
   FOR UPDATE OF unit_day) AS locked;
SELECT count(*) FROM (SELECT 1 FROM school_day JOIN (SELECT DISTINCT school FROM {{who}}) AS counted
    ON institution_id = school WHERE day = '{{day}}' ORDER BY institution_id FOR UPDATE OF school_day) AS locked;
{_INSERT} ORDER BY school, person;
UPDATE unit_day SET reported = reported + more, normal = normal + more
  FROM (SELECT school, unit, count(*) AS more FROM {{who}} GROUP BY 1, 2) AS counted
 WHERE institution_id = school AND day = '{{day}}' AND unit_id = unit;
UPDATE school_day SET reported = reported + more, normal = normal + more
  FROM (SELECT school, count(*) AS more FROM {{who}} GROUP BY 1) AS counted
 WHERE institution_id = school AND day = '{{day}}';
COMMIT;
"""
_IN_CACHE = ("checkin_{day:%Y%m%d}", "person", "unit_day", "school_day")


@dataclass(frozen=True)
class Turn:
    """Readings a second, warm and in the first seconds after the restart; bytes of log for each of them."""

    name: str
    warm: float
    warm_log: float
    cold: float
    cold_log: float

    @property
    def share(self) -> float:
        """The cold rate as a share of the warm one."""
        return self.cold / self.warm


@dataclass(frozen=True)
class Morning:
    """A province on a ground of its own, and the day into which readings come."""

    ground: Ground
    size: Size

    @property
    def facts(self) -> dict[str, object]:
        """What the statements are written with."""
        size = self.size
        return {
            "first": size.first_school,
            "schools": size.schools,
            "classes": size.classes,
            "persons": size.persons,
            "day": clock.today(),
        }

    def fill(self, readings: int) -> tuple[float, float]:
        """Let so many report in a scattered order; bytes of the row and of the index for each of them."""
        fullsize.generate(self.ground, self.size, readings=0, days=0)
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        self.make_leaves(clock.today())
        self.log(clock.today(), readings)
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            table = f"checkin_{clock.today():%Y%m%d}"
            found = connection.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table]).fetchone()
        heap, index = found or (0, 0)
        return heap / readings, index / readings

    def make_leaves(self, day: date) -> None:
        """The figures of every class and school on a day, all zero."""
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            for leaves in _LEAVES.format(**{**self.facts, "day": day}).split(";"):
                connection.execute(leaves.encode())

    def log(self, day: date, readings: int) -> None:
        """Insert so many readings of a day, in no order."""
        who = self._who(start="0", last=readings - 1)
        statement = _INSERT.format(who=who, **{**self.facts, "day": day}) + " ORDER BY random()"
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            # The keys hold by the way in which the rows are made; looking each up would take an hour.
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode())

    def write_script(self) -> Path:
        """What each client runs again and again."""
        path = self.ground.folder / "flush.sql"
        path.write_text(_FLUSH.format(who=self._who(start=":at", last=FLUSH - 1), **self.facts))
        return path

    def turn(self, name: str, options: Mapping[str, str], seconds: float) -> Turn:
        """Warm, then cold; both with the same settings."""
        self._restart({**options, "full_page_writes": "off"})
        self._warm()
        self.rate(_WARM_UP)
        warm, warm_log = self.rate(seconds)
        self._restart(options)
        self._warm()
        self._restart(options, cold=True)
        cold, cold_log = self.rate(seconds)
        return Turn(name, warm, warm_log, cold, cold_log)

    def _who(self, *, start: str, last: int) -> str:
        people = _PEOPLE.format(start=start, last=last, persons=self.size.persons)
        return _WHO.format(people=people, **self.facts)

    def _restart(self, options: Mapping[str, str], *, cold: bool = False) -> None:
        self.ground.stop_database()
        if cold:
            _evict(grounds.database_folder(self.ground.folder) / "data")
        self.ground.start_database(options)
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def _warm(self) -> None:
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            for table in _IN_CACHE:
                name = table.format(day=clock.today())
                connection.execute("SELECT pg_prewarm(%s::regclass)", [name])
                connection.execute("SELECT pg_prewarm(indexrelid) FROM pg_index WHERE indrelid = %s::regclass", [name])

    def rate(self, seconds: float) -> tuple[float, float]:
        """Readings a second, and bytes of log for each."""
        script = self.write_script()
        before = self._written()
        flushes = pgbench.run(self.ground, script, clients=CLIENTS, seconds=seconds)
        return flushes * FLUSH, (self._written() - before) / (flushes * FLUSH * seconds)

    def _written(self) -> float:
        with psycopg.connect(self.ground.owner_url) as connection:
            found = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        return float(found[0]) if found else 0.0


def _evict(folder: Path) -> None:
    """Throw the files of a stopped server out of the page cache, and nobody else's."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def section(size: Size, *, readings: int, seconds: float, only: str = "") -> str:
    """What was tried, and which of it holds `ENOUGH`."""
    with grounds.prepared({"max_wal_size": "16GB", "checkpoint_timeout": "30min"}) as ground:
        morning = Morning(ground, size)
        heap, index = morning.fill(readings)
        turns = [morning.turn(name, options, seconds) for name, options in TRIED.items() if only in name]
    rows = [
        (
            one.name,
            f"{one.warm:,.0f}",
            f"{one.cold:,.0f}",
            f"{one.share:.2f}",
            f"{one.warm_log:.0f}",
            f"{one.cold_log:.0f}",
        )
        for one in turns
    ]
    head = ("settings", "warm, 1/s", f"first {seconds:.0f} s, 1/s", "share", "log, bytes", "log cold, bytes")
    holding = [one.name for one in turns if one.share >= ENOUGH]
    return report.section(
        "The cold morning",
        f"{size.persons:,} persons in {size.schools:,} schools, {readings:,} readings of the day in a scattered order; "
        f"{CLIENTS} clients, {FLUSH} readings a transaction. A reading takes {heap:.0f} bytes, its index {index:.0f}.",
        report.table(head, rows),
        f"At least {ENOUGH} of the warm rate: {', '.join(holding) or 'none'}.",
    )


def main() -> int:
    """Take the figures."""
    size = Size()
    parser = report.options(
        __doc__, schools=size.schools, classes=size.classes, persons=size.persons, readings=10_000_000, seconds=30.0
    )
    parser.add_argument("--only", default="", help="only settings whose name has this in it")
    wanted = parser.parse_args()
    text = section(
        Size(wanted.schools, wanted.classes, wanted.persons),
        readings=wanted.readings,
        seconds=wanted.seconds,
        only=wanted.only,
    )
    report.publish("cold", text, write=wanted.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
