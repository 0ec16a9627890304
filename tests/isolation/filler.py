"""How each operation is called: one table. An operation that is not in it turns the matrix red."""

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api.operations import operations
from tests.isolation.calls import Build
from tests.isolation.fill import (
    alerts,
    bulletins,
    checkins,
    closures,
    entries,
    exports,
    figures,
    gates,
    identity,
    institutions,
    notifications,
    people,
    policies,
    reports,
)
from tests.isolation.matrix import Case

FILLER: Mapping[str, tuple[Build, ...]] = {
    **identity.FILLER,
    **notifications.FILLER,
    **institutions.FILLER,
    **policies.FILLER,
    **people.FILLER,
    **figures.FILLER,
    **checkins.FILLER,
    **closures.FILLER,
    **gates.FILLER,
    **entries.FILLER,
    **reports.FILLER,
    **bulletins.FILLER,
    **exports.FILLER,
    **alerts.FILLER,
}
# Names that look like identifiers and are given by the client itself.
NAMED_BY_CLIENT: Mapping[str, set[str]] = {
    **institutions.NAMED_BY_CLIENT,
    **policies.NAMED_BY_CLIENT,
    **notifications.NAMED_BY_CLIENT,
    **people.NAMED_BY_CLIENT,
    **checkins.NAMED_BY_CLIENT,
    **gates.NAMED_BY_CLIENT,
    **reports.NAMED_BY_CLIENT,
}


def cases_of(client: TestClient, operation_id: str) -> list[Case]:
    """The ways to call an operation."""
    by_id = {one.id: one for one in operations(cast("FastAPI", client.app))}
    return [Case(by_id[operation_id], build, number) for number, build in enumerate(FILLER[operation_id])]
