"""The rows of a world: a hash over all of them, the numbers they get, the words that are put into them."""

import itertools
from functools import cache

from sqlalchemy import BigInteger, Column, Connection, Engine, String, Text, Uuid, text
from sqlalchemy.exc import IntegrityError

from tests.isolation import fences

_WORLD, _SEQUENCE = 100_000_000, 1_000_000  # so many numbers has a world, and in it each sequence
_blocks = itertools.count()
# Texts that the program itself reads back, each with the reason why no word can be put into it.
BOUND: dict[str, str] = {
    "institution.code": "ten digits; its own value is searched for",
    "institution.division_code": "six digits of a public table",
    "roll_import.kind": "one of two words",
    "roll_import.mode": "one of two words",
}
_TRAIL = {"audit_entry", "audit_entry_person"}
_OF_WORLD = "IN (SELECT id FROM institution WHERE lineage @> ARRAY[:root]::bigint[])"


def digest(owner: Engine, root: int, *, trail: bool = True) -> str:
    """A hash over all rows of a world in all tables under row-level security, and over its memberships.

    Without the ``trail`` where access itself is switched off: whoever has been let in leaves a trace at the place.
    """
    with owner.connect() as connection:
        return str(connection.scalar(text(_digest_statement(trail=trail)), {"root": root}))


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
def _digest_statement(*, trail: bool) -> str:
    parts = [
        f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS part, '{name}' AS name"
        f" FROM {name} t WHERE t.{_key(name)} {_OF_WORLD}"
        for name in sorted({*fences.tenant_tables(), "membership"})
        if trail or name not in _TRAIL
    ]
    return f"SELECT md5(string_agg(part, '|' ORDER BY name)) FROM ({' UNION ALL '.join(parts)}) parts"


def restart_numbers(owner: Engine, start: int) -> None:
    """Have every sequence of the database go on from ``start``, past what this process has used of it before."""
    first = start + next(_blocks) * _WORLD
    found = text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename")
    with owner.begin() as connection:
        for place, name in enumerate(connection.scalars(found).all()):
            connection.execute(text(f"SELECT setval('{name}', {first + place * _SEQUENCE + 1})"))


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
    # Where nothing stands, something unlike its neighbours: some texts must be unique. By the row's own numbers, since
    # rows on shards take neither chance nor what depends on a session.
    numbers = [one.name for one in column.table.primary_key if isinstance(one.type, BigInteger | Uuid)]
    unlike = " || '-' || ".join(f"CAST({name} AS text)" for name in numbers)
    with_word = f"UPDATE {table} SET {column.name} = coalesce({column.name}, {unlike}) || :word WHERE {within}"
    try:
        with connection.begin_nested():
            connection.execute(text(with_word), values)
    except IntegrityError:  # some rows must not have this text at all
        connection.execute(text(f"{with_word} AND {column.name} IS NOT NULL"), values)
    filled = f"SELECT count(*) FROM {table} WHERE {within} AND strpos({column.name}, :word) > 0"
    return bool(connection.scalar(text(filled), values))
