"""Journeys speak from an address of their own: failed sign-ins of other tests must not lock it."""

import random
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient


@pytest.fixture
def client(client: TestClient) -> Iterator[TestClient]:
    """The application, as reached from an address that no other test has (of the block for measurements)."""
    address = f"198.{random.randint(18, 19)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
    with TestClient(client.app, client=(address, 50_000), raise_server_exceptions=False) as made:
        yield made
