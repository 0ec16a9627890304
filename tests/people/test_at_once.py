"""Changes of one roll at the same time: none waits for another in a circle, and each is counted."""

import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine
from starlette.testclient import TestClient

from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.identity.steps import at_once
from tests.people.steps import Office, drift, office, roll, sheet

WRITERS = 6


def _changes(head: Office, students: list[int], writer: int) -> Iterator[int]:
    """The statuses of six changes that dice have chosen."""
    dice = random.Random(writer)
    for _ in range(6):
        person, unit = dice.choice(students), dice.choice([*head.tree.classes, None])
        new = {"kind": "student", "name": "学生乙", "unit_id": unit}
        rows = [[f"N{dice.randrange(12)}", "学生丙", f"三年级{dice.randrange(1, 3)}班"] for _ in range(3)]
        choices: list[tuple[str, dict[str, Any]]] = [
            (f"persons/{person}/unit-changes", {"json": {"unit_id": unit}}),
            (f"persons/{person}/departures", {"json": {"reason": "transferred"}}),
            (f"institutions/{head.tree.school}/persons", {"json": new}),
            (f"institutions/{head.tree.school}/roll-imports", _upload(rows)),
        ]
        path, more = dice.choice(choices)
        yield head.client.post(f"/api/v1/{path}", headers=head.login.headers, **more).status_code


def _upload(rows: list[list[str]]) -> dict[str, Any]:
    content = sheet(("学号", "姓名", "班级"), rows)
    return {"files": {"file": ("roll.xlsx", content)}, "data": {"kind": "students", "mode": "per_row"}}


def test_a_random_mix_of_changes_adds_up(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    students = [add_student(tree, tree.classes[0], number=f"N{place}") for place in range(8)]
    statuses = {status for one in at_once(WRITERS, lambda at: list(_changes(head, students, at))) for status in one}
    assert statuses <= {200, 201, 409}
    on_roll = len(head.get(f"/institutions/{tree.school}/persons", limit=200)["items"])
    assert roll(owner, tree.school)[-1]["on_roll"] == on_roll
    assert drift(tree.school) == []
