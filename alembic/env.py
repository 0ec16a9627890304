"""Runs migrations over a direct connection of the owner; ``lianfang migrate`` and the tests hand it in."""

from alembic import context
from sqlalchemy import Connection, text

from app.kernel.db import Base
from app.kernel.discovery import import_tables

import_tables()


def run(connection: Connection) -> None:
    """Migrate in one transaction; give up on a lock after five seconds rather than queue everybody behind it."""
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


run(context.config.attributes["connection"])
