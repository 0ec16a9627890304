"""`lianfang doctor` on servers that are set well and badly."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from app.kernel import clock
from bench import ground as grounds
from bench.ground import Ground


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A server of its own, as the launcher starts it."""
    with grounds.prepared() as made:
        yield made


def doctor(ground: Ground) -> subprocess.CompletedProcess[str]:
    return ground.run("doctor")


def complaints(ground: Ground) -> str:
    """Lines that name something to mend, joined."""
    done = doctor(ground)
    assert done.returncode == 1, done.stdout + done.stderr
    return " ".join(done.stdout[done.stdout.index("✗") :].split())


def test_the_launchers_own_server_needs_no_mending(ground: Ground) -> None:
    done = doctor(ground)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout


def test_settings_that_hurt_are_named_with_what_to_do(ground: Ground) -> None:
    ground.stop_database()
    bad = {
        "max_wal_size": "256MB",
        "checkpoint_timeout": "5min",
        "wal_compression": "off",
        "fsync": "off",
        "synchronous_commit": "off",
    }
    ground.start_database(bad)
    found = complaints(ground)
    for name in bad:
        assert f"✗ {name} = " in found
    assert "set it to 2GB or more" in found
    ground.stop_database()
    ground.start_database({})


def test_days_without_a_partition_are_named(ground: Ground) -> None:
    tomorrow = f"checkin_{clock.today() + timedelta(days=1):%Y%m%d}"
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute(f"DROP TABLE {tomorrow}".encode())
    assert "1 of the next three days have no partition" in complaints(ground)
    assert ground.run("partitions", "make").stdout.strip() == "1 partitions made"
    assert doctor(ground).returncode == 0


def test_partitions_are_listed(ground: Ground) -> None:
    assert str(clock.today()) in ground.run("partitions", "list").stdout
    assert ground.run("partitions", "drop").stdout.strip() == "0 partitions dropped"
