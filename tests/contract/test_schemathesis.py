"""Schemathesis over every operation: what the OpenAPI document says holds for any input.

Eight examples an operation by default; LIANFANG_SCHEMATHESIS_EXAMPLES=200 for the full run.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from sqlalchemy import text
from starlette.testclient import TestClient

from app.api.operations import Operation
from tests.isolation.calls import Call, Take
from tests.isolation.filler import FILLER, cases_of
from tests.isolation.fixtures import Worlds
from tests.isolation.matrix import Case
from tests.isolation.worlds import Province, granted

EXAMPLES = int(os.environ.get("LIANFANG_SCHEMATHESIS_EXAMPLES", "8"))
# Checks that cannot hold here, each with the reason.
OFF = {
    "positive_data_acceptance": "a body can fit its schema and still break a rule of the domain: 4xx with the reason",
    "ensure_resource_availability": "a made thing may be out of its maker's reach on purpose",
    "use_after_free": "what is ended is kept and stays readable",
}
# Answered item by item: a wrong item is refused inside an answer of 200 and takes none of the others with it.
BY_ITEM = {"submit_checkins", "submit_unit_checkins", "submit_gate_readings", "submit_gate_events"}


@pytest.fixture(scope="session")
def world(worlds: Worlds) -> Province:
    return worlds[0]


@pytest.fixture(scope="session")
def document(client: TestClient) -> dict[str, Any]:
    """What the service says of itself; read once, as reading it takes as long as trying an operation."""
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def of_path(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The document with this path alone, and all that it is asked for by."""
    return {**document, "paths": {path: document["paths"][path]}}


def call_of(world: Province, case: Case, actor: str) -> Call:
    """A good call with the actor's own identifiers."""
    return case.build(Take(lambda kind: world.own(kind, actor)))


def configuration(
    call: Call, headers: Mapping[str, str], phases: Mapping[str, Any], off: Collection[str] = ()
) -> SchemathesisConfig:
    """Whose token, how much, and often enough the values of a good call in the place of any others."""
    scalars = {
        **{f"path.{name}": value for name, value in call.path.items()},
        **{f"query.{name}": value for name, value in call.query.items()},
        **{f"body.{name}": value for name, value in (call.body or {}).items()},
    }
    known = {
        name: value if isinstance(value, int) else str(value)
        for name, value in scalars.items()
        if isinstance(value, int | str) and not isinstance(value, bool)
    }
    return SchemathesisConfig.from_dict(
        {
            "headers": dict(headers),
            "dictionaries": {name.replace(".", "_"): {"values": [value]} for name, value in known.items()},
            "parameters": {name: {"dictionary": name.replace(".", "_"), "probability": 0.7} for name in known},
            "seed": 20261123,
            "generation": {"max-examples": EXAMPLES, "mode": "all", "deterministic": True, "database": "none"},
            "checks": {name: {"enabled": False} for name in {*OFF, *off}},
            "phases": phases,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
        }
    )


def failures(schema: Any) -> Iterator[str]:
    """Every failed check and every error of a run."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                for check in checks:
                    if check.status is Status.FAILURE:
                        yield f"{event.label}: {check.name}: {check.failure_info}"[:1500]
        elif isinstance(event, events.NonFatalError | events.FatalError):
            yield str(event)[:1500]


@pytest.mark.parametrize("operation_id", sorted(FILLER))
def test_the_document_holds(client: TestClient, document: dict[str, Any], world: Province, operation_id: str) -> None:
    world.renew()
    case = cases_of(client, operation_id)[0]
    actor = granted(world, case.operation)[0]
    headers = world.headers(actor, operation_id)
    off = ["negative_data_rejection"] if operation_id in BY_ITEM else []
    config = configuration(call_of(world, case, actor), headers, {"stateful": {"enabled": False}}, off)
    schema = schemathesis.openapi.from_dict(of_path(document, case.operation.path), config=config)
    schema.app = client.app
    found = list(failures(schema.include(operation_id=operation_id)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("operation_id", sorted(FILLER))
def test_a_good_call_is_answered_as_described(
    client: TestClient, document: dict[str, Any], world: Province, operation_id: str
) -> None:
    world.renew()
    with world.owner.begin() as connection:  # thousands of wrong passwords have come from here: it is locked out
        connection.execute(text("DELETE FROM sign_in_failure"))
        connection.execute(text("DELETE FROM one_time_code"))  # so many a minute for one account
    for case in cases_of(client, operation_id):
        schema = schemathesis.openapi.from_dict(of_path(document, case.operation.path))
        schema.app = client.app
        statuses = [_status(schema, world, case, actor) for actor in granted(world, case.operation)]
        assert [status for status in statuses if status < 300], statuses


def _status(schema: Any, world: Province, case: Case, actor: str) -> int:
    operation: Operation = case.operation
    call = call_of(world, case, actor)
    sent: dict[str, Any] = {"path_parameters": dict(call.path), "query": dict(call.query)}
    if call.body is not None:
        sent |= {"body": call.body, "media_type": "application/json"}
    if call.files is not None:
        files = {name: content for name, (_, content) in call.files.items()}
        sent |= {"body": {**(call.form or {}), **files}, "media_type": "multipart/form-data"}
    made = schema[operation.path][operation.method].Case(**sent)
    answer = made.call(headers=dict(world.headers(actor, operation.id)))
    made.validate_response(answer, excluded_checks=[schemathesis.checks.CHECKS.get_one(name) for name in OFF])
    return int(answer.status_code)


def test_sequences_of_operations_hold(client: TestClient, world: Province) -> None:
    """The stateful phase: what one operation has made is handed to the next."""
    headers = world.headers("principal", "")
    phases = {name: {"enabled": False} for name in ("examples", "coverage", "fuzzing")}
    config = configuration(Call(path={"institution_id": world.ids["school"]}), headers, phases)
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app, config=config)
    ends = {"close_session", "close_all_sessions", "change_password", "revoke_device"}
    found = list(failures(schema.exclude(operation_id=sorted(ends))))
    assert not found, "\n".join(found)
