"""What the database alone can do: the same durable insert and counters in one transaction, by pgbench.

What it writes is learnt from a reading that the service has just written: the same row to the column, with other ids,
and the same counters. So the two do not part when the tables change.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from app.kernel import clock, postgres
from bench import load, population
from bench.api import Api
from bench.ground import Ground
from bench.population import FIRST_SCHOOL, Population

# Each client takes every so-manieth child, so that none is taken twice; the factor is a prime, which scatters
# neighbours over schools and classes and still meets each child once. The scope is set in one statement.
_SCRIPT = """\\set at (:client_id + :taken * {clients}) * 15485863 % {persons}
\\set taken :taken + 1
\\set person :at + 1
\\set unit :at / {children} + 1
\\set school {first} + :at / {roster}
BEGIN;
SELECT set_config('app.institutions', '{{' || :school || '}}', true),
       set_config('app.lineage', '{{' || :school || '}}', true);
INSERT INTO checkin ({columns}) VALUES ({values});
UPDATE unit_day SET {unit_day} WHERE institution_id = :school AND day = '{day}' AND unit_id = :unit;
UPDATE school_day SET {school_day} WHERE institution_id = :school AND day = '{day}';
COMMIT;
"""


@dataclass(frozen=True)
class Deed:
    """What one reading does: its row as literals by column, and the counters that go up, by leaf."""

    row: dict[str, str]
    counters: dict[str, list[str]]


def learn_from(ground: Ground, size: Population, api: Api) -> Deed:
    """Send one reading, as a family does, and see what it wrote. Raises RuntimeError."""
    part = population.prepare(ground, size, ground.folder / "requests")[0]
    head, _, body = load.read(part)[0].partition(b"\r\n\r\n")
    token = head.decode().split("Bearer ")[1].split("\r\n")[0]
    population.empty_day(ground)
    answer = api.ask("POST", "/api/v1/checkins", body, token)
    if answer.status != 201:
        raise RuntimeError(f"a family's reading was not taken: {answer}")
    return learn(ground)


def learn(ground: Ground) -> Deed:
    """From the one reading that stands in the database. Raises RuntimeError where there is none, or another."""
    with psycopg.connect(ground.owner_url) as connection:
        rows = connection.execute("SELECT * FROM checkin").fetchall()
        if len(rows) != 1:
            raise RuntimeError(f"{len(rows)} readings to learn from instead of one")
        return Deed(
            _literals(connection, "checkin"),
            {leaf: _counted(connection, leaf) for leaf in ("unit_day", "school_day")},
        )


def _literals(connection: psycopg.Connection, table: str) -> dict[str, str]:
    names = columns(connection, table)
    quoted = sql.SQL(", ").join(sql.SQL("quote_nullable({}::text)").format(sql.Identifier(name)) for name in names)
    found = connection.execute(sql.SQL("SELECT {} FROM {}").format(quoted, sql.Identifier(table))).fetchone()
    return dict(zip(names, found or (), strict=True))


def columns(connection: psycopg.Connection, table: str) -> list[str]:
    """The columns of a table that are written."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
        " ORDER BY ordinal_position",
        [table],
    )
    return [row[0] for row in found]


def _counted(connection: psycopg.Connection, leaf: str) -> list[str]:
    counts = connection.execute(
        sql.SQL(
            "SELECT key FROM {} AS leaf, jsonb_each(to_jsonb(leaf)) WHERE reported = 1 AND value = '1'"
            " AND key NOT IN ('institution_id', 'unit_id')"
        ).format(sql.Identifier(leaf))
    )
    return [row[0] for row in counts]


def write_script(deed: Deed, size: Population, path: Path, *, clients: int) -> Path:
    """What each of so many clients runs again and again. The day's leaves must be there already."""
    ids = {"institution_id": ":school", "person_id": ":person", "id": "gen_random_uuid()", "unit_id": ":unit"}
    row = deed.row | ids
    text = _SCRIPT.format(
        clients=clients,
        persons=size.persons,
        children=size.children,
        roster=size.roster,
        first=FIRST_SCHOOL,
        columns=", ".join(row),
        values=", ".join(row.values()),
        day=clock.today(),
        **{leaf: _up(names) for leaf, names in deed.counters.items()},
    )
    path.write_text(text)
    return path


def _up(names: Sequence[str]) -> str:
    return ", ".join(f"{name} = {name} + 1" for name in names)


def run(
    ground: Ground,
    script: Path,
    *,
    clients: int,
    seconds: float,
    protocol: str = "prepared",
    variables: Mapping[str, int] = MappingProxyType({"taken": 0}),
) -> float:
    """Transactions a second as the application's role. Raises RuntimeError where any of them failed."""
    url = urlsplit(ground.environment["LIANFANG_APP_DATABASE_URL"])
    place = ["--host", "127.0.0.1", "--port", str(url.port), "--username", str(url.username)]
    size = ["--client", str(clients), "--jobs", "2", "--time", str(round(seconds)), "--no-vacuum"]
    defined = [word for name, value in variables.items() for word in ("--define", f"{name}={value}")]
    way = ["--protocol", protocol, *defined, "--file", str(script), url.path.removeprefix("/")]
    done = subprocess.run(  # noqa: S603 - the program that comes with the server
        [postgres.find_binaries() / "pgbench", *place, *size, *way],
        env={"PATH": os.defpath, "PGPASSWORD": unquote(url.password or "")},
        capture_output=True,
        text=True,
        check=False,
    )
    speed = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or speed is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(speed[1])
