"""`lianfang doctor`: what an operator should mend before it hurts."""

import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import typer
from rich.console import Console

from app.cli import database
from app.kernel import migrations, settings
from app.kernel.db import Base
from app.kernel.discovery import import_tables
from app.kernel.rls import APP_ROLE, tenancy_of

console = Console()

_LARGEST_INDEX = (
    "SELECT coalesce(max(pg_indexes_size(inhrelid)), 0) FROM pg_inherits WHERE inhparent = 'checkin'::regclass"
)
_CLOCKS_APART = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``fix`` is empty where all is well."""

    what: str
    fix: str = ""


Connection = psycopg.Connection[tuple[object, ...]]


def examine() -> None:
    """Look at the database, its roles and settings, the secrets; exit code 1 if something needs mending."""
    with database.available() as found, psycopg.connect(found.owner_url) as connection:
        findings = [finding for check in CHECKS for finding in check(connection)]
    for finding in findings:
        console.print(f"[red]✗[/] {finding.what}: {finding.fix}" if finding.fix else f"[green]✓[/] {finding.what}")
    if any(finding.fix for finding in findings):
        raise typer.Exit(1)


def _value(connection: Connection, query: str, *values: object) -> object:
    row = connection.execute(query.encode(), values or None).fetchone()
    return None if row is None else row[0]


def _version(connection: Connection) -> Iterator[Finding]:
    number = int(str(_value(connection, "SHOW server_version_num")))
    yield Finding(f"PostgreSQL {number // 10000}", "" if number >= 150000 else "15 or later is needed")  # noqa: PLR2004


def _revision(connection: Connection) -> Iterator[Finding]:
    found, wanted = _value(connection, "SELECT version_num FROM alembic_version"), migrations.head()
    yield Finding(f"schema {found}", "" if found == wanted else f"run `lianfang migrate` (wanted: {wanted})")


def _durability(connection: Connection) -> Iterator[Finding]:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        value = _value(connection, f"SHOW {name}")
        good = value in ("on", "local", "remote_write", "remote_apply")
        yield Finding(f"{name} = {value}", "" if good else "must be on, or acknowledged readings can be lost")


# Setting -> (what it must be at least, in the unit of pg_settings; how to say that; what happens otherwise).
_AT_LEAST = {
    "max_wal_size": (
        2048,
        "2GB",
        "checkpoints come in the middle of a morning, and every page is logged in full again",
    ),
    "checkpoint_timeout": (900, "15min", "every page is logged in full again a few minutes after it was"),
}


def _checkpoints(connection: Connection) -> Iterator[Finding]:
    for name, (least, said, otherwise) in _AT_LEAST.items():
        set_to = int(str(_value(connection, f"SELECT setting FROM pg_settings WHERE name = '{name}'")))  # noqa: S608
        shown = _value(connection, f"SHOW {name}")
        yield Finding(f"{name} = {shown}", "" if set_to >= least else f"set it to {said} or more: {otherwise}")
    compressed = _value(connection, "SHOW wal_compression")
    yield Finding(
        f"wal_compression = {compressed}",
        "set it to lz4 where the server has that, else to pglz" if compressed == "off" else "",
    )


def _buffers(connection: Connection) -> Iterator[Finding]:
    index = _value(connection, _LARGEST_INDEX)
    held = _value(connection, "SELECT pg_size_bytes(current_setting('shared_buffers'))")
    shown = _value(connection, "SHOW shared_buffers")
    fits = int(str(held)) >= int(str(index))
    yield Finding(
        f"shared_buffers = {shown}",
        "" if fits else f"set it above {int(str(index)) >> 20}MB: a day's readings are found by an index of that size",
    )


def _words_and_times(connection: Connection) -> Iterator[Finding]:
    encoding = _value(connection, "SHOW server_encoding")
    yield Finding(f"encoding {encoding}", "" if encoding == "UTF8" else "names need a database in UTF8: make it anew")
    zone = _value(connection, "SELECT count(*) FROM pg_timezone_names WHERE name = 'Asia/Shanghai'")
    yield Finding("the server knows Asia/Shanghai", "" if zone else "install its time zone data (tzdata)")
    apart = float(str(_value(connection, "SELECT extract(epoch FROM clock_timestamp())"))) - time.time()
    yield Finding(
        f"the server's clock is {apart:+.1f} s from ours",
        ""
        if abs(apart) < _CLOCKS_APART
        else "keep both by NTP: readings are placed in time by ours, the trail by both",
    )


def _partitions(connection: Connection) -> Iterator[Finding]:
    days = "SELECT count(*) FROM generate_series(0, 2) AS ahead WHERE to_regclass('checkin_' || to_char("
    days += "(now() AT TIME ZONE 'Asia/Shanghai')::date + ahead, 'YYYYMMDD')) IS NULL"
    missing, stray = _value(connection, days), _value(connection, "SELECT count(*) FROM checkin_default")
    yield Finding(
        f"{missing} of the next three days have no partition, {stray} readings stand in none",
        "run `lianfang partitions make --back 30`; is a worker running?" if missing or stray else "",
    )


def _role(connection: Connection) -> Iterator[Finding]:
    query = f"SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = '{APP_ROLE}'"  # noqa: S608
    powerful = _value(connection, query)
    yield Finding(
        f"role {APP_ROLE}",
        "" if powerful is False else "it must exist and be neither superuser nor exempt from row-level security",
    )


def _policies(connection: Connection) -> Iterator[Finding]:
    import_tables()
    # A column may name an institution in a table that is nobody's: a role held, an event, a message of an account.
    shared = [table.name for table in Base.metadata.sorted_tables if tenancy_of(table) is None]
    query = """
        SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('institution_id', 'lineage')
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        AND c.relname <> ALL (%s)
    """
    unprotected = _value(connection, query, shared)
    yield Finding(
        "row-level security forced on every tenant table", "" if unprotected == 0 else f"{unprotected} tables lack it"
    )


def _backlog(connection: Connection) -> Iterator[Finding]:
    query = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND recorded_at < now() - interval '5 minutes'"
    waiting = _value(connection, query)
    yield Finding(f"{waiting} events wait longer than five minutes", "" if waiting == 0 else "is a worker running?")


def _secrets(_connection: Connection) -> Iterator[Finding]:
    folder = settings.current().data_folder / "secrets"
    if not folder.exists():
        return
    for path in sorted(folder.iterdir()):
        open_to_others = stat.S_IMODE(path.stat().st_mode) & 0o077
        yield Finding(f"secret {path.name}", f"chmod 600 {path}" if open_to_others else "")


CHECKS: tuple[Callable[[Connection], Iterator[Finding]], ...] = (
    _version,
    _revision,
    _durability,
    _checkpoints,
    _buffers,
    _words_and_times,
    _role,
    _policies,
    _partitions,
    _backlog,
    _secrets,
)
