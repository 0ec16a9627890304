"""Journeys speak from an address of their own: failed sign-ins of other tests must not lock it."""

import random
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bench import ground as grounds
from bench.api import Api
from bench.ground import Ground
from bench.ledger import CLIENTS
from bench.province import Province, plant


@pytest.fixture
def client(client: TestClient) -> Iterator[TestClient]:
    """The application, as reached from an address that no other test has (of the block for measurements)."""
    address = f"198.{random.randint(18, 19)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
    with TestClient(client.app, client=(address, 50_000), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """A server with fsync that may be stopped and killed; each test leaves it running."""
    with grounds.prepared() as made:
        yield made


@pytest.fixture(scope="session")
def province(ground: Ground) -> Province:
    """A family for each client."""
    return plant(ground, schools=2, classes=2, families=CLIENTS)


@pytest.fixture(scope="session")
def api(ground: Ground, province: Province) -> Api:
    """A process that may be stopped and killed; each test leaves it running."""
    assert province.families
    return ground.add_api()
