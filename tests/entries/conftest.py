"""A school with everybody who decides."""

import pytest
from starlette.testclient import TestClient

from tests.entries.steps import Cast
from tests.factories.tree import Tree


@pytest.fixture
def cast(client: TestClient, tree: Tree) -> Cast:
    return Cast(client, tree)
