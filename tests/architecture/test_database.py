"""The database as the migrations leave it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from starlette.testclient import TestClient

from app.kernel import clock, db, migrations, settings
from app.kernel.rls import APP_ROLE
from tests.factories.databases import clone, drop
from tests.factories.tree import Tree
from tests.isolation import fences


@pytest.fixture
def connection(owner: Engine) -> Iterator[Connection]:
    with owner.connect() as made:
        yield made
        made.rollback()


def test_every_fence_stands(connection: Connection) -> None:
    assert fences.exposed(connection) == []


def test_every_table_with_an_institution_is_fenced_or_known_as_global() -> None:
    loose = {
        name
        for name, table in fences.tables().items()
        if "institution_id" in table.columns and name not in fences.GLOBAL
    }
    assert loose - set(fences.tenant_tables()) == set()
    assert set(fences.GLOBAL) == set(fences.tables()) - set(fences.tenant_tables())


def test_the_institution_is_first_in_every_key() -> None:
    wrong = []
    for name in fences.tenant_tables():
        table = fences.tables()[name]
        keys = [("primary key", [column.name for column in table.primary_key])]
        keys += [
            (str(index.name), [getattr(one, "name", "") for one in index.expressions])
            for index in table.indexes
            if index.unique
        ]
        first = "id" if name == "institution" else "institution_id"
        wrong += [f"{name}: {key}" for key, columns in keys if columns[0] != first]
    assert wrong == []


def test_foreign_keys_stay_inside_the_institution() -> None:
    """A plain foreign key would accept another tenant's parent."""
    wrong = [
        f"{name}: {constraint.column_keys} to {constraint.referred_table.name}"
        for name in fences.tenant_tables()
        for constraint in fences.tables()[name].foreign_key_constraints
        if constraint.referred_table.name != "institution" and constraint.column_keys[0] != "institution_id"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE person DISABLE ROW LEVEL SECURITY",
        "DROP POLICY person_scope ON person",
        "TRUNCATE person",
        "UPDATE audit_entry SET act = ''",
        "DELETE FROM decision",
        "CREATE SCHEMA mine",
    ],
)
def test_the_application_cannot_touch_the_schema(connection: Connection, statement: str) -> None:
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(statement))


def test_the_migrations_are_one_chain() -> None:
    script = ScriptDirectory.from_config(migrations.config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert [revision.revision for revision in script.walk_revisions() if revision.is_merge_point] == []


def test_the_models_are_what_the_migrations_make(owner_url: str) -> None:
    migrations.run(owner_url, check=True)


_SHAPES = """
    SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT format('%s %s %s %s', tablename, policyname, qual, with_check) FROM pg_policies
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', relname, relacl) FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""


def schema_of(url: str) -> list[str]:
    """Every column, constraint, index, policy, trigger, function and right, as text."""
    # Which days have a partition depends on the day of the migration.
    with psycopg.connect(url) as connection:
        found = [str(row[0]) for row in connection.execute(_SHAPES)]
    return sorted(line for line in found if not re.search(r"checkin_[0-9]{8}", line))


@pytest.fixture
def spare(client: TestClient, worker_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A migrated database of this test's own, in which a province stands."""
    name = f"lf_migrations_{worker_name}"
    owner_url, app_url, _ = clone(name)
    with monkeypatch.context() as pointed:
        pointed.setenv("LIANFANG_APP_DATABASE_URL", app_url)
        settings.current.cache_clear()
        Tree.grow(client)
        db.engine().dispose()
    settings.current.cache_clear()
    yield owner_url
    drop(name)


def test_each_migration_goes_down_and_up_again_where_rows_stand(spare: str) -> None:
    before = schema_of(spare)
    for _ in ScriptDirectory.from_config(migrations.config()).walk_revisions():
        migrations.run(spare, "-1")
    assert [line for line in schema_of(spare) if "alembic_version" not in line] == []
    migrations.run(spare, check=True)
    assert schema_of(spare) == before


_A_READING = """
    WITH one AS (
        INSERT INTO person (institution_id, kind, state, name, enrolled_on)
        SELECT id, 'student', 'enrolled', '学生', '2020-09-01' FROM institution WHERE kind = 'school' LIMIT 1
        RETURNING institution_id, id
    )
    INSERT INTO checkin (institution_id, day, person_id, id, unit_id, household, counted, slot, source, status,
        temperature, not_measured_reason, site, symptoms, form_version, answers, late, skewed, implausible, taken_at,
        received_at)
    SELECT institution_id, %(day)s, id, gen_random_uuid(), 0, false, true, %(slot)s, %(source)s, %(status)s,
        %(temperature)s, %(reason)s, %(site)s, %(symptoms)s, 2, %(answers)s, false, false, false, now(), now() FROM one
"""


def test_readings_of_any_day_and_kind_survive_their_partitions_being_made_and_taken_away(spare: str) -> None:
    measured = {"slot": "M", "source": "E", "status": "F", "temperature": 381, "reason": None, "site": "F"}
    unmeasured = {"slot": "E", "source": "I", "status": "A", "temperature": None, "reason": "R", "site": None}
    with psycopg.connect(spare) as owner:
        for days in (-400, -1, 0, 60):
            given = {"day": clock.today() + timedelta(days=days)}
            owner.execute(_A_READING, given | measured | {"symptoms": None, "answers": None})
            owner.execute(_A_READING, given | unmeasured | {"symptoms": 3, "answers": '{"contact": "ill"}'})
    before = _readings(spare)
    while migrations.current(spare) != "checkins_2":
        migrations.run(spare, "-1")
    migrations.run(spare, "-1")
    with psycopg.connect(spare) as owner:
        words = owner.execute(
            "SELECT DISTINCT slot, source, status, site, not_measured_reason, symptoms, answers FROM checkin ORDER BY 1"
        ).fetchall()
    assert words == [
        ("evening", "import", "attention", None, "refused", 3, {"contact": "ill"}),
        ("morning", "gate", "fever", "forehead", None, 0, {}),
    ]
    migrations.run(spare)
    assert len(before) == 8
    assert _readings(spare) == before


def _readings(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as owner:
        return owner.execute("SELECT * FROM checkin ORDER BY day, id").fetchall()


def test_a_migration_gives_up_on_a_lock_instead_of_queueing_everybody_behind_it(spare: str) -> None:
    with psycopg.connect(spare) as reader:
        reader.execute("SELECT count(*) FROM checkin")
        with pytest.raises(OperationalError, match="lock timeout"):
            migrations.run(spare, "base")


def test_migrations_change_one_thing_a_statement() -> None:
    wrong = [
        f"{path.name}: {line.strip()}"
        for path in sorted(Path(migrations.ROOT / "alembic" / "versions").glob("*.py"))
        for line in path.read_text().splitlines()
        if "op.execute(" in line and line.count(";") > 0
    ]
    assert wrong == []
