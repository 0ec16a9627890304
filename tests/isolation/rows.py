"""The rows of a world: a hash over all of them, the numbers they get, the words that are put into them."""

import itertools
from functools import cache

from sqlalchemy import Column, Connection, Engine, String, Text, text

from tests.isolation import fences

_SPACING = 10_000_000  # between the numbers of two worlds of one run
_blocks = itertools.count()
# Texts that the program itself reads back, each with the reason why no word can be put into it.
BOUND: dict[str, str] = {
    "institution.code": "ten digits; its own value is searched for",
    "institution.division_code": "six digits of a public table",
    "roll_import.kind": "one of two words",
    "roll_import.mode": "one of two words",
}
_OF_WORLD = "IN (SELECT id FROM institution WHERE lineage @> ARRAY[:root]::bigint[])"


def digest(owner: Engine, root: int) -> str:
    """A hash over all rows of a world in all tables under row-level security, and over its memberships."""
    with owner.connect() as connection:
        return str(connection.scalar(text(_digest_statement()), {"root": root}))


def counts(owner: Engine, root: int) -> dict[str, int]:
    """How many rows of a world each table under row-level security has."""
    with owner.connect() as connection:
        return {
            name: int(
                connection.scalar(text(f"SELECT count(*) FROM {name} WHERE {_key(name)} {_OF_WORLD}"), {"root": root})
            )
            for name in fences.tenant_tables()
        }


def _key(name: str) -> str:
    return "institution_id" if "institution_id" in fences.tables()[name].columns else "id"


@cache
def _digest_statement() -> str:
    parts = [
        f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS part, '{name}' AS name"
        f" FROM {name} t WHERE t.{_key(name)} {_OF_WORLD}"
        for name in sorted({*fences.tenant_tables(), "membership"})
    ]
    return f"SELECT md5(string_agg(part, '|' ORDER BY name)) FROM ({' UNION ALL '.join(parts)}) parts"


def restart_numbers(owner: Engine, start: int) -> None:
    """Have every sequence of the database go on from ``start``, past what this process has used of it before."""
    number = start + next(_blocks) * _SPACING + 1
    with owner.begin() as connection:
        for name in connection.scalars(text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")).all():
            connection.execute(text(f"SELECT setval('{name}', {number})"))


def fill_texts(owner: Engine, root: int, word: str) -> list[str]:
    """Put ``word`` into every text column of a world's rows; the names of those columns where no row has it."""
    unfilled = []
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # the trail refuses changes
        for name in fences.tenant_tables():
            table = fences.tables()[name]
            for column in table.columns:
                free = type(column.type) in (Text, String) and not column.primary_key
                if free and f"{name}.{column.name}" not in BOUND and not _fill(connection, column, root, word):
                    unfilled.append(f"{name}.{column.name}")
    return unfilled


def _fill(connection: Connection, column: Column[str], root: int, word: str) -> bool:
    table = column.table.name
    values = {"root": root, "word": word}
    within = f"{_key(table)} {_OF_WORLD}"
    without = f"strpos({column.name}, :word) = 0"
    connection.execute(
        text(f"UPDATE {table} SET {column.name} = {column.name} || :word WHERE {within} AND {without}"), values
    )
    return bool(
        connection.scalar(
            text(f"SELECT count(*) FROM {table} WHERE {within} AND strpos({column.name}, :word) > 0"), values
        )
    )
