"""Row-level security: a few kinds of tables, one form of policy each.

A model says its kind by ``__table_args__ = (..., {"info": tenant()})``. Migrations apply `statements`; the isolation
tests compare what the database has with what the models say. The policies compare integers only: a function, LIKE or a
subselect that depends on the row costs 50-400 ms on a province's tables.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Table

APP_ROLE = "lianfang_app"


class Tenancy(StrEnum):
    """Who may see a row, by the scope of the transaction."""

    TENANT = "tenant"  # rows of an institution: personal data, decisions
    UNITS = "units"  # the classes of a school and their figures: no persons; read wherever the school itself is named
    AGGREGATE = "aggregate"  # figures of an institution with the lineage that it had: visible up the tree
    TREE = "tree"  # the institutions themselves
    RULES = "rules"  # settings that are read from below and written from above
    ORDERS = "orders"  # orders with the lineage of their place: read from below and from above, written from above


def _ids(setting: str) -> str:
    return f"(nullif(current_setting('app.{setting}', true), '')::bigint[])"


_OWN = f"institution_id = ANY {_ids('institutions')}"
_BELOW = f"lineage && {_ids('subtrees')}"
# The same for a scope of one subtree, as an office's nearly always is. One number costs half of what a list does: on a
# day's leaves of a province this arm, standing first, decides them all.
_WITHIN = "nullif(current_setting('app.subtree', true), '')::bigint = ANY (lineage)"
_PLAINLY_FIGURES = f"{_WITHIN} OR {_BELOW} OR {_OWN}"


def _once(setting: str, kind: str) -> str:
    return f"(SELECT nullif(current_setting('app.{setting}', true), '')::{kind})"


# A setting that stands in the open is read again for each row; as a subselect it is read once for a statement, so that
# a province's sums cost under the policy what they cost without it, and a flush of many schools locks their classes no
# slower where those are so few that PostgreSQL reads them all (decision record 17).
_FIGURES = (
    f"{_once('subtree', 'bigint')} = ANY (lineage) OR lineage && {_once('subtrees', 'bigint[]')}"
    f" OR institution_id = ANY ({_once('institutions', 'bigint[]')}::bigint[])"
)
_OF_LINEAGE = f"institution_id = ANY ({_once('lineage', 'bigint[]')}::bigint[])"
_PLAINLY_OF_LINEAGE = f"institution_id = ANY {_ids('lineage')}"

# kind -> (USING, WITH CHECK)
POLICIES: dict[Tenancy, tuple[str, str]] = {
    Tenancy.TENANT: (_OWN, _OWN),
    Tenancy.UNITS: (_OF_LINEAGE, _OWN),
    Tenancy.AGGREGATE: (_FIGURES, _PLAINLY_FIGURES),
    Tenancy.TREE: (f"{_BELOW} OR id = ANY {_ids('lineage')}", _BELOW),
    Tenancy.RULES: (_PLAINLY_OF_LINEAGE, f"institution_id = ANY {_ids('subtrees')}"),
    Tenancy.ORDERS: (f"{_PLAINLY_OF_LINEAGE} OR {_BELOW}", _BELOW),
}

# The same without subselects, which Citus refuses in a policy of what it distributes.
ON_SHARDS = {Tenancy.AGGREGATE: _PLAINLY_FIGURES, Tenancy.UNITS: _PLAINLY_OF_LINEAGE}


def info(tenancy: Tenancy, *, append_only: bool = False, replicated: bool = False) -> dict[str, Any]:
    """The ``info`` of a table under row-level security; append-only ones grant neither UPDATE nor DELETE.

    ``replicated``: small, and joined both with the tree and with what institutions own; every shard server has a copy.
    """
    return {"tenancy": tenancy, "append_only": append_only, "replicated": replicated}


def tenancy_of(table: Table) -> Tenancy | None:
    """The kind of a table, None for global ones."""
    found: Tenancy | None = table.info.get("tenancy")
    return found


def statements(table: str, tenancy: Tenancy) -> list[str]:
    """What a migration executes, one statement each, to put ``table`` under its policy."""
    using, check = POLICIES[tenancy]
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_scope ON {table} USING ({using}) WITH CHECK ({check})",
    ]


def for_shards(table: str, tenancy: Tenancy | None) -> list[str]:
    """What has to be executed before ``table`` is moved to shards."""
    return [f"ALTER POLICY {table}_scope ON {table} USING ({ON_SHARDS[tenancy]})"] if tenancy in ON_SHARDS else []


def grant(table: str, *, append_only: bool = False) -> str:
    """The application role's rights on ``table``."""
    verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    return f"GRANT {verbs} ON {table} TO {APP_ROLE}"
