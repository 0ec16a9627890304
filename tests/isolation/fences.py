"""What the database must look like so that row-level security holds by itself.

Everything is looked at over one connection of the owner, inside a transaction: a fence can be taken down there, the
check run, and the transaction rolled back.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, text

from app.kernel.db import Base
from app.kernel.discovery import import_tables
from app.kernel.rls import APP_ROLE, POLICIES, Tenancy, tenancy_of

# Tables that row-level security does not cover, each with the reason. They hold ids, hashes and ciphers only, except
# an account's own name: sign-in must find it before any institution is in scope.
GLOBAL = {
    "account": "sign-in happens before any institution is known",
    "channel_use": "limits of places in every institution; keyed hashes",
    "device": "same",
    "division": "reference data",
    "email_address": "belongs to an account; a cipher and what may be shown of it",
    "export": "belongs to an account, whatever it is of; ids and ciphers",
    "institution_root": "the root of each tree; ids only",
    "membership": "sign-in finds the institutions here; ids only",
    "message": "belongs to an account, whoever wrote to it; ids, codes and ciphers",
    "muted_channel": "belongs to an account; ids and codes",
    "one_time_code": "sign-in; keyed hashes",
    "outbox": "the relay serves all institutions; ids and codes only",
    "refresh_token": "sign-in; digests",
    "reminder_day": "days alone",
    "sign_in_failure": "sign-in; keyed hashes",
    "signing_key": "the service's own",
    "stored_answer": "belongs to an account, whatever it did where; keyed hashes and ciphers",
    "wechat_allowance": "belongs to an account; ids and codes",
    "wechat_link": "sign-in; keyed hashes",
}
UNMAPPED = {"alembic_version"}
# Functions with their owner's rights: for each what it is for. The application may call them, nobody else may.
DOORS = {
    "drop_checkin_partition": "the owner alone can drop a table; takes a date",
    "make_checkin_partition": "the owner alone can make a table; takes a date",
}

_STATE = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner,
           count(p.oid) AS policies, min(p.polname) AS policy,
           bool_and(p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}') AS plain,
           min(pg_get_expr(p.polqual, p.polrelid)) AS using_, min(pg_get_expr(p.polwithcheck, p.polrelid)) AS check_
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY c.oid
"""
# A partition is reached through its table and that table's policy: by itself it lets nobody in.
_PARTITIONS = """
    SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relkind IN ('r', 'p') AND c.relispartition AND c.relnamespace = 'public'::regnamespace
      AND (NOT (c.relrowsecurity AND c.relforcerowsecurity) OR c.relowner <> p.relowner
           OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
           OR EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner))
"""
_RIGHTS = """
    SELECT c.relname, string_agg(a.privilege_type, ',' ORDER BY a.privilege_type) AS rights
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND a.grantee IN (0, (SELECT oid FROM pg_roles WHERE rolname = :role))
    GROUP BY c.oid
"""
_ROLE = """
    SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication AS powerful,
           EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) AS member,
           EXISTS (SELECT FROM pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'o') AS owner,
           has_schema_privilege(r.oid, 'public', 'CREATE')
             OR has_database_privilege(r.oid, current_database(), 'CREATE') AS creates
    FROM pg_roles r WHERE rolname = :role
"""
# Both run with their owner's rights unless told otherwise.
_DOORS = """
    SELECT 'view ' || c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm', 'f')
    UNION ALL
    SELECT 'function ' || p.proname FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND (
        p.proname <> ALL (:doors) OR pg_get_function_identity_arguments(p.oid) <> 'wanted date'
        OR NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))
        OR p.proacl IS NULL
        OR EXISTS (SELECT FROM aclexplode(p.proacl) a JOIN pg_roles r ON r.rolname = :role
                   WHERE a.grantee NOT IN (p.proowner, r.oid)))
"""


@lru_cache(maxsize=1)
def tables() -> dict[str, Table]:
    """Every mapped table."""
    import_tables()
    return dict(Base.metadata.tables)


def tenant_tables() -> dict[str, Tenancy]:
    """Every table under row-level security, with its kind."""
    kinds = {name: tenancy_of(table) for name, table in tables().items()}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def printed_policies(connection: Connection) -> dict[Tenancy, tuple[str, str]]:
    """The policies of `kernel.rls` as PostgreSQL prints them back; made on scratch tables that are not kept."""
    printed = {}
    with connection.begin_nested() as scratch:
        for kind, (using, check) in POLICIES.items():
            name = f"scratch_{kind}"
            connection.execute(text(f"CREATE TABLE {name} (id bigint, institution_id bigint, lineage bigint[])"))
            connection.execute(text(f"CREATE POLICY {name} ON {name} USING ({using}) WITH CHECK ({check})"))
            row = connection.execute(text(_STATE.replace("GROUP BY", "AND c.relname = :n GROUP BY")), {"n": name}).one()
            printed[kind] = (row.using_, row.check_)
        scratch.rollback()
    return printed


def exposed(connection: Connection) -> list[str]:
    """Every way in which the database differs from what the models and `kernel.rls` say; empty if all fences stand."""
    return [*_tables(connection), *_partitions(connection), *_rights(connection), *_role(connection)]


def _tables(connection: Connection) -> Iterator[str]:
    state: dict[str, Any] = {row.relname: row for row in connection.execute(text(_STATE))}
    printed = printed_policies(connection)
    yield from (f"{name}: no model knows it" for name in set(state) - set(tables()) - UNMAPPED)
    for name, table in tables().items():
        row, kind = state.get(name), tenancy_of(table)
        if row is None:
            yield f"{name}: not in the database"
        elif kind is None and name not in GLOBAL:
            yield f"{name}: neither under row-level security nor known as global"
        elif kind is not None:
            yield from _fence(name, row, printed[kind])


def _partitions(connection: Connection) -> Iterator[str]:
    yield from (f"{name}: a partition that can be reached by itself" for name in connection.scalars(text(_PARTITIONS)))


def _fence(name: str, row: Any, wanted: tuple[str, str]) -> Iterator[str]:
    if not row.relrowsecurity:
        yield f"{name}: row-level security is off"
    if not row.relforcerowsecurity:
        yield f"{name}: row-level security is not forced"
    if row.policies != 1 or not row.plain:
        yield f"{name}: {row.policies} policies, not one for everybody and every verb"
    elif (row.using_, row.check_) != wanted:
        yield f"{name}: its policy reads USING {row.using_} WITH CHECK {row.check_}"


def _rights(connection: Connection) -> Iterator[str]:
    rights = {row.relname: row.rights for row in connection.execute(text(_RIGHTS), {"role": APP_ROLE})}
    for name, table in tables().items():
        wanted = "INSERT,SELECT" if table.info.get("append_only") else "DELETE,INSERT,SELECT,UPDATE"
        if not set((rights.get(name) or "").split(",")) <= set(wanted.split(",")):
            yield f"{name}: the application may {rights[name]}"
    yield from (
        f"{name}: the application may {rights[name]}" for name in UNMAPPED & set(rights) if rights[name] != "SELECT"
    )


def _role(connection: Connection) -> Iterator[str]:
    doors = {"doors": sorted(DOORS), "role": APP_ROLE}
    role = connection.execute(text(_ROLE), {"role": APP_ROLE}).one()
    yield from (f"{APP_ROLE}: {name}" for name in ("powerful", "member", "owner", "creates") if getattr(role, name))
    yield from (f"{name}: looks with its owner's rights" for name in connection.scalars(text(_DOORS), doors))
