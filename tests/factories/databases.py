"""Databases for tests: a migrated template, and clones of it that cost milliseconds."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel import migrations, rls

VERSIONS = migrations.ROOT / "alembic" / "versions"
_LOCK = 20261123  # two runs beside each other must not make the same template


class Urls(NamedTuple):
    """The same database as its owner and as the application's role; ``direct``: past a pooler, if there is one."""

    owner: str
    app: str
    direct: str | None = None


def at(url: str, database: str) -> str:
    """``url`` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def template_name() -> str:
    """The name of the template, by what the migrations say: changed ones make a new template."""
    sources = [*sorted(VERSIONS.glob("*.py")), Path(rls.__file__)]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    return f"lf_template_{digest.hexdigest()[:12]}"


def prepare_template(server_url: str, folder: Path) -> str:
    """Make the template by the migrations unless it is there; the password of the application's role."""
    name = template_name()
    password = migrations.password_of_app_role(folder / "secrets")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            making = f"{name}_making"
            _create(connection, making)
            migrations.run(at(server_url, making))
            migrations.open_app_role(at(server_url, making), password)
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name))
            )
    return password


def clone(name: str) -> Urls:
    """A fresh copy of the template."""
    server_url = os.environ["LIANFANG_TEST_OWNER_URL"]
    with psycopg.connect(server_url, autocommit=True) as connection:
        _create(connection, name, template_name())
    owner = at(server_url, name)
    return Urls(owner, migrations.app_url(owner, os.environ["LIANFANG_TEST_APP_PASSWORD"]))


def chosen_database(owner: str) -> Urls:
    """A database that stands already and stays; the application's role gets the password of the tests."""
    return Urls(owner, migrations.open_app_role(owner, os.environ["LIANFANG_TEST_APP_PASSWORD"]))


@contextmanager
def statements_of(session: Session, *, sharded: bool) -> Iterator[list[tuple[str, Any]]]:
    """What a session sends, with its values, as where schools stand on several servers or on one."""
    connection = session.connection()
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    info = connection.info
    before, info["sharded"] = info["sharded"], sharded
    event.listen(connection, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", keep)
        info["sharded"] = before


def drop(name: str) -> None:
    """Remove a clone, whoever is connected."""
    with psycopg.connect(os.environ["LIANFANG_TEST_OWNER_URL"], autocommit=True) as connection:
        _drop(connection, name)


def _create(connection: psycopg.Connection, name: str, template: str | None = None) -> None:
    _drop(connection, name)
    source = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + source)


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
