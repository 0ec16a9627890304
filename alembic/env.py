"""Runs migrations over a direct connection of the owner; ``lianfang migrate`` and the tests hand it in."""

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names

from app.kernel.columns import Letter
from app.kernel.db import Base
from app.kernel.discovery import import_tables

import_tables()
ischema_names['"char"'] = Letter  # SQLAlchemy takes it for a text, and would have it changed


def run(connection: Connection) -> None:
    """Migrate in one transaction; give up on a lock after five seconds rather than queue everybody behind it."""
    # Partitions come and go with the days; no model names them.
    partitions = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")))
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_name=lambda name, kind, _parents: kind != "table" or name not in partitions,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


run(context.config.attributes["connection"])
