"""Bodies that come in are strict: no lax numbers, no endless texts, no unknown fields."""

from typing import cast

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from app.api.operations import operations
from tests.architecture.strictness import lax_places

# Fields that take any JSON on purpose, each with what bounds it instead.
_BY_FORM = "read by the version of the form; what is not understood is kept up to 2,000 bytes and 4 levels"
ANYTHING: dict[str, str] = {
    **{f"{body}.answers": _BY_FORM for body in ("CheckInIn", "ReadingIn", "CorrectionIn")},
    "PolicyIn.value": "what a setting holds is said, and checked, by the setting that the address names",
}


@pytest.fixture(scope="module")
def bodies(client: TestClient) -> set[type[BaseModel]]:
    return {
        field.field_info.annotation
        for operation in operations(cast("FastAPI", client.app))
        for field in operation.route.dependant.body_params
        if isinstance(field.field_info.annotation, type) and issubclass(field.field_info.annotation, BaseModel)
    }


def test_bodies_are_strict(bodies: set[type[BaseModel]]) -> None:
    assert len(bodies) > 10
    found = [complaint for model in sorted(bodies, key=str) for complaint in lax_places(model)]
    assert [one for one in found if one.split(":")[0] not in ANYTHING] == []
