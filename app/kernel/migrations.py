"""Brings a database to the present schema and the application's role to a password of this installation."""

import secrets
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.kernel.rls import APP_ROLE
from app.kernel.secrets import made_once

ROOT = Path(__file__).parents[2]


def config() -> Config:
    """Alembic's configuration, whatever the current directory."""
    made = Config(ROOT / "alembic.ini")
    made.set_main_option("script_location", str(ROOT / "alembic"))
    return made


def head() -> str:
    """The newest revision that this program knows."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    if found is None:
        raise RuntimeError("there are no migrations")
    return found


def run(owner_url: str, target: str = "head", *, check: bool = False) -> None:
    """Migrate the owner's database up or down to ``target``; with ``check``, compare it with the models as well."""
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.connect() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        if target == "base" or target.startswith("-"):
            command.downgrade(settings, target)
        else:
            command.upgrade(settings, target)
        if check:
            command.check(settings)
        connection.commit()
    engine.dispose()


def password_of_app_role(secrets_folder: Path) -> str:
    """The password in ``app_role.password``, made at first use."""
    return made_once(secrets_folder / "app_role.password", lambda: secrets.token_urlsafe(24)).strip()


def open_app_role(owner_url: str, password: str) -> str:
    """Give the application's role its password; the URL by which it signs in to the same database."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(APP_ROLE), sql.Literal(password)))
    return app_url(owner_url, password)


def app_url(owner_url: str, password: str) -> str:
    """The application role's URL of the owner's database."""
    parts = urlsplit(owner_url)
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{APP_ROLE}:{quote(password)}@{parts.hostname}{port}"))


def served_by(engine: Engine) -> bool:
    """Whether a database answers and has the schema that this program needs; raises what SQLAlchemy raises."""
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head()


def current(owner_url: str) -> str | None:
    """The revision of a database, None where no migration has run."""
    with psycopg.connect(owner_url) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])
