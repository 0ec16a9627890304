"""A school at seven in the morning."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from tests.checkins.steps import School, at, morning
from tests.factories.tree import Tree


@pytest.fixture
def school(client: TestClient, owner: Engine) -> Iterator[School]:
    """At 07:00, an hour before the morning's deadline."""
    with at(morning(7)):
        yield School.open(client, owner, Tree.grow(client))
