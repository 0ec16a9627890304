"""A backup holds what stood, is read whole or not at all, and the fences stand around what was read (F11)."""

import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from bench import ground as grounds
from bench import phone
from bench.api import Api
from bench.ground import Ground
from bench.province import Province, plant
from tests.factories.databases import at
from tests.isolation import fences


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A server of its own."""
    with grounds.prepared() as made:
        yield made


@pytest.fixture(scope="module")
def province(ground: Ground) -> Province:
    return plant(ground, schools=2, classes=1, families=4)


@pytest.fixture
def backup(ground: Ground, province: Province, tmp_path: Path) -> Path:
    assert province.families
    folder = tmp_path / "backup"
    done = ground.run("backup", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def empty(ground: Ground, backup: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with nothing in it, which the commands of the ground find from now on."""
    assert backup.exists()
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored TEMPLATE template0")
        url = at(ground.owner_url, "restored")
        for name in ("LIANFANG_DATABASE_URL", "LIANFANG_APP_DATABASE_URL"):
            monkeypatch.setitem(ground.environment, name, at(ground.environment[name], "restored"))
        yield url
        connection.execute("DROP DATABASE restored WITH (FORCE)")


def rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM person").fetchone()
    assert found is not None
    return int(found[0])


def test_one_command_drills_it_and_leaves_nothing(ground: Ground, province: Province) -> None:
    assert province.families
    done = ground.run("drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 breaks" in done.stdout
    with psycopg.connect(ground.owner_url) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%drill%'").fetchall()
    assert left == []


def test_what_was_restored_is_fenced_and_served(ground: Ground, province: Province, backup: Path, empty: str) -> None:
    done = ground.run("restore", str(backup))
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(empty) == rows(ground.owner_url) > 0
    engine = create_engine(empty.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        assert fences.exposed(connection) == []
    engine.dispose()
    api = Api(ground.environment, ground.folder / "restored.log")
    api.start()
    try:
        family = province.families[0]
        reading = phone.take(family.children[0])
        assert api.ask("POST", "/api/v1/checkins", reading.body, family.token).status == 201
    except http.client.HTTPException:
        pytest.fail(api.log.read_text()[-2000:])
    finally:
        api.kill()


def test_a_backup_is_for_its_owner_alone_and_holds_no_keys(ground: Ground, backup: Path) -> None:
    assert {path.name for path in backup.iterdir()} == {"database.dump", "manifest.json"}
    assert (backup.stat().st_mode & 0o077, (backup / "database.dump").stat().st_mode & 0o077) == (0, 0)
    keys = (ground.folder / "data" / "secrets" / "master.key").read_bytes().split()
    assert not [key for key in keys if key in (backup / "database.dump").read_bytes()]


@pytest.mark.usefixtures("empty")
def test_a_backup_that_was_changed_is_not_read(ground: Ground, backup: Path, empty: str) -> None:
    dump = backup / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1] + b"x")
    done = ground.run("restore", str(backup))
    assert (done.returncode, "is not what was written" in " ".join(done.stdout.split())) == (2, True)
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('person')").fetchone() == (None,)


@pytest.mark.usefixtures("empty")
def test_rows_that_are_missing_are_named(ground: Ground, backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["rows"]["person"] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest))
    done = ground.run("restore", str(backup))
    assert (done.returncode, "table person has not the rows" in done.stdout) == (1, True)


def test_nothing_is_overwritten(ground: Ground, backup: Path) -> None:
    before = rows(ground.owner_url)
    assert ground.run("restore", str(backup)).returncode == 2
    assert ground.run("backup", str(backup)).returncode == 2
    assert rows(ground.owner_url) == before
    shutil.rmtree(backup)
    assert ground.run("restore", str(backup)).returncode == 2
