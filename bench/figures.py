"""Asks every roll-up endpoint of a generated province, inside the program: what the database took, and its plans.

    python -m bench.figures --schools 14000 --classes 300000 --persons 12500000 [--plans bench/plans]

Signs in one account for each level, asks each endpoint in turn, and prints as JSON the path, the caller's token and the
milliseconds that statements took: from sending one to having its rows, the transaction's own statements included. On a
busy machine that is mostly waiting, so the CPU of the server's process is told too (parallel workers apart).
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from starlette.testclient import TestClient

from app.access.roles import Role
from app.api.main import create_app
from app.kernel import clock, db
from app.rollups import tasks
from bench import machine
from bench.fullsize import COUNTIES, Size
from tests.factories.tree import Tree

_LEAVES = ("school_day", "school_roll", "unit_day", "unit_roll", "checkin", "standing")
_WARM_UP, _ROUNDS = 3, 15
RECOUNTED = 200  # schools, spread over the province


@dataclass(frozen=True)
class Place:
    """Who asks, and of what."""

    name: str
    role: Role
    institution_id: int
    unit_id: int | None = None


@dataclass
class Asked:
    """One endpoint: milliseconds in the ``database`` and of its ``cpu``, statements, ``bytes`` of the answer."""

    name: str
    path: str
    token: str
    database: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    statements: int = 0
    bytes: int = 0


@dataclass
class Statements:
    """What was sent to the database, how long it took, and for how long a processor was at it, in milliseconds."""

    sent: list[tuple[str, Any]] = field(default_factory=list)
    took: float = 0.0
    cpu: float = 0.0


def questions(size: Size) -> Iterator[tuple[Place, dict[str, str]]]:
    """Each caller with the endpoints that it asks, by what they show."""
    since = clock.today() - timedelta(days=89)
    fortnight = clock.today() - timedelta(days=13)

    def trends(of: int) -> dict[str, str]:
        path = f"/api/v1/institutions/{of}/figures/trend?from="
        return {"trend of 14 days": f"{path}{fortnight}", "trend of 90 days": f"{path}{since}"}

    def figures(of: int, children: str) -> dict[str, str]:
        path = f"/api/v1/institutions/{of}/figures"
        return {"figures": path, children: f"{path}/children", **trends(of)}

    county = size.first_school - COUNTIES
    school, unit = size.first_school, 1
    yield Place("province", Role.PROVINCIAL_ADMIN, 1), figures(1, "its cities")
    yield Place("city", Role.CITY_ADMIN, 2), figures(2, "its counties")
    yield Place("wide city", Role.CITY_ADMIN, size.wide_city), figures(size.wide_city, "its schools")
    yield Place("county", Role.COUNTY_ADMIN, county), figures(county, "its schools")
    base = f"/api/v1/institutions/{school}"
    inside = {
        "figures": f"{base}/figures",
        "its classes": f"{base}/figures/units",
        **trends(school),
        "who is missing, by class": f"{base}/missing",
        "persons behind a figure": f"{base}/figures/fever/persons",
        "persons who are missing": f"{base}/figures/missing/persons",
    }
    yield Place("school", Role.PRINCIPAL, school), inside
    yield Place("class", Role.HOMEROOM_TEACHER, school, unit), {"who is missing": f"/api/v1/units/{unit}/missing"}


def ask(client: TestClient, size: Size, plans: Path | None) -> list[Asked]:
    """Every question, some times over."""
    found = []
    for place, paths in questions(size):
        login = Tree(client).account(place.role, place.institution_id, unit_id=place.unit_id)
        for shown, path in paths.items():
            asked = Asked(f"{place.name}: {shown}", path, login.headers["Authorization"].removeprefix("Bearer "))
            for number in range(_WARM_UP + _ROUNDS):
                with listened() as heard:
                    answer = client.get(path, headers=login.headers)
                if answer.status_code != 200:
                    raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
                if number >= _WARM_UP:
                    asked.database.append(heard.took)
                    asked.cpu.append(heard.cpu)
            asked.statements, asked.bytes = len(heard.sent), len(answer.content)
            if plans is not None:
                (plans / f"{asked.name.translate(_FILE)}.txt").write_text(_plans(heard))
            found.append(asked)
    return found


_FILE = str.maketrans({" ": "-", ":": None, ",": None})


@contextmanager
def listened() -> Iterator[Statements]:
    """What is sent to the database within a block."""
    heard, engine = Statements(), db.engine()

    def before(_connection: Any, cursor: Any, statement: str, values: Any, context: Any, _many: Any) -> None:
        heard.sent.append((statement, values))
        context.begun = time.perf_counter(), machine.cpu_precisely(cursor.connection.info.backend_pid)

    def after(_connection: Any, cursor: Any, _statement: str, _values: Any, context: Any, _many: Any) -> None:
        at, used = context.begun
        heard.took += (time.perf_counter() - at) * 1000
        heard.cpu += (machine.cpu_precisely(cursor.connection.info.backend_pid) - used) * 1000

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _plans(heard: Statements) -> str:
    """How the database went about the statements on leaves and rows, under the same scope."""
    parts = []
    with db.engine().connect() as connection:
        for statement, values in heard.sent:
            if statement.startswith("SET LOCAL"):
                connection.exec_driver_sql(statement)
            elif statement.startswith("SELECT") and any(table in statement for table in _LEAVES):
                parts.append(plan(connection, statement, values))
        connection.rollback()
    return "\n\n".join(parts) + "\n"


def plan(connection: Connection, statement: str, values: Any) -> str:
    """How the database went about a statement."""
    explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", values)
    return "\n".join(str(row[0]) for row in explained)


def drift(size: Size) -> int:
    """How many figures of today differ from their rows, in schools spread over the province."""
    schools = range(size.first_school, size.first_school + size.schools, max(1, size.schools // RECOUNTED))
    return sum(len(tasks.recount_school(school, days=1)) for school in schools)


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in asdict(Size()):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--plans", type=Path)
    wanted = parser.parse_args()
    size = Size(wanted.schools, wanted.classes, wanted.persons)
    with TestClient(create_app()) as client:
        found = ask(client, size, wanted.plans)
        print(json.dumps({"asked": [asdict(one) for one in found], "drift": drift(size)}))


if __name__ == "__main__":
    main()
