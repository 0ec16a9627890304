"""How each operation is called: one table. An operation that is not in it turns the matrix red."""

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api.operations import operations
from tests.isolation.calls import Build, Call, Take
from tests.isolation.matrix import Case


def nothing(_take: Take) -> Call:
    """An operation without identifiers."""
    return Call()


def in_institution(take: Take) -> Call:
    """Only the school in the path."""
    return Call(path={"institution_id": take("institution_id", "school")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "check_health": (nothing,),
    "check_readiness": (nothing,),
    "list_metrics": (nothing,),
    "read_figures": (in_institution,),
}


def cases_of(client: TestClient, operation_id: str) -> list[Case]:
    """The ways to call an operation."""
    by_id = {one.id: one for one in operations(cast("FastAPI", client.app))}
    return [Case(by_id[operation_id], build, number) for number, build in enumerate(FILLER[operation_id])]
