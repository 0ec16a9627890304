"""Thousands of rows in one statement: an array for each column, unnested.

Row by row, even in one round trip, the same work takes several times as long. Whoever inserts this way gives every
column a value: neither the mapper's defaults nor the relationships of objects play a part.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import Table, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.kernel.db import Base

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library has no types there
_CHUNK = 5000


def insert_rows(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], *, skip_known: bool = False
) -> None:
    """Insert rows that all have the same keys; ``skip_known`` leaves out those that break a unique constraint."""
    table = _table(model)
    for some in _chunks(rows):
        names = list(some[0])
        listed = ", ".join(names)
        ending = " ON CONFLICT DO NOTHING" if skip_known else ""
        statement = f"INSERT INTO {table.name} ({listed}) SELECT * FROM {_unnested(table, names)}{ending}"  # noqa: S608
        session.execute(text(statement), _arrays(names, some))


def update_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows by their primary keys, which stand in each; all have the same keys."""
    table = _table(model)
    keys = [column.name for column in table.primary_key]
    for some in _chunks(rows):
        names = list(some[0])
        sets = ", ".join(f"{name} = new.{name}" for name in names if name not in keys)
        same = " AND ".join(f"old.{name} = new.{name}" for name in keys)
        source = f"{_unnested(table, names)} AS new({', '.join(names)})"
        statement = f"UPDATE {table.name} AS old SET {sets} FROM {source} WHERE {same}"  # noqa: S608
        session.execute(text(statement), _arrays(names, some))


def _table(model: type[Base]) -> Table:
    table = inspect(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no table")
    return table


def _chunks(rows: Sequence[Mapping[str, Any]]) -> list[Sequence[Mapping[str, Any]]]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _unnested(table: Table, names: Sequence[str]) -> str:
    # The names come from the model; a name that is no column of it ends here.
    arrays = [f"CAST(:{name} AS {table.c[name].type.compile(dialect=_DIALECT)}[])" for name in names]
    return f"unnest({', '.join(arrays)})"


def _arrays(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [_plain(row[name]) for row in rows] for name in names}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
