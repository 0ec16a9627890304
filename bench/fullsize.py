"""The province of DOMAIN at full size, laid by set-based statements into an empty database; nobody in it exists.

    python -m bench.fullsize [--schools 14000] [--classes 300000] [--persons 12500000] [--readings 12000000] [--days 90]

It is kept until the command is ended; the environment that it prints leads to it, for `python -m bench.rollups --laid`
among others.

The statements are the owner's: every key, check and trigger holds, row-level security stands though it does not bind
the owner. Today's figures are summed from the rows just made, so that the program's own recount may confirm them.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from datetime import time as clock_time
from typing import Any

import psycopg
from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    create_engine,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.checkins import forms
from app.checkins.models import CheckIn, HealthStatus, Site, Slot, Source
from app.kernel import clock
from app.people.models import Person
from app.rollups.models import UnitDay
from app.rollups.queries.tables import DAY
from bench import ground as grounds

# As DESIGN would have a database server of this size; the defaults are for a laptop.
SERVER = {"shared_buffers": "2GB", "max_wal_size": "8GB", "effective_cache_size": "6GB"}
OPENED = date(2020, 9, 1)
CITIES = 13
COUNTIES = 95
_SIX = clock_time(6)
_SCATTER, _SCATTER_MORE = 7919, 104_729  # primes: persons in an order that has nothing to do with their classes
_COUGH = forms.mask(["cough"])
_SHOWN = ("LIANFANG_DATABASE_URL", "LIANFANG_APP_DATABASE_URL", "LIANFANG_DATA_FOLDER")


@dataclass(frozen=True)
class Size:
    """``persons`` owe a reading. Ids are dealt in order, from the root on."""

    schools: int = 14_000
    classes: int = 300_000
    persons: int = 12_500_000

    @property
    def wide_city(self) -> int:
        """The last city; its schools answer to it directly, without counties between."""
        return 1 + CITIES

    @property
    def first_school(self) -> int:
        """The schools follow the offices."""
        return 1 + CITIES + COUNTIES + 1

    def facts(self) -> Mapping[str, int | date]:
        """What the statements are written with."""
        return {
            **asdict(self),
            "cities": CITIES,
            "counties": COUNTIES,
            "wide": self.wide_city,
            "first": self.first_school,
            "in_wide": self.schools * 3 // 28,
            "opened": OPENED,
            "today": clock.today(),
        }


# Office by office and then the schools: a lineage is the parent's and the id.
_INSTITUTIONS = """
    INSERT INTO institution (id, parent_id, kind, school_type, code, name, lineage, state, opened_on)
    SELECT one.id, above.id, %(kind)s, %(type)s,
           CASE %(kind)s WHEN 'school' THEN '2132' || lpad(one.id::text, 6, '0') END, %(name)s || one.id,
           coalesce(above.lineage, ARRAY[]::bigint[]) || one.id, 'open', %(opened)s
    FROM (SELECT id, {parent} AS parent_id FROM generate_series({since}, {until}) id) one
    LEFT JOIN institution above ON above.id = one.parent_id
"""
_LEVELS = (
    ("province", "试验省教育厅", "NULL::bigint", "1", "1"),
    ("city", "试验市教育局", "1", "2", "1 + %(cities)s"),
    ("county", "试验县教育局", "2 + id %% (%(cities)s - 1)", "2 + %(cities)s", "%(first)s - 1"),
    (
        "school",
        "试验小学",
        "CASE WHEN id < %(first)s + %(in_wide)s THEN %(wide)s ELSE 2 + %(cities)s + id %% %(counties)s END",
        "%(first)s",
        "%(first)s + %(schools)s - 1",
    ),
)
# Classes are spread over the schools, and persons over the classes, in the order of their ids.
_TREE = (
    (
        "INSERT INTO placement (institution_id, valid_from, parent_id, lineage, applied)"
        " SELECT id, opened_on, parent_id, lineage, true FROM institution"
    ),
    (
        "INSERT INTO unit (institution_id, id, kind, name, grade_level, responsible_account_id)"
        " SELECT %(first)s + (id - 1) * %(schools)s::bigint / %(classes)s, id, 'class', '试验班' || id, 1 + id %% 6,"
        " CASE WHEN id %% 50 > 0 THEN 1 END FROM generate_series(1, %(classes)s) id"
    ),
)
_PERSONS = (
    (
        "INSERT INTO person (institution_id, id, kind, state, name, unit_id, enrolled_on)"
        " SELECT unit.institution_id, one.id, 'student', 'enrolled', '试验学生' || one.id, unit.id, %(opened)s"
        " FROM (SELECT id, 1 + (id - 1) * %(classes)s::bigint / %(persons)s AS unit_id"
        " FROM generate_series(1, %(persons)s) id) one JOIN unit ON unit.id = one.unit_id"
    ),
    (
        "INSERT INTO standing (institution_id, person_id, valid_from, unit_id, due)"
        " SELECT institution_id, id, enrolled_on, unit_id, true FROM person"
    ),
)
_ROLLS = (
    (
        "INSERT INTO unit_roll"
        " (institution_id, unit_id, valid_from, on_roll, due, units, units_uncovered, persons_uncovered)"
        " SELECT unit.institution_id, unit.id, %(opened)s, coalesce(stand.persons, 0), coalesce(stand.persons, 0), 1,"
        " (responsible_account_id IS NULL)::int, 0"
        " FROM unit LEFT JOIN (SELECT unit_id, count(*) AS persons FROM standing GROUP BY unit_id) stand"
        " ON stand.unit_id = unit.id"
    ),
    (
        "INSERT INTO school_roll"
        " (institution_id, valid_from, lineage, on_roll, due, units, units_uncovered, persons_uncovered)"
        " SELECT i.id, %(opened)s, i.lineage, coalesce(sum(on_roll), 0), coalesce(sum(due), 0),"
        " coalesce(sum(units), 0), coalesce(sum(units_uncovered), 0), 0"
        " FROM institution i LEFT JOIN unit_roll r ON r.institution_id = i.id WHERE i.kind = 'school' GROUP BY i.id"
    ),
)
# A day of the past: a few of each class missing, late, worrying or with a fever, by a rule of class and day.
_LAID = {
    "reported": "reported",
    "normal": "reported - attention - fever",
    "attention": "attention",
    "fever": "fever",
    "symptoms": "attention + fever",
    "late": "least(late, reported)",
}
_PAST = """
    INSERT INTO unit_day (institution_id, day, unit_id, {names})
    SELECT institution_id, %(on)s, unit_id, {figures}
    FROM (SELECT institution_id, unit_id, greatest(due - (unit_id * 3 + %(n)s * 5) %% 4, 2) AS reported,
                 ((unit_id * 7 + %(n)s * 13) %% 23 = 0)::int AS attention,
                 ((unit_id * 11 + %(n)s * 17) %% 211 = 0)::int AS fever, (unit_id + %(n)s) %% 6 AS late
          FROM unit_roll WHERE due > 4 OFFSET 0) one
    ORDER BY institution_id, unit_id
"""
_SCHOOL_DAY = """
    INSERT INTO school_day (institution_id, day, lineage, {names})
    SELECT i.id, %(on)s, i.lineage, {sums} FROM unit_day d JOIN institution i ON i.id = d.institution_id
    WHERE d.day = %(on)s GROUP BY i.id ORDER BY md5(i.id::text)
"""


def generate(ground: grounds.Ground, size: Size, *, readings: int, days: int) -> None:
    """Lay a province with so many ``readings`` of today and leaves of the ``days`` before.

    Says on standard error how long each part took.
    """
    facts = size.facts()
    with _owner(ground) as connection:
        for kind, name, parent, since, until in _LEVELS:
            statement = _INSTITUTIONS.format(parent=parent, since=since, until=until)
            of_type = "primary" if kind == "school" else None
            connection.execute(statement, {**facts, "kind": kind, "name": name, "type": of_type})
        for part, statements in (("tree", _TREE), ("persons", _PERSONS), ("rolls", _ROLLS)):
            with _told(part):
                for statement in statements:
                    connection.execute(statement, facts)
        for table in ("institution", "unit", "person"):
            connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
    add_past(ground, days)
    add_readings(ground, size, since=0, until=readings)


def add_past(ground: grounds.Ground, days: int) -> None:
    """Lay leaves of classes and schools for so many days before today."""
    names, sums = ", ".join(DAY), ", ".join(f"sum(d.{name})" for name in DAY)
    figures = ", ".join(_LAID.get(name, "0") for name in DAY)
    with _owner(ground) as connection, _told(f"{days} days"):
        for back in range(days, 0, -1):
            values = {"on": clock.today() - timedelta(days=back), "n": back}
            connection.execute(_PAST.format(names=names, figures=figures), values)
            connection.execute(_SCHOOL_DAY.format(names=names, sums=sums), values)
        connection.execute("VACUUM ANALYZE")


def add_readings(ground: grounds.Ground, size: Size, *, since: int, until: int) -> None:
    """Have more persons check in today, from the ``since``-th to the ``until``-th of them in a scattered order.

    Today's leaves are summed anew from all its readings.
    """
    names, sums = ", ".join(DAY), ", ".join(f"sum(d.{name})" for name in DAY)
    today = {"on": clock.today()}
    engine = create_engine(ground.owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with _told(f"readings up to {until:,}"):
        with engine.begin() as connection:
            connection.execute(insert(CheckIn).from_select(*_readings(size, since, until)))
            connection.execute(delete(UnitDay).where(UnitDay.day == clock.today()))
            connection.execute(insert(UnitDay).from_select(*_leaves()))
        engine.dispose()
        with _owner(ground) as owner:
            owner.execute("DELETE FROM school_day WHERE day = %(on)s", today)
            owner.execute(_SCHOOL_DAY.format(names=names, sums=sums), today)
            owner.execute("VACUUM ANALYZE")


def _readings(size: Size, since: int, until: int) -> tuple[list[str], Select[*tuple[Any, ...]]]:
    """The names of the columns that a reading fills, and the rows."""
    place = Person.id * _SCATTER % size.persons
    worth = Person.id * _SCATTER_MORE % 1000  # per thousand
    fever, cough = worth < 3, worth.between(3, 12)
    received = literal(clock.at(clock.today(), _SIX)) + func.make_interval(0, 0, 0, 0, 0, 0, Person.id % 5400)
    given: dict[InstrumentedAttribute[Any], Any] = {
        CheckIn.institution_id: Person.institution_id,
        CheckIn.day: literal(clock.today()),
        CheckIn.person_id: Person.id,
        CheckIn.id: func.gen_random_uuid(),
        CheckIn.unit_id: Person.unit_id,
        CheckIn.household: false(),
        CheckIn.counted: true(),
        CheckIn.slot: _typed(CheckIn.slot, Slot.MORNING),
        CheckIn.source: _typed(CheckIn.source, Source.GUARDIAN),
        CheckIn.status: case(
            (fever, _typed(CheckIn.status, HealthStatus.FEVER)),
            (cough, _typed(CheckIn.status, HealthStatus.ATTENTION)),
            else_=_typed(CheckIn.status, HealthStatus.NORMAL),
        ),
        CheckIn.temperature: case((fever, 381), else_=361 + Person.id % 8),
        CheckIn.site: _typed(CheckIn.site, Site.FOREHEAD),
        CheckIn.symptoms: case((cough, _typed(CheckIn.symptoms, _COUGH)), else_=_typed(CheckIn.symptoms, 0)),
        CheckIn.form_version: literal(1),
        CheckIn.answers: _typed(CheckIn.answers, {}),
        CheckIn.late: Person.id % 50 == 0,
        CheckIn.skewed: false(),
        CheckIn.implausible: false(),
        CheckIn.taken_at: received,
        CheckIn.received_at: received,
    }
    rows = select(*given.values()).where(place >= since, place < until)
    return [column.key for column in given], rows.order_by(Person.institution_id, Person.id)


def _leaves() -> tuple[list[str], Select[*tuple[Any, ...]]]:
    """The names of the columns of a class's leaf, and today's rows as its readings say."""
    counted = {
        "reported": func.count(),
        **{status.value: func.count().filter(CheckIn.status == status) for status in HealthStatus},
        "symptoms": func.count().filter(CheckIn.symptoms.is_not(None)),
        "not_measured": func.count().filter(CheckIn.temperature.is_(None)),
        "late": func.count().filter(CheckIn.late),
    }
    figures = {name: counted.get(name, literal(0)) for name in DAY}
    keys = (CheckIn.institution_id, CheckIn.day, CheckIn.unit_id)
    rows = select(*keys, *figures.values()).where(CheckIn.day == clock.today()).group_by(*keys)
    return [*(key.key for key in keys), *figures], rows


def _typed(column: InstrumentedAttribute[Any], value: object) -> ColumnElement[Any]:
    return literal(value, column.type)


def _owner(ground: grounds.Ground) -> psycopg.Connection:
    # Bound by the client, so that the statements are planned with their numbers.
    return psycopg.connect(ground.owner_url, autocommit=True, cursor_factory=psycopg.ClientCursor)


@contextmanager
def _told(part: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    """Generate on a ground of its own, and keep that until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {**asdict(Size()), "readings": 12_000_000, "days": 90}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    wanted = parser.parse_args()
    with grounds.prepared(SERVER) as ground:
        size = Size(wanted.schools, wanted.classes, wanted.persons)
        generate(ground, size, readings=wanted.readings, days=wanted.days)
        print("\n".join(f"{name}={ground.environment[name]}" for name in _SHOWN), flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
