"""What is closed in a province of 14,000 schools: a page of them, the sums of each level, one school.

    python -m bench.closures [--schools 14000] [--times 30]

The city, a third of the counties and one school in twenty have an order of their own; each school has seven venues.
Prints the
median of the endpoint, over HTTP on one connection after another, and the bytes of the answer; then, within the
program, the processor time of the database and of the program with its caller. Plans go to bench/plans/.
"""

import argparse
import json
import statistics
import time
from typing import Any

import psycopg
from starlette.testclient import TestClient

from app.access.roles import Role
from app.api.main import create_app
from app.kernel import db
from bench import figures, machine
from bench import ground as grounds
from bench.api import Api
from bench.ground import Ground
from bench.rollups import PLANS
from tests.factories.tree import Tree

COUNTIES = 95

_SCHOOLS = """
    WITH made AS (
        SELECT nextval('institution_id_seq') AS id, c.id AS parent_id, c.lineage, number
        FROM generate_series(1, %(schools)s) number
        JOIN (SELECT id, lineage, row_number() OVER (ORDER BY id) AS place FROM institution
              WHERE kind = 'county') c
          ON c.place = number %% %(counties)s + 1)
    INSERT INTO institution (id, parent_id, kind, school_type, code, name, lineage, state, opened_on)
    SELECT id, parent_id, 'school', 'primary', 'B' || id, '第' || number || '小学', lineage || id, 'open', '2020-09-01'
    FROM made
"""
_COUNTIES = """
    WITH made AS (SELECT nextval('institution_id_seq') AS id, c.id AS parent_id, c.lineage, number
        FROM generate_series(1, %(counties)s) number CROSS JOIN (SELECT * FROM institution WHERE kind = 'city') c)
    INSERT INTO institution (id, parent_id, kind, name, lineage, state, opened_on)
    SELECT id, parent_id, 'county', '第' || number || '区', lineage || id, 'open', '2020-09-01' FROM made
"""
_LEAVES = """
    INSERT INTO school_venues SELECT id, lineage, 1, 2, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0 FROM institution
    WHERE kind = 'school' ON CONFLICT DO NOTHING
"""
_ORDERS = """
    WITH made AS (
        INSERT INTO closure_order (institution_id, issuer_id, number, lineage)
        SELECT id, id, '令', lineage FROM institution
        WHERE (kind = 'school' AND id %% 20 = 0) OR (kind = 'county' AND id %% 3 = 0) OR kind = 'city'
        RETURNING institution_id, id, lineage)
    INSERT INTO closure_term
        (institution_id, order_id, degree, exceptions, venue_kinds, text, valid_from, known_from, lineage)
    SELECT institution_id, id,
        CASE id %% 3 WHEN 0 THEN 'closed' WHEN 1 THEN 'closed_to_society' ELSE 'no_gathering' END, true,
        CASE WHEN id %% 4 = 0 THEN ARRAY['library', 'gymnasium'] END, '封闭管理',
        now() - interval '1 day', now() - interval '1 day', lineage
    FROM made
"""


def plant() -> dict[str, Any]:
    """A province and its administrator; inside the program."""
    tree = Tree.grow(TestClient(create_app()))
    admin = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    return {"province": tree.province, "city": tree.city, "county": tree.county, "school": tree.school, "token": token}


def fill(ground: Ground, schools: int) -> int:
    """Schools, venues and orders by the owner; how many orders there are."""
    values = {"schools": schools, "counties": COUNTIES}
    with psycopg.connect(ground.owner_url) as connection:
        for statement in (_COUNTIES, _SCHOOLS, _LEAVES, _ORDERS):
            connection.execute(statement, values)
        row = connection.execute("SELECT count(*) FROM closure_order").fetchone()
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return int(row[0]) if row else 0


_LOOKS = (
    ("200 schools of the province's list", "province", "closures/schools?limit=200"),
    ("all schools of the province", "province", "closures/deciding-orders"),
    ("sums of the province", "province", "closures/children"),
    ("sums of a city", "city", "closures/children"),
    ("sums of a county", "county", "closures/children"),
    ("one school", "school", "closures"),
)


def measure(api: Api, found: dict[str, Any], times: int) -> None:
    """Print the median of each look."""
    for told, place, what in _LOOKS:
        path = f"/api/v1/institutions/{found[place]}/{what}"
        answers = [api.ask("GET", path, token=found["token"]) for _ in range(times)]
        wrong = [answer.status for answer in answers if answer.status != 200]
        middle = statistics.median(answer.seconds for answer in answers) * 1000
        size = int(answers[0].headers.get("content-length", 0))
        print(f"{told:32} {middle:8.1f} ms  {size:9,} bytes" + (f"  {len(wrong)} failed" if wrong else ""))


def weigh(found: dict[str, Any], times: int) -> None:
    """Print the processor time of each look, in milliseconds, and keep the plans; inside the program."""
    with TestClient(create_app()) as client:
        for told, place, what in _LOOKS:
            path, headers = f"/api/v1/institutions/{found[place]}/{what}", {"Authorization": f"Bearer {found['token']}"}
            client.get(path, headers=headers)
            begun = time.process_time()
            for _ in range(times):
                client.get(path, headers=headers)
            program = (time.process_time() - begun) / times * 1000
            taken = []
            for _ in range(times):
                with figures.listened() as heard:
                    client.get(path, headers=headers)
                taken.append(heard.cpu)
            print(f"{told:34} database {statistics.median(taken):6.1f} ms  program {program:6.1f} ms")
            name = told.replace("'", "").replace(" ", "-")
            (PLANS / f"closures-{name}.txt").write_text(_plans(heard))


def _plans(heard: figures.Statements) -> str:
    with db.engine().connect() as connection:
        parts = []
        for statement, values in heard.sent:
            if statement.startswith("SET LOCAL"):
                connection.exec_driver_sql(statement)
            elif "closure_term" in statement or "school_venues" in statement or "array_agg" in statement:
                parts.append(figures.plan(connection, statement, values))
        connection.rollback()
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Plant, fill, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, default=14_000)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--weigh", type=json.loads, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.weigh:
        weigh(wanted.weigh, wanted.times)
        return
    if wanted.plant:
        print(json.dumps(plant()))
        return
    with grounds.prepared() as ground:
        planted = ground.run("-m", "bench.closures", "--plant")
        if planted.returncode != 0:
            raise RuntimeError(planted.stderr[-2000:])
        found = json.loads(planted.stdout.splitlines()[-1])
        orders = fill(ground, wanted.schools)
        print("\n".join(machine.facts()))
        print(f"{wanted.schools:,} schools, {orders:,} orders")
        measure(ground.add_api(), found, wanted.times)
        weighed = ground.run("-m", "bench.closures", "--weigh", json.dumps(found), "--times", str(wanted.times))
        if weighed.returncode != 0:
            raise RuntimeError(weighed.stderr[-2000:])
        print(weighed.stdout, end="")


if __name__ == "__main__":
    main()
