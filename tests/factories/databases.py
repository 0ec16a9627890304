"""Databases for tests: a migrated template, and clones of it that cost milliseconds."""

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.kernel import migrations

TEMPLATE = "lf_template"


def at(url: str, database: str) -> str:
    """``url`` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _recreate(server_url: str, database: str, template: str | None = None) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        source = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)) + source)


def prepare_template(server_url: str, folder: Path) -> str:
    """Make the template anew by the migrations; the password of the application's role."""
    _recreate(server_url, TEMPLATE)
    migrations.run(at(server_url, TEMPLATE))
    password = migrations.password_of_app_role(folder / "secrets")
    migrations.open_app_role(at(server_url, TEMPLATE), password)
    return password


def clone(name: str, template: str = TEMPLATE) -> tuple[str, str]:
    """A fresh copy of ``template``; the URLs of the owner and of the application's role."""
    server_url = os.environ["LIANFANG_TEST_OWNER_URL"]
    _recreate(server_url, name, template)
    owner = at(server_url, name)
    return owner, migrations.open_app_role(owner, os.environ["LIANFANG_TEST_APP_PASSWORD"])


def drop(name: str) -> None:
    """Remove a clone, whoever is connected."""
    with psycopg.connect(os.environ["LIANFANG_TEST_OWNER_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
