"""Thousands of rows in one statement: an array for each column, unnested.

Row by row, even in one round trip, the same work takes several times as long. Whoever inserts this way gives every
column a value: neither the mapper's defaults nor the relationships of objects play a part.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    FromClause,
    Table,
    and_,
    bindparam,
    column,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Update
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import TypeEngine

from app.kernel.db import Base

_CHUNK = 5000


class Given:
    """Rows that a statement joins with, one array for each column.

    Arrays instead of VALUES: the statement is one and the same for any number of rows. Statements that run for every
    request are made once (``lru_cache``) and given their `values` each time: putting one together costs more than
    running it.
    """

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], *, name: str = "given") -> None:
        self._parameters = [f"{name}_{one}" for one in columns]
        self._arrays = {one: bindparam(f"{name}_{one}", type_=ARRAY(kind)) for one, kind in columns.items()}
        named = [column(one, kind) for one, kind in columns.items()]
        self.table: FromClause = func.unnest(*self._arrays.values()).table_valued(*named, name=name).render_derived()
        self.c = self.table.c

    def same(self, columns: Iterable[KeyedColumnElement[Any]]) -> ColumnElement[bool]:
        """That these columns of another table have the values of their namesakes here.

        Said twice, by row and by list. A policy compares with a list that the planner cannot see into: it takes each
        lookup for ten, and would rather read all that the scope may see and join that, for each batch anew. With the
        lists the index is asked for these keys alone, whatever the table holds beside them.
        """
        there = list(columns)
        by_row = (one == self.c[one.key] for one in there)
        by_list = (one == self.among(one.key) for one in there)
        return and_(*by_row, *by_list)

    def among(self, name: str) -> ColumnElement[Any]:
        """To be compared with: any of the values of a column here."""
        return func.any(self._arrays[name])

    def values(self, rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
        """The parameters for some rows, each with its values in the order of the columns."""
        lists = zip(*rows, strict=True) if rows else ((),) * len(self._parameters)
        return {name: list(some) for name, some in zip(self._parameters, lists, strict=True)}


def insert_rows(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    skip_known: bool = False,
    returning: tuple[str, ...] = (),
) -> list[Any]:
    """Insert rows that all have the same keys; ``skip_known`` leaves out those that break a unique constraint.

    ``returning``: columns to answer with, of each row that was inserted.
    """
    table = _table(model)
    inserted: list[Any] = []
    for some in _chunks(rows):
        new, statement = _insert(table, tuple(some[0]), returning, skip_known=skip_known)
        found = session.execute(statement, new.values([tuple(row.values()) for row in some]))
        if returning:
            inserted.extend(found)
    return inserted


def update_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows by their primary keys, which stand in each; all have the same keys."""
    table = _table(model)
    for some in _chunks(rows):
        new, statement = _update(table, tuple(some[0]))
        session.execute(statement, new.values([tuple(row.values()) for row in some]))


def reserve_ids(session: Session, table: str, count: int) -> list[int]:
    """Ids for rows that are yet to be written: what is encrypted in a row is bound to its id."""
    numbers = select(func.nextval(f"{table}_id_seq")).select_from(func.generate_series(1, count))
    return [int(one) for one in session.scalars(numbers)]


@lru_cache
def _insert(
    table: Table, names: tuple[str, ...], returning: tuple[str, ...], *, skip_known: bool
) -> tuple[Given, Executable]:
    new = _new(table, names)
    statement = insert(table).from_select(list(names), select(new.table))
    if skip_known:
        statement = statement.on_conflict_do_nothing()
    # Something is always returned: else Citus would COPY into the shards, which row-level security refuses.
    return new, statement.returning(*(table.c[name] for name in returning or names[:1]))


@lru_cache
def _update(table: Table, names: tuple[str, ...]) -> tuple[Given, Update]:
    new = _new(table, names)
    keys = [one.name for one in table.primary_key]
    changed = {name: new.c[name] for name in names if name not in keys}
    return new, update(table).where(new.same(table.primary_key)).values(changed)


def _new(table: Table, names: tuple[str, ...]) -> Given:
    # The names come from the model; a name that is no column of it ends here.
    return Given({name: table.c[name].type for name in names}, name="new")


def _table(model: type[Base]) -> Table:
    table = inspect(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no table")
    return table


def _chunks(rows: Sequence[Mapping[str, Any]]) -> list[Sequence[Mapping[str, Any]]]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
