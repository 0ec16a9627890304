"""The import contracts hold, and each can be broken."""

import copy
from collections.abc import Iterator
from typing import Any

import grimp
import pytest
from importlinter import configuration
from importlinter.application import use_cases
from importlinter.application.app_config import settings
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import registry

from tests.architecture.source import APP, ROOT

# An import that must not be, and the contract that says so.
BROKEN = [
    ("app.kernel.db", "app.access.service", "the floors"),
    ("app.institutions.service", "app.people.service", "the floors"),
    ("app.policies.service", "app.rollups.service", "the floors"),
    ("app.people.service", "app.worker.relay", "the floors"),
    ("app.people.queries.persons", "app.people.service", "Files of a feature"),
    ("app.people.models", "app.people.schemas", "Files of a feature"),
    ("app.institutions.service", "app.institutions.endpoints", "Files of a feature"),
    ("app.identity.service", "jose", "python-jose"),
    ("app.people.service", "fastapi", "HTTP stays"),
    ("app.kernel.events", "starlette", "HTTP stays"),
    ("app.rollups.service", "celery", "Celery stays"),
    ("app.rollups.service", "psycopg", "The driver stays"),
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("app", include_external_packages=True, cache_dir=None)


@pytest.fixture
def _restored() -> Iterator[None]:
    yield
    configuration.configure()


def broken(graph: grimp.ImportGraph) -> list[str]:
    """The names of the contracts that a graph of imports breaks."""

    class Given:
        def build(self, **_: Any) -> grimp.ImportGraph:
            return copy.deepcopy(graph)

    configuration.configure()
    registry.register(LayersContract, name="layers")
    registry.register(ForbiddenContract, name="forbidden")
    settings.configure(GRAPH_BUILDER=Given())
    report = use_cases.create_report(use_cases.read_user_options(str(ROOT / "pyproject.toml")))
    return [contract.name for contract, check in report.get_contracts_and_checks() if not check.kept]


@pytest.mark.usefixtures("_restored")
def test_the_contracts_hold(graph: grimp.ImportGraph) -> None:
    assert broken(graph) == []


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize(("importer", "imported", "contract"), BROKEN)
def test_a_wrong_import_breaks_its_contract(
    graph: grimp.ImportGraph, importer: str, imported: str, contract: str
) -> None:
    seeded = copy.deepcopy(graph)
    seeded.add_import(importer=importer, imported=imported, line_number=1, line_contents="import")
    assert [name for name in broken(seeded) if contract in name]


@pytest.mark.usefixtures("_restored")
def test_a_package_that_stands_on_no_floor_breaks_them(graph: grimp.ImportGraph) -> None:
    seeded = copy.deepcopy(graph)
    seeded.add_module("app.elsewhere")
    assert broken(seeded) == ["Calls go down: the floors"]


@pytest.mark.usefixtures("_restored")
def test_the_order_of_files_is_held_in_every_feature() -> None:
    configuration.configure()
    options = use_cases.read_user_options(str(ROOT / "pyproject.toml")).contracts_options
    containers = next(one["containers"] for one in options if one["name"].startswith("Files of a feature"))
    features = {f"app.{path.parent.name}" for path in APP.glob("*/service*") if path.parent.name != "worker"}
    assert features == set(containers)
