"""Of whom a reading is owed: by the rules of today from today on, and the past as it was."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from tests.factories.people import add_staff, add_student
from tests.factories.tree import Tree
from tests.people.steps import Office, drift, office, roll

Deliver = Callable[[], int]
WEEK = timedelta(days=7)


def rule(office_above: Office, institution: int, *kinds: str) -> None:
    """Say who owes a reading below an institution."""
    path = f"/institutions/{institution}/policies/due_kinds"
    office_above.ask("PUT", path, 200, json={"value": list(kinds), "locked": False})


def due(owner: Engine, tree: Tree, days_ago: int = 0) -> tuple[int, int]:
    """On roll and due at the school."""
    found = roll(owner, tree.school, clock.today() - timedelta(days=days_ago)).get(-1, {"on_roll": 0, "due": 0})
    return found["on_roll"], found["due"]


def test_a_policy_changes_what_is_owed_from_its_day_on(
    client: TestClient, tree: Tree, owner: Engine, deliver: Deliver
) -> None:
    head = office(client, tree)
    province = Office(client, tree, tree.account(Role.PROVINCIAL_ADMIN, tree.province))
    old = add_staff(tree, enrolled_on=clock.today() - WEEK)
    add_student(tree, tree.classes[0], enrolled_on=clock.today() - WEEK)
    assert due(owner, tree) == (2, 2)
    rule(province, tree.province, "student")
    deliver()
    assert (due(owner, tree), due(owner, tree, 1)) == ((2, 1), (2, 2))
    new = add_staff(tree)
    assert due(owner, tree) == (3, 1)
    for person in (old, new):
        head.post(f"/persons/{person}/departures", {"reason": "employment_ended"})
    assert (due(owner, tree), due(owner, tree, 1)) == ((1, 1), (2, 2))
    add_staff(tree)
    rule(province, tree.province, "student", "staff")
    deliver()
    deliver()
    assert due(owner, tree) == (2, 2)
    yesterday = clock.today() - timedelta(days=1)
    assert drift(tree.school, clock.today(), yesterday, clock.today() - WEEK - WEEK) == []


def test_a_change_between_the_rule_and_its_hearing_is_counted_once(
    client: TestClient, tree: Tree, owner: Engine, deliver: Deliver
) -> None:
    head = office(client, tree)
    province = Office(client, tree, tree.account(Role.PROVINCIAL_ADMIN, tree.province))
    gone = add_staff(tree)
    add_staff(tree)
    rule(province, tree.province, "student")
    head.post(f"/persons/{gone}/departures", {"reason": "employment_ended"})
    assert due(owner, tree) == (1, 1)
    deliver()
    assert due(owner, tree) == (1, 0)
    assert drift(tree.school) == []


def test_a_school_that_moves_takes_over_the_rules_of_its_new_place(
    client: TestClient, tree: Tree, owner: Engine, deliver: Deliver
) -> None:
    province = Office(client, tree, tree.account(Role.PROVINCIAL_ADMIN, tree.province))
    city = tree.add_institution(tree.province, InstitutionKind.CITY, "苏州市教育局")
    rule(province, city, "student")
    add_staff(tree, enrolled_on=clock.today() - WEEK)
    deliver()
    assert due(owner, tree) == (1, 1)
    province.post(f"/institutions/{tree.school}/moves", {"parent_id": city}, 201)
    deliver()
    assert (due(owner, tree), due(owner, tree, 1)) == ((1, 0), (1, 1))
    assert drift(tree.school, clock.today(), clock.today() - WEEK) == []
