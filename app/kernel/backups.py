"""A database to a folder and back: `pg_dump`'s file, and what it must hold once it is read again.

The master keys are no part of it: without them whoever finds a backup cannot read what is encrypted in it, and without
them nobody else can either. They are kept apart.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.kernel import clock, migrations, postgres
from app.kernel.rls import APP_ROLE

_DUMP: Final = "database.dump"
_MANIFEST: Final = "manifest.json"
_TABLES: Final = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
)


class BackupRefused(RuntimeError):  # noqa: N818 - says what happened
    """A backup cannot be taken or read; nothing was changed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: the schema's revision, rows by table, and the dump's hash."""

    revision: str
    taken_at: str
    sha256: str
    rows: Mapping[str, int]


def take(owner_url: str, folder: Path) -> Manifest:
    """Write a backup to a folder that is not there yet. Raises `BackupRefused`.

    Rows are counted in the very snapshot that is dumped, so that the numbers agree while others write.
    """
    if folder.exists():
        raise BackupRefused(f"{folder} is there already")
    draft = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    with psycopg.connect(owner_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = _value(connection, "SELECT pg_export_snapshot()")
        _run("pg_dump", owner_url, f"--snapshot={snapshot}", "--format=custom", f"--file={draft / _DUMP}")
        revision = _value(connection, "SELECT version_num FROM alembic_version")
        made = Manifest(revision, clock.now().isoformat(), _hash(draft / _DUMP), _rows(connection))
    (draft / _DUMP).chmod(0o600)
    (draft / _MANIFEST).write_text(json.dumps(asdict(made), indent=2) + "\n")
    draft.rename(folder)
    return made


def read(folder: Path) -> Manifest:
    """The manifest, once the dump was found to be the one that it describes. Raises `BackupRefused`."""
    try:
        found = Manifest(**json.loads((folder / _MANIFEST).read_text()))
        digest = _hash(folder / _DUMP)
    except (OSError, ValueError, TypeError) as error:
        raise BackupRefused(f"{folder} is no backup: {type(error).__name__}") from error
    if digest != found.sha256:
        raise BackupRefused(f"{folder / _DUMP} is not what was written")
    return found


def restore(owner_url: str, folder: Path) -> list[str]:
    """Read a backup into an empty database, whole or not at all; the tables whose rows are not those of the manifest.

    The owner must be a superuser: row-level security binds every other. Raises `BackupRefused`.
    """
    wanted = read(folder)
    if migrations.current(owner_url) is not None:
        raise BackupRefused("the database is not empty")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # A role belongs to the server, so the dump names it but does not hold it.
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone() is None:
            rights = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
            connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(APP_ROLE), rights))
    _run("pg_restore", owner_url, "--single-transaction", "--exit-on-error", "--no-owner", str(folder / _DUMP))
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        found = _rows(connection)
    return sorted(name for name in {*wanted.rows, *found} if wanted.rows.get(name) != found.get(name))


def _rows(connection: psycopg.Connection) -> dict[str, int]:
    names = [row[0] for row in connection.execute(_TABLES)]
    count = sql.SQL("SELECT count(*) FROM {}")
    return {name: _count(connection, count.format(sql.Identifier(name))) for name in names}


def _count(connection: psycopg.Connection, query: sql.Composed) -> int:
    found = connection.execute(query).fetchone()
    return 0 if found is None else int(found[0])


def _value(connection: psycopg.Connection, query: str) -> str:
    found = connection.execute(query.encode()).fetchone()
    return "" if found is None else str(found[0])


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _run(program: str, url: str, *arguments: str) -> None:
    parts = urlsplit(url)
    # The password goes by the environment: a command line is read by everybody on the machine.
    shown = urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")))
    command = [str(postgres.find_binaries() / program), f"--dbname={shown}", "--no-password", *arguments]
    environment = os.environ | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    if done.returncode != 0:
        raise BackupRefused(f"{program}: {done.stderr.strip()[-500:]}")
