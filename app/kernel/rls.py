"""Row-level security: a few kinds of tables, one form of policy each.

A model says its kind by ``__table_args__ = (..., {"info": tenant()})``. Migrations apply `statements`; the isolation
tests compare what the database has with what the models say. The policies compare integers only: a function, a
subselect or LIKE in a policy costs 50-400 ms on a province's tables and is refused on shards.
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
# The same for a scope of one subtree, as an office's nearly always is. A setting is read again for each row, and one
# number costs half of what a list does: on a day's leaves of a province this arm, standing first, decides them all.
_WITHIN = "nullif(current_setting('app.subtree', true), '')::bigint = ANY (lineage)"

# kind -> (USING, WITH CHECK)
POLICIES: dict[Tenancy, tuple[str, str]] = {
    Tenancy.TENANT: (_OWN, _OWN),
    Tenancy.UNITS: (f"institution_id = ANY {_ids('lineage')}", _OWN),
    Tenancy.AGGREGATE: (f"{_WITHIN} OR {_BELOW} OR {_OWN}", f"{_WITHIN} OR {_BELOW} OR {_OWN}"),
    Tenancy.TREE: (f"{_BELOW} OR id = ANY {_ids('lineage')}", _BELOW),
    Tenancy.RULES: (
        f"institution_id = ANY {_ids('lineage')}",
        f"institution_id = ANY {_ids('subtrees')}",
    ),
    Tenancy.ORDERS: (f"institution_id = ANY {_ids('lineage')} OR {_BELOW}", _BELOW),
}


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


def grant(table: str, *, append_only: bool = False) -> str:
    """The application role's rights on ``table``."""
    verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    return f"GRANT {verbs} ON {table} TO {APP_ROLE}"
