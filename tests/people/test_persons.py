"""Single persons: enrolled, read, changed, moved, gone; and the figures that follow."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock
from tests.factories.people import add_guardian, add_household_member, add_staff, add_student, valid_identity_number
from tests.factories.tree import Tree, phone
from tests.people.steps import acts, drift, office, roll


def test_a_student_is_enrolled_and_shown_masked(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    identity, own_phone = valid_identity_number(), phone()
    made = head.enrol("学生甲", number="20260001", identity_number=identity.lower(), phone=own_phone)
    assert made["identity_number"] == f"99{'*' * 14}{identity[-2:]}"
    assert made["phone"] == f"{own_phone[:3]}****{own_phone[-4:]}"
    assert made["number"] == "20260001"
    assert head.get(f"/persons/{made['id']}") == made
    assert head.get(f"/institutions/{tree.school}/persons")["items"] == [made]
    one = {"on_roll": 1, "due": 1, "persons_uncovered": 0}
    assert roll(owner, tree.school) == {tree.classes[0]: one, -1: one}
    assert drift(tree.school) == []
    assert "people.enrol" in acts(owner, tree.school)


def test_a_national_student_number_does_not_show_the_identity_number_in_it(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    identity = valid_identity_number()
    made = head.enrol(number=f"G{identity}")
    assert made["number"] == f"G99{'*' * 14}{identity[-2:]}"
    assert made["identity_number"] is not None
    again = {"kind": "student", "name": "学生乙", "number": f"G{identity}"}
    assert head.post(f"/institutions/{tree.school}/persons", again, 409)["code"] == "identity_taken"
    # The number follows the identity number that stands in it.
    other = valid_identity_number()
    path = f"/persons/{made['id']}"
    changed = head.ask("PATCH", path, 200, json={"identity_number": other})
    assert changed["number"] == f"G99{'*' * 14}{other[-2:]}"
    contradiction = {"identity_number": identity, "number": f"G{other}"}
    problem = head.ask("PATCH", path, 422, json=contradiction)
    assert problem["errors"][0]["code"] == "people.number_is_other_identity"
    assert head.ask("PATCH", path, 200, json={"identity_number": None})["number"] is None


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"identity_number": "990000201313000001"}, "/identity_number", "people.identity_number_wrong"),
        ({"identity_number": "12345"}, "/identity_number", "wrong_format"),
        ({"phone": "12345"}, "/phone", "people.phone_wrong"),
        ({"phone": "abc"}, "/phone", "wrong_format"),
        ({"number": "学号一"}, "/number", "wrong_format"),
        ({"number": "G990000201313000001"}, "/number", "people.identity_number_wrong"),
        ({"unit_id": 2**62}, "/unit_id", "people.unit_not_suitable"),
        ({"unit_id": True}, "/unit_id", "not_integer"),
        ({"dormitory_id": 2**62}, "/dormitory_id", "people.unit_not_suitable"),
        ({"kind": "household"}, "/kind", "not_a_choice"),
        ({"name": " "}, "/name", "too_short"),
        ({"state": "left"}, "/state", "unknown_field"),
        ({"guardians": [{"name": "家长甲", "relation": "母亲", "phone": "110"}]}, "/phone", "wrong_format"),
    ],
)
def test_wrong_values_are_pointed_at_and_not_repeated(
    client: TestClient, tree: Tree, values: dict[str, object], pointer: str, code: str
) -> None:
    head = office(client, tree)
    body = {"kind": "student", "name": "学生甲", **values}
    problem = head.post(f"/institutions/{tree.school}/persons", body, 422)
    assert [error["code"] for error in problem["errors"]] == [code]
    assert problem["errors"][0]["pointer"].endswith(pointer)
    assert head.get(f"/institutions/{tree.school}/persons")["items"] == []


def test_staff_stand_in_departments_and_students_in_classes(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    department = tree.add_unit(tree.school, UnitKind.DEPARTMENT, "教务处")
    path = f"/institutions/{tree.school}/persons"
    wrong = {"kind": "staff", "name": "职工甲", "unit_id": tree.classes[0]}
    assert head.post(path, wrong, 422)["errors"][0]["code"] == "people.unit_not_suitable"
    head.post(path, {"kind": "student", "name": "学生甲", "unit_id": department}, 422)
    head.post(path, {"kind": "staff", "name": "职工甲", "unit_id": department}, 201)
    head.post(path, {"kind": "staff", "name": "职工甲", "guardians": [{"name": "甲", "relation": "乙"}]}, 422)
    assert roll(owner, tree.school)[department]["on_roll"] == 1


def test_who_stands_in_no_unit_is_counted_and_listed(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    loose, covered = head.enrol(unit_id=None), head.enrol()
    add_household_member(tree, covered["id"])
    assert roll(owner, tree.school)[0] == {"on_roll": 1, "due": 1, "persons_uncovered": 1}
    listed = head.get(f"/institutions/{tree.school}/persons", without_unit=True)["items"]
    assert [one["id"] for one in listed] == [loose["id"]]
    head.post(f"/persons/{loose['id']}/unit-changes", {"unit_id": tree.classes[1]})
    assert 0 not in roll(owner, tree.school)
    assert drift(tree.school) == []


def test_lists_are_filtered_and_paged(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    first = [add_student(tree, tree.classes[0]) for _ in range(3)]
    second = add_student(tree, tree.classes[1])
    staff = add_staff(tree)
    member = add_household_member(tree, first[0])
    path = f"/institutions/{tree.school}/persons"

    def ids(**params: Any) -> list[int]:
        return [one["id"] for one in head.get(path, **params)["items"]]

    assert ids(unit_id=tree.classes[0]) == first
    assert ids(kind="staff") == [staff]
    assert ids(student_id=first[0]) == [member]
    page = head.get(path, limit=4)
    rest = head.get(path, limit=4, cursor=page["next"])
    assert [one["id"] for one in page["items"] + rest["items"]] == [*first, second, staff, member]
    assert rest["next"] is None
    assert head.get(path, 400, cursor="x")["code"] == "bad_cursor"


def test_a_change_is_made_to_the_version_that_was_read(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    made = head.enrol(number="1", identity_number=valid_identity_number())
    path = f"/persons/{made['id']}"
    stale = {"If-Match": '"7"'}
    assert head.ask("PATCH", path, 412, json={"name": "学生乙"}, headers=stale)["code"] == "precondition_failed"
    changed = head.ask("PATCH", path, 200, json={"name": "学生乙", "phone": phone()}, headers={"If-Match": '"1"'})
    assert (changed["name"], changed["version"], changed["number"]) == ("学生乙", 2, "1")
    cleared = head.ask("PATCH", path, 200, json={"identity_number": None, "number": None})
    assert (cleared["identity_number"], cleared["number"]) == (None, None)
    assert head.ask("PATCH", path, 422, json={"name": None})["errors"][0]["code"] == "people.not_nullable"
    assert head.ask("PATCH", path, 422, json={"relation": "兄"})["errors"][0]["code"] == "people.only_household"
    assert head.ask("PATCH", path, 422, json={"unit_id": 1})["errors"][0]["code"] == "unknown_field"
    assert acts(owner, tree.school).count("people.change") == 2


def test_numbers_are_unique_on_the_roll_and_free_after_leaving(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    identity = valid_identity_number()
    first = head.enrol(number="1", identity_number=identity)
    path = f"/institutions/{tree.school}/persons"
    assert head.post(path, {"kind": "student", "name": "学生乙", "number": "1"}, 409)["code"] == "number_taken"
    twin = {"kind": "student", "name": "学生乙", "identity_number": identity}
    assert head.post(path, twin, 409)["code"] == "identity_taken"
    other = head.enrol("学生乙")
    assert head.ask("PATCH", f"/persons/{other['id']}", 409, json={"number": "1"})["code"] == "number_taken"
    head.post(f"/persons/{first['id']}/departures", {"reason": "transferred"})
    head.enrol("学生甲", number="1", identity_number=identity)


def test_a_change_of_unit_moves_the_figures_from_its_day_on(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    today, before = clock.today(), clock.today() - timedelta(days=3)
    child = add_student(tree, tree.classes[0], enrolled_on=clock.today() - timedelta(days=9))
    path = f"/persons/{child}/unit-changes"
    moved = head.post(path, {"unit_id": tree.classes[1], "effective_on": before.isoformat()})
    assert moved["unit_id"] == tree.classes[1]
    assert set(roll(owner, tree.school, before - timedelta(days=1))) == {tree.classes[0], -1}
    assert set(roll(owner, tree.school, before)) == {tree.classes[1], -1}
    back = (before - timedelta(days=1)).isoformat()
    for day in (back, (today + timedelta(days=1)).isoformat(), "1900-01-01"):
        problem = head.post(path, {"unit_id": tree.classes[0], "effective_on": day}, 422)
        assert problem["code"] == "day_not_possible"
    # Twice on one day: the second replaces the first.
    head.post(path, {"unit_id": tree.classes[0], "effective_on": before.isoformat()})
    assert set(roll(owner, tree.school)) == {tree.classes[0], -1}
    assert drift(tree.school, today, before, before - timedelta(days=1)) == []


def test_leaving_takes_off_the_household_and_keeps_the_guardians_sight(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    member, guardian = add_household_member(tree, child), add_guardian(tree, child)
    own = tree.account(Role.STUDENT, tree.school, person_id=child)
    gone = head.post(f"/persons/{child}/departures", {"reason": "withdrawn"})
    assert (gone["state"], gone["left_on"]) == ("left", clock.today().isoformat())
    assert head.get(f"/persons/{member}")["state"] == "left"
    assert roll(owner, tree.school) == {}
    assert drift(tree.school) == []
    assert client.get(f"/api/v1/persons/{child}", headers=guardian.headers).status_code == 200
    assert client.get(f"/api/v1/persons/{child}", headers=own.headers).status_code == 403
    again = head.post(f"/persons/{child}/departures", {"reason": "withdrawn"}, 409)
    assert again["code"] == "person_has_left"
    assert head.ask("PATCH", f"/persons/{child}", 409, json={"name": "学生乙"})["code"] == "person_has_left"
    assert head.get(f"/institutions/{tree.school}/persons")["items"] == []
    assert len(head.get(f"/institutions/{tree.school}/persons", state="left")["items"]) == 2


def test_after_a_mistake_the_guardians_see_nothing(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    guardian = add_guardian(tree, child)
    head.post(f"/persons/{child}/departures", {"reason": "mistake"})
    assert client.get(f"/api/v1/persons/{child}", headers=guardian.headers).status_code == 403


def test_a_unit_with_persons_in_it_does_not_close(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    problem = head.ask("POST", f"/units/{tree.classes[0]}/closings", 409)
    assert problem["code"] == "unit_in_use"
    head.post(f"/persons/{child}/departures", {"reason": "graduated"})
    head.ask("POST", f"/units/{tree.classes[0]}/closings", 201)


def test_each_sees_whom_it_may(client: TestClient, tree: Tree) -> None:
    mine, other = add_student(tree, tree.classes[0]), add_student(tree, tree.classes[1])
    member = add_household_member(tree, mine)
    foreign = add_student(tree, None, school=tree.add_school())
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    parent = office(client, tree, Role.GUARDIAN, person_id=mine)
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    path = f"/institutions/{tree.school}/persons"
    assert [one["id"] for one in teacher.get(path)["items"]] == [mine]
    assert [one["id"] for one in parent.get(path)["items"]] == [mine, member]
    assert client.get(f"/api/v1{path}", headers=county.headers).status_code == 403
    for hidden in (other, foreign, 2**62):
        assert teacher.get(f"/persons/{hidden}", 404) == parent.get(f"/persons/{hidden}", 404)
    parent.ask("PATCH", f"/persons/{mine}", 403, json={"name": "学生乙"})
    parent.post(path, {"kind": "student", "name": "学生乙"}, 403)
