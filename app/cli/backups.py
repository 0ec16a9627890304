"""`lianfang backup`, `restore` and `drill`: to a folder and back, and the proof that it works."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

import psycopg
import typer
from psycopg import sql
from rich.console import Console

from app.audit import service as trail
from app.cli import database
from app.kernel import backups, db, migrations, settings

console = Console()

Folder = Annotated[Path, typer.Argument(help="the backup: a dump and what it must hold")]


def backup(folder: Folder) -> None:
    """Write the database to a new folder. The master keys are not in it: keep them apart."""
    with database.available() as found, _refusing():
        made = backups.take(found.owner_url, folder)
    console.print(f"{sum(made.rows.values())} rows of {len(made.rows)} tables in {folder}, schema {made.revision}")


def restore(folder: Folder) -> None:
    """Read a backup into the empty database of LIANFANG_DATABASE_URL; exit code 1 where something is not as it was."""
    url = settings.current().database_url
    if url is None:
        raise typer.BadParameter("name an empty database: set LIANFANG_DATABASE_URL")
    with _refusing():
        wrong = _restored(url, folder)
        password = migrations.password_of_app_role(settings.current().data_folder / "secrets")
        migrations.open_app_role(url, password)
    _tell(wrong)


def drill() -> None:
    """Take a backup, read it into a database beside the present one, compare, and remove both. Nothing else changes."""
    with database.available() as found, tempfile.TemporaryDirectory(prefix="lianfang-drill-") as place, _refusing():
        folder = Path(place) / "backup"
        backups.take(found.owner_url, folder)
        with _beside(found.owner_url) as scratch:
            wrong = _restored(scratch, folder)
    _tell(wrong)


def _restored(url: str, folder: Path) -> list[str]:
    """What is wrong with what was read."""
    wrong = [f"table {name} has not the rows that it had" for name in backups.restore(url, folder)]
    engine = db.engine_for(url)
    with engine.connect() as connection:
        report = trail.verify(connection, None)
    engine.dispose()
    console.print(f"{report.chains} chains of the trail, {report.entries} entries, {len(report.breaks)} breaks")
    return [*wrong, *(f"chain {one.institution_id}, entry {one.seq}: {one.what}" for one in report.breaks)]


def _tell(wrong: list[str]) -> None:
    for one in wrong:
        console.print(f"[red]✗[/] {one}")
    if wrong:
        raise typer.Exit(1)
    console.print("[green]✓[/] every table has the rows that it had, and the trail is whole")


@contextmanager
def _beside(owner_url: str) -> Iterator[str]:
    """The owner's URL of a new database on the same server, for the length of a block."""
    name = f"lianfang_drill_{secrets.token_hex(4)}"
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(owner_url)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except backups.BackupRefused as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from error
