"""Finds the database for a command: the operator's, else the embedded one of the data folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psycopg
import typer

from app.kernel import migrations, postgres, settings


@dataclass(frozen=True, slots=True)
class Database:
    """Where the owner signs in (None: only the application's role is known here), and whether we run the server."""

    owner: str | None
    embedded: bool

    @property
    def owner_url(self) -> str:
        """The owner's URL; ends the command where it was not given."""
        if self.owner is None:
            raise typer.BadParameter("this command works as the owner: set LIANFANG_DATABASE_URL")
        return self.owner


@contextmanager
def available(*, migrate: bool = False, bulk: bool = False) -> Iterator[Database]:
    """Have a database for the length of a command, stopped afterwards if it was started here.

    With ``migrate`` it is brought to the present schema first. Afterwards the process's settings name the application
    role's URL, so that services work as they do under the API. A ``bulk`` command changes so many rows that the planner
    must hear of it: on statistics of before, sums have run for minutes.
    """
    with _found(migrate=migrate) as database:
        yield database
        # Only the owner may; where the owner is not known here, autovacuum sees to it within minutes.
        if bulk and database.owner is not None:
            with psycopg.connect(database.owner, autocommit=True) as connection:
                connection.execute("ANALYZE")


@contextmanager
def _found(*, migrate: bool) -> Iterator[Database]:
    wanted = settings.current()
    if wanted.database_url is not None or wanted.app_database_url is not None:
        yield _prepare(Database(wanted.database_url, embedded=False), migrate=migrate)
        return
    with postgres.running(wanted.data_folder / "postgres") as server:
        new = migrations.current(server.url) is None
        yield _prepare(Database(server.url, embedded=True), migrate=migrate or new)


def _prepare(database: Database, *, migrate: bool) -> Database:
    wanted = settings.current()
    if migrate:
        migrations.run(database.owner_url)
    url = wanted.app_database_url
    if migrate or url is None:
        # An operator who names the application role's URL has chosen its password there.
        chosen = urlsplit(url).password if url else None
        password = unquote(chosen) if chosen else migrations.password_of_app_role(wanted.data_folder / "secrets")
        if migrate:
            migrations.open_app_role(database.owner_url, password)
        url = url or migrations.app_url(database.owner_url, password)
    os.environ["LIANFANG_APP_DATABASE_URL"] = url
    settings.current.cache_clear()
    return database
