"""Figures from a streaming replica: exact and fresh all the same, whatever becomes of the replica."""

import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from app.kernel import clock, postgres
from app.kernel.postgres import Server
from bench import replica
from bench.api import Api
from bench.ground import Ground
from bench.phone import Reading
from bench.province import Child, Family, Province, plant

READINGS = 30


@pytest.fixture(scope="module")
def copy(ground: Ground) -> Iterator[Server]:
    """A replica that follows the ground's database."""
    with replica.running(ground) as server:
        yield server


@pytest.fixture(scope="module")
def watched(ground: Ground) -> Province:
    """A province of this file's own: its figures change with nothing else."""
    return plant(ground, schools=2, classes=1, families=READINGS)


@pytest.fixture(scope="module")
def unread(watched: Province) -> list[tuple[Family, Child]]:
    """Children of whom nothing was heard yet."""
    return [(family, child) for family in watched.families for child in family.children]


@dataclass
class Office:
    """Sees its figures through an API that has a replica."""

    api: Api
    province: Province
    unread: list[tuple[Family, Child]]

    def hear_of_one(self) -> None:
        """Have one more child's first reading acknowledged."""
        family, child = self.unread.pop()
        reading = Reading(uuid4(), child, 366, datetime.now(UTC))
        assert self.api.ask("POST", "/api/v1/checkins", reading.body, family.token).status == 201

    def reported(self) -> int:
        """Children of whom something was heard."""
        path = f"/api/v1/institutions/{self.province.id}/figures/trend?from={clock.today() - timedelta(days=1)}"
        answer = self.api.ask("GET", path, token=self.province.office)
        assert answer.status == 200, answer.body
        return sum(int(day["counts"]["reported"]) for day in answer.body["items"])

    def answered(self) -> Counter[str]:
        """How many figures were read from where, and why."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.api.port}/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(r'lianfang_replica_reads_total\{answered_by="(\w+)"\} (\d+)', text)
        return Counter({who: int(number) for who, number in found})


@pytest.fixture
def office(ground: Ground, copy: Server, watched: Province, unread: list[tuple[Family, Child]]) -> Iterator[Office]:
    url = replica.app_url(ground, copy)
    api = Api({**ground.environment, "LIANFANG_REPLICA_DATABASE_URL": url}, ground.folder / "api-replica.log")
    api.start()
    yield Office(api, watched, unread)
    api.end()


def test_each_acknowledged_reading_is_counted_at_once_and_the_replica_counts_it(office: Office) -> None:
    before, asked = office.reported(), office.answered()
    for number in range(1, READINGS + 1):
        office.hear_of_one()
        assert office.reported() == before + number
    # On a busy machine some answers may have to come from the primary.
    assert office.answered()["replica"] > asked["replica"]


def test_a_replica_that_is_behind_is_not_read_from(office: Office, copy: Server) -> None:
    before, asked = office.reported(), office.answered()
    with psycopg.connect(copy.url, autocommit=True) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        try:
            office.hear_of_one()
            assert office.reported() == before + 1
        finally:
            connection.execute("SELECT pg_wal_replay_resume()")
    assert office.answered() - asked == Counter(primary_replica_behind=1)


def test_an_office_sees_no_more_through_the_replica(office: Office, province: Province) -> None:
    for figures in ("figures", "figures/children", "figures/units", "figures/trend?from=2026-01-01"):
        path = f"/api/v1/institutions/{province.id}/{figures}"
        assert office.api.ask("GET", path, token=office.province.office).status == 404


def test_a_replica_that_goes_away_is_missed_by_nobody(office: Office, copy: Server, ground: Ground) -> None:
    before, asked = office.reported(), office.answered()
    copy.stop()
    try:
        for number in (1, 2):
            office.hear_of_one()
            assert office.reported() == before + number
    finally:
        postgres.start(copy.data.parent, options=ground.options)
    assert office.answered() - asked == Counter(primary_replica_away=2)
