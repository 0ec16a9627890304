"""Nobody reads, changes, counts or learns of anything outside of their reach (PROMISES, I1-I3, I5)."""

from typing import Any, cast

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.api.operations import operations
from tests.isolation import rows
from tests.isolation.calls import Take, identifiers
from tests.isolation.filler import FILLER, NAMED_BY_CLIENT, cases_of
from tests.isolation.fixtures import Worlds
from tests.isolation.matrix import Matrix


def test_every_operation_can_be_filled(client: TestClient) -> None:
    assert {one.id for one in operations(cast("FastAPI", client.app))} == set(FILLER)


def test_every_identifier_is_swapped(client: TestClient, worlds: Worlds) -> None:
    document: Any = cast("FastAPI", client.app).openapi()
    forgotten = {}
    for operation_id in FILLER:
        taken: set[str] = set()
        for case in cases_of(client, operation_id):
            take = Take(worlds[1].foreign)
            case.build(take)
            taken |= set(take.slots)
        operation = case.operation
        described = document["paths"][operation.path][operation.method.lower()]
        missed = identifiers(document, described) - taken - NAMED_BY_CLIENT.get(operation_id, set())
        if missed:
            forgotten[operation_id] = missed
    assert forgotten == {}


def test_an_operation_with_an_unknown_identifier_is_caught() -> None:
    inner = {"properties": {"teacher_id": {"type": "integer"}, "note": {"type": "string"}}}
    outer = {"properties": {"items": {"items": {"$ref": "#/x/Item"}}}}
    document = {"components": {"schemas": {"In": outer, "Item": inner}}}
    operation = {
        "parameters": [
            {"name": "key", "in": "path", "schema": {"type": "string"}},
            {"name": "unit_id", "in": "query", "schema": {"type": "integer"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer"}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/x/In"}}}},
    }
    assert identifiers(document, operation) == {"key", "unit_id", "teacher_id"}


def test_the_twin_stands_in_every_table(owner: Engine, worlds: Worlds) -> None:
    for world in worlds:
        assert {name for name, count in rows.counts(owner, world.tree.province).items() if not count} == set()
    assert worlds[1].unfilled == []


@pytest.mark.parametrize("operation_id", sorted(FILLER))
def test_nothing_foreign_is_seen_or_changed(client: TestClient, worlds: Worlds, operation_id: str) -> None:
    matrix = Matrix(client, *worlds)
    cases = cases_of(client, operation_id)
    found = [complaint for case in cases for complaint in matrix.complaints(case)]
    assert not found, "\n".join(found)
    assert matrix.succeeded == {f"{operation_id}/{case.number}" for case in cases}, "no actor can do it: vacuous"
    assert matrix.cells > 0
