"""`lianfang shard`: spread the institutions over the servers of a Citus cluster."""

from typing import Annotated

import psycopg
import typer
from psycopg import sql
from rich.console import Console
from rich.table import Table

from app.cli import database
from app.kernel import discovery, migrations
from app.kernel.db import Base
from app.kernel.rls import APP_ROLE, for_shards, tenancy_of
from app.kernel.sharding import KEY, TRIGGERED, NotDistributableError, Place, Placed, plan

console = Console()

Connection = psycopg.Connection[tuple[object, ...]]

_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
_WORKERS = "SELECT count(*) FROM pg_dist_node WHERE isactive AND shouldhaveshards AND noderole = 'primary'"
# They apply at sign-in. The scope's SET LOCAL must reach the shards; and with the other policies 13.2 crashes where a
# distributed table is joined with one of the coordinator's under row-level security.
_ROLE_SETTINGS = {"citus.propagate_set_commands": "local", "citus.local_table_join_policy": "prefer-distributed"}


def shard(
    shards: Annotated[int, typer.Option(help="pieces that the institutions fall into", min=1, max=1024)] = 32,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say where each table would go")] = False,
) -> None:
    """Distribute the migrated schema by institution; the API and the workers must be stopped.

    LIANFANG_DATABASE_URL names the coordinator; the extension and its nodes are there already. All or nothing: what
    cannot be distributed is named, and then nothing has changed. Safe to repeat.
    """
    discovery.import_tables()
    with database.available() as found, psycopg.connect(found.owner_url) as connection:
        try:
            placed = plan(Base.metadata, {str(row[0]) for row in connection.execute(TRIGGERED)})
            if not dry_run:
                _demand_cluster(connection, found.owner_url)
                _distribute(connection, placed, shards)
                connection.commit()
                _forget_copies(connection, placed)
        except NotDistributableError as error:
            console.print(f"[red]{error}[/]")
            raise typer.Exit(1) from error
    _show(placed)


def _demand_cluster(connection: Connection, owner_url: str) -> None:
    """Raise NotDistributableError for what an operator has to do first."""
    if _value(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'citus'") == 0:
        raise NotDistributableError("the extension citus is not installed in this database: docs/scaling.md")
    if _value(connection, _WORKERS) == 0:
        raise NotDistributableError("the cluster has no node that takes shards: docs/scaling.md")
    if migrations.current(owner_url) != migrations.head():
        raise NotDistributableError("the schema is not the present one: run `lianfang migrate`")
    # Row-level security is forced on the owner too: another role would move the rows that it sees, none.
    if _value(connection, _SUPERUSER) is not True:
        raise NotDistributableError("LIANFANG_DATABASE_URL must name a superuser for this")


def _distribute(connection: Connection, placed: list[Placed], shards: int) -> None:
    """Move every table in one transaction; those that stand where they should are left alone."""
    # Foreign keys between what moves: one connection to each node, or two of them would not see each other's tables.
    connection.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
    for name, value in _ROLE_SETTINGS.items():
        connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(APP_ROLE), sql.SQL(name), value))
    done = {str(row[0]) for row in connection.execute("SELECT logicalrelid::text FROM pg_dist_partition")}
    first = next((one.table for one in placed if one.place is Place.DISTRIBUTED and one.table in done), None)
    for one in placed:
        if one.table in done or one.place is Place.COORDINATOR:
            continue
        before = _rows(connection, one.table)
        for statement in for_shards(one.table, tenancy_of(Base.metadata.tables[one.table])):
            connection.execute(statement.encode())
        if one.place is Place.REFERENCE:
            connection.execute("SELECT create_reference_table(%s)", [one.table])
        elif first is None:
            first = one.table
            connection.execute("SELECT create_distributed_table(%s, %s, shard_count => %s)", [first, KEY, shards])
        else:
            connection.execute("SELECT create_distributed_table(%s, %s, colocate_with => %s)", [one.table, KEY, first])
        if _rows(connection, one.table) != before:
            raise NotDistributableError(f"{one.table}: not all rows arrived")


def _forget_copies(connection: Connection, placed: list[Placed]) -> None:
    """Empty the tables that the coordinator had before: hidden from then on, their rows would stay on its disk."""
    for one in placed:
        if one.place is not Place.COORDINATOR:
            connection.execute("SELECT truncate_local_data_after_distributing_table(%s)", [one.table])


def _rows(connection: Connection, table: str) -> object:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return found and found[0]


def _value(connection: Connection, query: str) -> object:
    found = connection.execute(query.encode()).fetchone()
    return found and found[0]


def _show(placed: list[Placed]) -> None:
    table = Table("table", "stands", "because")
    for one in sorted(placed, key=lambda one: (one.place, one.table)):
        table.add_row(one.table, one.place, one.because)
    console.print(table)
