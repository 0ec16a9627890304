"""Schemathesis over every operation, all phases: what the OpenAPI document says holds for any input.

Fifteen examples an operation by default; LIANFANG_SCHEMATHESIS_EXAMPLES=200 for the full run.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from starlette.testclient import TestClient

from app.api.operations import Operation
from tests.isolation.calls import Take
from tests.isolation.filler import FILLER, cases_of
from tests.isolation.fixtures import Worlds
from tests.isolation.worlds import Province

EXAMPLES = int(os.environ.get("LIANFANG_SCHEMATHESIS_EXAMPLES", "15"))
# Checks that cannot hold here, each with the reason.
OFF = {
    "positive_data_acceptance": "a body can fit its schema and still break a rule of the domain: 4xx with the reason",
    "ensure_resource_availability": "a made thing may be out of its maker's reach on purpose",
    "use_after_free": "what is ended is kept and stays readable",
}


@pytest.fixture(scope="session")
def world(worlds: Worlds) -> Province:
    return worlds[0]


def configuration(world: Province, operation: Operation, actor: str) -> SchemathesisConfig:
    """Whose token, which ids, how much."""
    ids = {
        name: {"dictionary": name, "probability": 0.7}
        for name, values in own_values(world, operation, actor).items()
        if values
    }
    return SchemathesisConfig.from_dict(
        {
            "headers": dict(world.headers(actor, operation.id)),
            "dictionaries": {
                name: {"values": values} for name, values in own_values(world, operation, actor).items() if values
            },
            "parameters": ids,
            "seed": 20261123,
            "generation": {"max-examples": EXAMPLES, "mode": "all", "deterministic": True, "database": "none"},
            "checks": {name: {"enabled": False} for name in OFF},
            "phases": {"stateful": {"enabled": False}},
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
        }
    )


def own_values(world: Province, operation: Operation, actor: str) -> dict[str, list[Any]]:
    """What the actor's own call puts into the path and the query."""
    del operation
    return {"institution_id": [world.own("school", actor)]}


def failures(schema: Any) -> Iterator[str]:
    """Every failed check and every error of a run."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                for check in checks:
                    if check.status is Status.FAILURE:
                        yield f"{event.label}: {check.name}: {check.failure_info}"[:2000]
        elif isinstance(event, events.NonFatalError | events.FatalError):
            yield str(event)[:2000]


@pytest.mark.parametrize("operation_id", sorted(FILLER))
def test_the_document_holds(client: TestClient, world: Province, operation_id: str) -> None:
    case = cases_of(client, operation_id)[0]
    actor = "principal"
    case.build(Take(lambda kind: world.own(kind, actor)))
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", client.app, config=configuration(world, case.operation, actor)
    ).include(operation_id=operation_id)
    assert list(failures(schema)) == []
