"""Thousands of rows in one statement: an array for each column, unnested.

Row by row, even in one round trip, the same work takes several times as long. Whoever inserts this way gives every
column a value: neither the mapper's defaults nor the relationships of objects play a part.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, FromClause, Table, and_, column, func, inspect, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.kernel.db import Base

_CHUNK = 5000


def insert_rows(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    skip_known: bool = False,
    returning: Sequence[str] = (),
) -> list[Any]:
    """Insert rows that all have the same keys; ``skip_known`` leaves out those that break a unique constraint.

    ``returning``: columns to answer with, of each row that was inserted.
    """
    table = _table(model)
    inserted: list[Any] = []
    for some in _chunks(rows):
        statement = insert(table).from_select(list(some[0]), select(_given(table, some)))
        if skip_known:
            statement = statement.on_conflict_do_nothing()
        if returning:
            inserted.extend(session.execute(statement.returning(*(table.c[name] for name in returning))))
        else:
            session.execute(statement)
    return inserted


def update_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows by their primary keys, which stand in each; all have the same keys."""
    table = _table(model)
    keys = [column.name for column in table.primary_key]
    for some in _chunks(rows):
        new = _given(table, some)
        sets = {name: new.c[name] for name in some[0] if name not in keys}
        same = and_(*(table.c[name] == new.c[name] for name in keys))
        session.execute(update(table).where(same).values(sets))


def given(columns: Mapping[str, TypeEngine[Any]], rows: Sequence[Sequence[Any]], *, name: str = "given") -> FromClause:
    """Values as a table to join with; each row holds them in the order of ``columns``.

    Arrays instead of VALUES: the statement is one and the same for any number of rows, so it is compiled once.
    """
    lists = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [literal(list(values), ARRAY(kind)) for kind, values in zip(columns.values(), lists, strict=True)]
    named = [column(one, kind) for one, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*named, name=name).render_derived()


def _table(model: type[Base]) -> Table:
    table = inspect(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no table")
    return table


def _chunks(rows: Sequence[Mapping[str, Any]]) -> list[Sequence[Mapping[str, Any]]]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _given(table: Table, rows: Sequence[Mapping[str, Any]]) -> FromClause:
    # The names come from the model; a name that is no column of it ends here.
    columns = {name: table.c[name].type for name in rows[0]}
    return given(columns, [tuple(row.values()) for row in rows], name="new")
