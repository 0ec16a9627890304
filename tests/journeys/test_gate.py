"""A fever at the gate: turned away, the doctor sees it, the county counts it; well again the day after."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.journeys.steps import Caller, figures, moment


def test_a_fever_at_the_gate(client: TestClient, tree: Tree, deliver: Callable[[], int]) -> None:
    child = add_student(tree, tree.classes[0], enrolled_on=clock.today() - timedelta(days=3))
    guard, doctor, head = (
        Caller(client, tree.account(role, tree.school))
        for role in (Role.GATE_GUARD, Role.SCHOOL_DOCTOR, Role.PRINCIPAL)
    )
    county = Caller(client, tree.account(Role.COUNTY_ADMIN, tree.county))
    mother = Caller(client, tree.account(Role.GUARDIAN, tree.school, person_id=child))
    south = head.post(f"/institutions/{tree.school}/venues", {"kind": "gate", "name": "南门"}, 201)["id"]

    def arrive(temperature: float) -> Any:
        item = {
            "id": str(uuid4()),
            "venue_id": south,
            "direction": "in",
            "person_id": child,
            "temperature": temperature,
        }
        (one,) = guard.post(f"/institutions/{tree.school}/gate-events", {"items": [item]})["items"]
        return one["decision"], one["findings"]

    def counts(day: date) -> tuple[int, ...]:
        found = figures(county, tree.county, day)
        return found["entries"], found["turned_away"], found["fever"]

    first, second = (clock.today() + timedelta(days=ahead) for ahead in (1, 2))
    with time_machine.travel(moment(7, 20)):
        for caller in (guard, doctor, county, mother):
            caller.sign_in()
        assert arrive(38.4) == ("turned_away", ["fever"])
        assert counts(first) == (0, 1, 1)
        assert doctor.get(f"/institutions/{tree.school}/insiders")["items"] == []
        (turned,) = doctor.get(f"/institutions/{tree.school}/gate-events", day=str(first))["items"]
        assert (turned["person_id"], turned["temperature"]) == (child, 38.4)
        (reading,) = mother.get(f"/persons/{child}/checkins")["items"]
        assert (reading["temperature"], reading["source"]) == (38.4, "gate")
        deliver()
    with time_machine.travel(moment(7, 20, days=2)):
        for caller in (guard, county):
            caller.sign_in()
        assert arrive(36.6) == ("admitted", [])
        assert counts(second) == (1, 0, 0)
        assert counts(first) == (0, 1, 1)
    assert not any("38.4" in text for text in county.heard)
