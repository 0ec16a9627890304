"""Where each table stands when one server is too small: Citus, by institution.

All rows of an institution stand on one shard, so that what it does stays on one server. Where a table goes follows from
what its model says (`rls.Tenancy`) and from its triggers; tables that fit nowhere are named, and nothing is moved.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, MetaData, Table, UniqueConstraint

from app.kernel.rls import Tenancy, tenancy_of

KEY = "institution_id"
# What an institution owns. The tree and its rules are small, and read from everywhere below.
_OWNED = {Tenancy.TENANT, Tenancy.UNITS, Tenancy.AGGREGATE}
TRIGGERED = (
    "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace"
)
_ON_DELETE = {None, "NO ACTION", "RESTRICT", "CASCADE"}


class Place(StrEnum):
    """On which servers the rows of a table stand."""

    DISTRIBUTED = "distributed"  # each institution's rows on one shard, those of all these tables together
    REFERENCE = "reference"  # a copy on every server: distributed tables are joined with it or refer to it
    COORDINATOR = "coordinator"  # on the server that the application speaks to


class NotDistributableError(RuntimeError):
    """Something stands against it; the message names each table, or what the database lacks."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A table, where it goes, and why there."""

    table: str
    place: Place
    because: str


def plan(metadata: MetaData, triggered: Collection[str]) -> list[Placed]:
    """Every table with its place, what is referred to before what refers; ``triggered``: names of those with triggers.

    Raises NotDistributableError, naming every table that breaks a rule.
    """
    layout = _Layout(metadata.sorted_tables, frozenset(triggered))
    wrong = [f"{table.name}: {complaint}" for table in layout.tables for complaint in layout.complaints(table)]
    if wrong:
        raise NotDistributableError("; ".join(wrong))
    return [layout.placed(table) for table in layout.tables]


@dataclass
class _Layout:
    """The names of what is distributed, and of what must be a reference table because of that."""

    tables: list[Table]
    triggered: frozenset[str]
    owned: set[str] = field(init=False)
    reference: set[str] = field(init=False)

    def __post_init__(self) -> None:
        # A trigger looks at rows by its table's name, and a shard has another: such a table stays whole.
        self.owned = {
            table.name
            for table in self.tables
            if tenancy_of(table) in _OWNED and not table.info.get("replicated") and table.name not in self.triggered
        }
        referred = {
            key.referred_table.name
            for table in self.tables
            if table.name in self.owned
            for key in table.foreign_key_constraints
        }
        self.reference = (referred - self.owned) | {table.name for table in self.tables if table.info.get("replicated")}

    def placed(self, table: Table) -> Placed:
        kind = tenancy_of(table) or "global"
        if table.name in self.owned:
            return Placed(table.name, Place.DISTRIBUTED, kind)
        if table.name in self.reference:
            return Placed(table.name, Place.REFERENCE, f"{kind}, needed beside distributed ones")
        return Placed(table.name, Place.COORDINATOR, f"{kind}, has triggers" if table.name in self.triggered else kind)

    def complaints(self, table: Table) -> Iterator[str]:
        if not table.primary_key.columns:
            yield "has no primary key"
        if table.name in self.owned:
            yield from _wrong_columns(table)
            yield from (f"{name} does not begin with {KEY}" for name, columns in _keys(table) if columns[0] != KEY)
            yield from (one for key in table.foreign_key_constraints for one in self._wrong_reference(key))
            return
        if table.name in self.reference and table.name in self.triggered:
            yield "has triggers, and distributed tables need it beside them"
        yield from (
            f"refers to the distributed {key.referred_table.name}"
            for key in table.foreign_key_constraints
            if key.referred_table.name in self.owned
        )

    def _wrong_reference(self, key: ForeignKeyConstraint) -> Iterator[str]:
        name = key.referred_table.name
        if name in self.owned and (key.column_keys[0], key.elements[0].column.name) != (KEY, KEY):
            yield f"its foreign key to {name} does not begin with {KEY}"
        if key.ondelete not in _ON_DELETE:
            yield f"its foreign key to {name} does {key.ondelete} on deletion"


def _wrong_columns(table: Table) -> Iterator[str]:
    key = table.columns.get(KEY)
    if key is None or key.nullable or not isinstance(key.type, BigInteger):
        yield f"{KEY} is no bigint NOT NULL"
    for column in table.columns:
        if column.identity is not None and not isinstance(column.type, BigInteger):
            yield f"the identity column {column.name} is no bigint"


def _keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Name and columns of whatever is unique."""
    if table.primary_key.columns:
        yield "its primary key", [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield str(index.name), [getattr(one, "name", "") for one in index.expressions]
