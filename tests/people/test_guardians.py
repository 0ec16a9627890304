"""Guardians by the school's list; households; own accounts."""

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.people.schemas import MAX_GUARDIANS, MAX_HOUSEHOLD
from tests.factories.people import (
    add_guardian,
    add_household_member,
    add_listed_guardian,
    add_staff,
    add_student,
    valid_identity_number,
)
from tests.factories.tree import Tree, phone
from tests.identity.steps import at_once, code_for
from tests.people.steps import acts, drift, office, roll


def signed_in(client: TestClient, number: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The headers of whoever holds a phone."""
    body = {"phone": number, "code": code_for(client, number, capsys)}
    opened = client.post("/api/v1/sessions/by-code", json=body).json()
    return {"Authorization": f"Bearer {opened['access_token']}"}


def test_a_phone_on_the_list_binds_the_family_account_of_its_holder(
    client: TestClient, tree: Tree, capsys: pytest.CaptureFixture[str]
) -> None:
    head = office(client, tree)
    number = phone()
    child = head.enrol(guardians=[{"name": "家长甲", "relation": "母亲", "phone": number}])["id"]
    sibling = head.enrol()["id"]
    added = head.post(f"/persons/{sibling}/guardians", {"name": "家长甲", "relation": "母亲", "phone": number}, 201)
    assert (added["bound"], added["phone"]) == (True, f"{number[:3]}****{number[-4:]}")
    family = signed_in(client, number, capsys)
    for person in (child, sibling):
        assert client.get(f"/api/v1/persons/{person}", headers=family).status_code == 200
    other = head.enrol()["id"]
    assert client.get(f"/api/v1/persons/{other}", headers=family).status_code == 404
    # Unbound by the school: the same token sees the child no longer, and still the sibling.
    listed = head.get(f"/persons/{child}/guardians")["items"]
    head.ask("DELETE", f"/guardians/{listed[0]['id']}", 204)
    assert client.get(f"/api/v1/persons/{child}", headers=family).status_code == 404
    assert client.get(f"/api/v1/persons/{sibling}", headers=family).status_code == 200
    assert head.get(f"/persons/{child}/guardians")["items"] == []
    head.ask("DELETE", f"/guardians/{listed[0]['id']}", 204)


def test_a_list_holds_a_phone_once_and_has_an_end(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    child = head.enrol()["id"]
    path, number = f"/persons/{child}/guardians", phone()
    head.post(path, {"name": "家长甲", "relation": "母亲", "phone": number}, 201)
    again = {"name": "家长乙", "relation": "父亲", "phone": f"+86 {number}"}
    assert head.post(path, again, 409)["code"] == "guardian_listed"
    unreached = head.post(path, {"name": "家长丙", "relation": "祖母"}, 201)
    assert (unreached["bound"], unreached["phone"]) == (False, None)
    for _ in range(MAX_GUARDIANS - 2):
        head.post(path, {"name": "家长丁", "relation": "其他"}, 201)
    assert head.post(path, {"name": "家长戊", "relation": "其他"}, 409)["code"] == "too_many_guardians"
    assert acts(owner, tree.school).count("people.bind_guardian") == 1
    staff = add_staff(tree)
    assert head.post(f"/persons/{staff}/guardians", {"name": "甲", "relation": "乙"}, 409)["code"] == "not_a_student"


def test_a_guardians_phone_is_disclosed_to_the_class_teacher_for_a_reason(client: TestClient, tree: Tree) -> None:
    child, number = add_student(tree, tree.classes[0]), phone()
    guardian = add_listed_guardian(tree, child, number)
    path = f"/guardians/{guardian}/disclosures"
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    assert teacher.post(path, {"reason": "电话联系"})["phone"].endswith(number)
    other = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[1])
    assert other.post(path, {"reason": "电话联系"}, 404) == other.post(
        f"/guardians/{2**60}/disclosures", {"reason": "电话联系"}, 404
    )
    parent = office(client, tree, Role.GUARDIAN, person_id=child)
    parent.post(path, {"reason": "好奇"}, 403)
    looks = parent.get(f"/persons/{child}/looks")["items"]
    assert [(one["roles"], one["fields"]) for one in looks if one["reason"] == "电话联系"] == [
        (["homeroom_teacher"], ["guardian_phone"])
    ]
    teacher.ask("DELETE", f"/guardians/{guardian}", 403)


def test_two_lists_at_once_make_one_account(client: TestClient, tree: Tree, owner: Engine) -> None:
    number = phone()
    children = [add_student(tree, tree.classes[0], school=tree.school) for _ in range(4)]
    head = office(client, tree)
    body = {"name": "家长甲", "relation": "母亲", "phone": number}
    at_once(4, lambda at: head.post(f"/persons/{children[at]}/guardians", body, 201))
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT count(*), count(DISTINCT account_id) FROM guardian WHERE student_id = ANY(:ids)"),
            {"ids": children},
        ).one()
    assert tuple(found) == (4, 1)


def test_a_household_is_kept_by_guardians_and_by_the_school(client: TestClient, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0])
    head, parent = office(client, tree), office(client, tree, Role.GUARDIAN, person_id=child)
    path = f"/persons/{child}/household-members"
    new = {"name": "家人甲", "relation": "祖父", "identity_number": valid_identity_number(), "phone": phone()}
    made = parent.post(path, new, 201)
    assert (made["kind"], made["student_id"], made["unit_id"]) == ("household", child, None)
    assert made["identity_number"].count("*") == 14
    second = head.post(path, {"name": "家人乙", "relation": "祖母"}, 201)
    assert parent.get(path)["items"] == [made, second]
    assert set(roll(owner, tree.school)) == {tree.classes[0], -1}
    assert roll(owner, tree.school)[-1]["on_roll"] == 1
    changed = head.ask("PATCH", f"/persons/{made['id']}", 200, json={"relation": "外祖父", "phone": None})
    assert (changed["relation"], changed["phone"]) == ("外祖父", None)
    assert head.ask("PATCH", f"/persons/{made['id']}", 422, json={"number": "1"})["errors"][0]["pointer"] == "/number"
    head.post(f"/persons/{made['id']}/unit-changes", {"unit_id": tree.classes[1]}, 422)
    head.post(f"/persons/{made['id']}/guardians", {"name": "甲", "relation": "乙"}, 409)
    parent.ask("DELETE", f"/household-members/{made['id']}", 204)
    assert [one["id"] for one in head.get(path)["items"]] == [second["id"]]
    assert parent.ask("DELETE", f"/household-members/{child}", 404)["code"] == "not_found"
    assert drift(tree.school) == []


def test_a_household_has_an_end_and_only_its_own_guardians(client: TestClient, tree: Tree) -> None:
    child, other = add_student(tree, tree.classes[0]), add_student(tree, tree.classes[0])
    path = f"/persons/{child}/household-members"
    for _ in range(MAX_HOUSEHOLD):
        member = add_household_member(tree, child)
    head, stranger = office(client, tree), office(client, tree, Role.GUARDIAN, person_id=other)
    assert head.post(path, {"name": "甲", "relation": "乙"}, 409)["code"] == "too_many_household_members"
    new = {"name": "甲", "relation": "乙"}
    missing = f"/persons/{2**60}/household-members"
    assert stranger.post(path, new, 404) == stranger.post(missing, new, 404)
    stranger.ask("DELETE", f"/household-members/{member}", 404)


def test_staff_sign_in_for_themselves_by_the_phone_on_the_roll(
    client: TestClient, tree: Tree, capsys: pytest.CaptureFixture[str]
) -> None:
    head = office(client, tree)
    number = phone()
    person, without = add_staff(tree, phone=number), add_staff(tree)
    assert head.ask("PUT", f"/persons/{without}/accounts", 409)["code"] == "no_phone"
    assert head.ask("PUT", f"/persons/{person}/accounts", 200) == {"person_id": person, "bound": True}
    head.ask("PUT", f"/persons/{person}/accounts", 200)
    own = signed_in(client, number, capsys)
    assert client.get(f"/api/v1/persons/{person}", headers=own).status_code == 200
    assert client.get(f"/api/v1/persons/{without}", headers=own).status_code == 404
    head.ask("DELETE", f"/persons/{person}/accounts", 204)
    assert client.get(f"/api/v1/persons/{person}", headers=own).status_code == 403
    child = add_student(tree, tree.classes[0], phone=phone())
    head.ask("PUT", f"/persons/{child}/accounts", 200)
    head.ask("PUT", f"/persons/{add_household_member(tree, child)}/accounts", 409)


def test_either_guardian_sees_the_other_masked(client: TestClient, tree: Tree) -> None:
    child, number = add_student(tree, tree.classes[0]), phone()
    add_listed_guardian(tree, child, number)
    seen = client.get(f"/api/v1/persons/{child}/guardians", headers=add_guardian(tree, child).headers).json()["items"]
    assert [one["phone"] for one in seen] == [f"{number[:3]}****{number[-4:]}"]
