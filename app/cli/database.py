"""Finds the database for a command: the operator's, else the embedded one of the data folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from rich.console import Console

from app.kernel import migrations, postgres, settings

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Database:
    """``owner_url`` migrates; ``embedded`` says that it lives in the data folder."""

    owner_url: str
    embedded: bool


@contextmanager
def available(*, migrate: bool = False) -> Iterator[Database]:
    """Have a database for the length of a command, stopped afterwards if it was started here.

    With ``migrate`` it is brought to the present schema first. Afterwards the process's settings name the application
    role's URL, so that services work as they do under the API.
    """
    wanted = settings.current()
    if wanted.database_url is not None:
        yield _prepare(Database(wanted.database_url, embedded=False), migrate=migrate)
        return
    folder = wanted.data_folder / "postgres"
    with postgres.running(folder) as server:
        yield _prepare(Database(server.url, embedded=True), migrate=migrate or server_is_new(server.url))


def server_is_new(owner_url: str) -> bool:
    """Whether no migration has ever run there."""
    return migrations.current(owner_url) is None


def _prepare(database: Database, *, migrate: bool) -> Database:
    wanted = settings.current()
    if migrate:
        migrations.run(database.owner_url)
    given = wanted.app_database_url
    # An operator who names the application role's URL has chosen its password there.
    password = (urlsplit(given).password if given else None) or migrations.password_of_app_role(
        wanted.data_folder / "secrets"
    )
    if migrate:
        migrations.open_app_role(database.owner_url, unquote(password))
    os.environ["LIANFANG_APP_DATABASE_URL"] = given or migrations.app_url(database.owner_url, password)
    os.environ["LIANFANG_DATABASE_URL"] = database.owner_url
    settings.current.cache_clear()
    return database
