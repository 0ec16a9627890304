"""Row-level security holds by itself (PROMISES, I4)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text, true
from starlette.testclient import TestClient

from app.access import reach, service
from app.access.actor import Actor
from app.access.roles import Reach
from app.checkins.queries import subjects
from app.identity import service as identity
from app.kernel import db
from app.kernel.rls import APP_ROLE, Tenancy
from tests.isolation import fences
from tests.isolation.filler import FILLER, cases_of
from tests.isolation.fixtures import Worlds
from tests.isolation.matrix import OFFICES, Matrix
from tests.isolation.worlds import Province

SETTINGS = ("institutions", "subtrees", "lineage")

# What can be done to a fence -> the statement; {using} and {check} are the policy as it should read.
CUTS = {
    "dropped": "DROP POLICY {table}_scope ON {table}",
    "disabled": "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "not forced": "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "open to read": "ALTER POLICY {table}_scope ON {table} USING (true)",
    "open to write": "ALTER POLICY {table}_scope ON {table} WITH CHECK (true)",
    "one more": "CREATE POLICY {table}_more ON {table} USING (true)",
    "for one role": "ALTER POLICY {table}_scope ON {table} TO lianfang_owner",
    "wider": "ALTER POLICY {table}_scope ON {table} USING (current_setting('app.institutions', true) <> '')",
}
RIGHTS = {
    "truncate": "GRANT TRUNCATE ON {table} TO lianfang_app",
    "owner": "ALTER TABLE {table} OWNER TO lianfang_app",
    "to all": "GRANT ALL ON {table} TO PUBLIC",
}


@pytest.fixture
def connection(owner: Engine) -> Iterator[Connection]:
    """The owner in a transaction that is taken back: fences come down and stand again."""
    with owner.connect() as made:
        yield made
        made.rollback()


@pytest.mark.parametrize("table", ["unit", "unit_day", "school_day"])
def test_a_scope_is_read_once_for_a_statement(connection: Connection, table: str) -> None:
    """Where a table is read through, a setting in the open is taken apart for each row (decision record 17)."""
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    connection.execute(text("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off"))
    connection.execute(text("SET LOCAL app.lineage = '{1,2}'; SET LOCAL app.institutions = '{1,2}'"))
    plan = connection.execute(text(f"EXPLAIN (VERBOSE) SELECT 1 FROM {table}")).scalars().all()
    filters = [line for line in plan if "Filter:" in line]
    assert filters
    assert not [line for line in filters if "current_setting" in line]


def visible(connection: Connection, scope: dict[str, list[int]], subtree: int | None = None) -> dict[str, set[int]]:
    """For each table, the institutions whose rows the application sees under ``scope``.

    ``subtree`` is set beside it, as `db.bind` does where the scope has one alone.
    """
    found = {}
    with connection.begin_nested() as looked:
        connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
        for name in SETTINGS:
            ids = ",".join(str(one) for one in scope.get(name, []))
            connection.execute(text(f"SET LOCAL app.{name} = '{{{ids}}}'" if ids else f"SET LOCAL app.{name} = ''"))
        connection.execute(text(f"SET LOCAL app.subtree = '{subtree or ''}'"))
        for table in fences.tenant_tables():
            column = "institution_id" if "institution_id" in fences.tables()[table].columns else "id"
            found[table] = set(connection.scalars(text(f"SELECT DISTINCT {column} FROM {table}")))
        looked.rollback()
    return found


def institutions(connection: Connection, world: Province) -> set[int]:
    statement = text("SELECT id FROM institution WHERE lineage @> ARRAY[:root]::bigint[]")
    return set(connection.scalars(statement, {"root": world.tree.province}))


def whole_scope(connection: Connection, world: Province) -> dict[str, list[int]]:
    """Everything that any actor of a world could ever have in scope."""
    ids = sorted(institutions(connection, world))
    return {"institutions": ids, "subtrees": [world.tree.province], "lineage": ids}


def leaks(connection: Connection, own: Province, twin: Province) -> list[str]:
    """Tables that show too much or, to those who may look, nothing; and whatever `fences` has to say."""
    foreign = institutions(connection, twin)
    seen = visible(connection, whole_scope(connection, own))
    found = [f"{table}: the twin's rows are seen" for table, ids in seen.items() if ids & foreign]
    found += [f"{table}: one's own rows are not seen" for table, ids in seen.items() if not ids]
    found += [f"{table}: rows without a scope" for table, ids in visible(connection, {}).items() if ids]
    return [*found, *fences.exposed(connection)]


def overreaching(world: Province) -> list[str]:
    """Actors whose scope has an institution in which they hold no role; for offices, any personal rows at all."""
    found = []
    memberships = text("SELECT institution_id FROM membership WHERE account_id = :id AND ended_at IS NULL")
    for actor, login in world.actors.items():
        with world.owner.connect() as connection:
            held = set(connection.scalars(memberships, {"id": login.account_id}))
        with db.transaction() as session:
            token = world.headers(actor, "")["Authorization"].removeprefix("Bearer ")
            scope = identity.authenticate(session, token).scope()
        inside = set() if world.role(actor) in OFFICES else held
        if scope.institutions - inside or (scope.subtrees | scope.lineage) - held:
            found.append(f"{actor}: {scope}")
    return found


def test_no_scope_reaches_beyond_the_roles_held(worlds: Worlds) -> None:
    assert overreaching(worlds[0]) == []
    assert overreaching(worlds[1]) == []


def test_without_a_scope_no_table_shows_a_row(connection: Connection, worlds: Worlds) -> None:
    assert worlds
    assert {table: ids for table, ids in visible(connection, {}).items() if ids} == {}


def test_every_table_shows_the_rows_in_scope_and_no_others(connection: Connection, worlds: Worlds) -> None:
    assert leaks(connection, *worlds) == []
    assert leaks(connection, worlds[1], worlds[0]) == []


def test_one_subtree_alone_shows_the_figures_below_it_and_nothing_else(connection: Connection, worlds: Worlds) -> None:
    """The short way that the policy of figures takes leads where the list of one leads."""
    root = worlds[0].tree.province
    figures = {table for table, kind in fences.tenant_tables().items() if kind is Tenancy.AGGREGATE}
    by_list, alone = visible(connection, {"subtrees": [root]}), visible(connection, {}, subtree=root)
    assert figures
    assert all(alone[table] == by_list[table] != set() for table in figures)
    assert {table for table, ids in alone.items() if ids} == figures


@pytest.mark.parametrize("cut", CUTS)
def test_each_fence_that_comes_down_is_noticed(connection: Connection, worlds: Worlds, cut: str) -> None:
    unnoticed = []
    for table in fences.tenant_tables():
        with connection.begin_nested() as tried:
            connection.execute(text(CUTS[cut].format(table=table)))
            if not any(one.startswith(f"{table}:") for one in leaks(connection, *worlds)):
                unnoticed.append(table)
            tried.rollback()
    assert unnoticed == []


@pytest.mark.parametrize("right", RIGHTS)
def test_each_right_too_many_is_noticed(connection: Connection, right: str) -> None:
    unnoticed = []
    for table in fences.tables():
        with connection.begin_nested() as tried:
            connection.execute(text(RIGHTS[right].format(table=table)))
            if not fences.exposed(connection):
                unnoticed.append(table)
            tried.rollback()
    assert unnoticed == []


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER ROLE {APP_ROLE} BYPASSRLS",
        f"ALTER ROLE {APP_ROLE} SUPERUSER",
        f"GRANT lianfang_owner TO {APP_ROLE}",
        f"GRANT CREATE ON SCHEMA public TO {APP_ROLE}",
        "CREATE TABLE forgotten (institution_id bigint)",
        "CREATE VIEW persons AS SELECT * FROM person",
        "CREATE FUNCTION peek() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM person'",
    ],
)
def test_each_way_around_the_fences_is_noticed(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
    assert fences.exposed(connection) != []


def test_there_is_a_table_of_each_kind() -> None:
    assert set(fences.tenant_tables().values()) == set(Tenancy)


@pytest.mark.parametrize("operation_id", sorted(FILLER))
def test_the_net_holds_with_the_access_checks_off(
    client: TestClient, worlds: Worlds, operation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every decision of access says yes; what is asked for is still somebody else's."""
    switch_off(monkeypatch)
    matrix = Matrix(client, *worlds, compare=False)
    found = [complaint for case in cases_of(client, operation_id) for complaint in matrix.complaints(case, own=False)]
    assert not found, "\n".join(found)


def switch_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every check of access say yes; only the scope of the transaction is left."""
    monkeypatch.setattr(reach, "condition", lambda *_: true())
    monkeypatch.setattr(service, "condition", lambda *_: true())
    monkeypatch.setattr(reach, "holds", lambda *_: True)
    monkeypatch.setattr(service, "holds", lambda *_: True)
    monkeypatch.setattr(Actor, "may", lambda *_: True)
    tie_everybody(monkeypatch)


def tie_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have any membership tie its account to any person."""
    anybody = {Reach.INSTITUTION: true()}
    monkeypatch.setattr(subjects, "_subjects", lambda action: subjects.subjects_by(anybody if action else None))
