"""Units: made, changed, closed, who answers for them, which are uncovered."""

from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.institutions.models import UnitKind
from tests.factories.people import add_student
from tests.factories.tree import Login, Tree
from tests.institutions.steps import API, at_once, code_of, get, post, principal


def make(tree: Tree, login: Login, **body: Any) -> httpx2.Response:
    return post(tree, login, f"/institutions/{tree.school}/units", {"kind": "class", "name": "四年级1班", **body})


def patch(tree: Tree, login: Login, unit: int, body: Any, **headers: str) -> httpx2.Response:
    return tree.client.patch(f"{API}/units/{unit}", headers=login.headers | headers, json=body)


def appoint(tree: Tree, login: Login, unit: int, account: int | None, **headers: str) -> httpx2.Response:
    path = f"{API}/units/{unit}/responsible"
    return tree.client.put(path, headers=login.headers | headers, json={"account_id": account})


def uncovered(tree: Tree, login: Login) -> list[int]:
    found = get(tree, login, f"/institutions/{tree.school}/coverage").json()
    return [one["id"] for one in found["uncovered"]]


def standing(owner: Engine, unit: int) -> list[int]:
    """The accounts that stand as homeroom teachers of a class."""
    with owner.connect() as connection:
        statement = (
            "SELECT account_id FROM membership WHERE unit_id = :id AND role = 'homeroom_teacher' AND ended_at IS NULL"
        )
        return list(connection.execute(text(statement), {"id": unit}).scalars())


def test_a_school_is_built_of_grades_and_classes(tree: Tree, owner: Engine) -> None:
    head = principal(tree)
    grade = make(tree, head, kind="grade", name="四年级", grade_level=4).json()
    made = make(tree, head, parent_id=grade["id"], grade_level=4)
    assert made.status_code == 201, made.text
    assert get(tree, head, f"/units/{made.json()['id']}").json() == made.json()
    listed = get(tree, head, f"/institutions/{tree.school}/units", parent_id=grade["id"]).json()
    assert listed == {"items": [made.json()], "next": None}
    assert len(get(tree, head, f"/institutions/{tree.school}/units", kind="class").json()["items"]) == 3
    with owner.connect() as connection:
        changed = connection.execute(
            text("SELECT count(*) FROM outbox WHERE name = 'UnitsChanged' AND institution_id = :id"),
            {"id": tree.school},
        ).scalar_one()
    assert changed == 2


@pytest.mark.parametrize(
    ("kind", "parent_kind", "status"),
    [
        ("class", "grade", 201),
        ("class", "class", 422),
        ("class", "department", 422),
        ("grade", "grade", 422),
        ("department", "department", 201),
        ("department", "grade", 422),
        ("dormitory", "dormitory", 201),
    ],
)
def test_what_stands_in_what(tree: Tree, kind: str, parent_kind: str, status: int) -> None:
    head = principal(tree)
    parent = make(tree, head, kind=parent_kind, name="上").json()["id"]
    answer = make(tree, head, kind=kind, name="下", parent_id=parent)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "unit_parent_wrong"


def test_what_is_refused(tree: Tree) -> None:
    head, twin = principal(tree), Tree.grow(tree.client)
    assert code_of(make(tree, head, name="三年级1班")) == (409, "unit_name_taken")
    assert code_of(make(tree, head, parent_id=twin.classes[0])) == (404, "not_found")
    assert make(tree, head, parent_id=2**60).content == make(tree, head, parent_id=twin.classes[0]).content
    for body in ({"grade_level": 21}, {"grade_level": True}, {"kind": "house"}, {"responsible_account_id": 1}):
        assert make(tree, head, **body).status_code == 422
    foreign = post(tree, head, f"/institutions/{twin.school}/units", {"kind": "class", "name": "x"})
    assert code_of(foreign) == (404, "not_found")
    doctor = tree.account(Role.SCHOOL_DOCTOR, tree.school)
    assert code_of(make(tree, doctor)) == (403, "forbidden")
    assert code_of(get(tree, head, f"/units/{twin.classes[0]}")) == (404, "not_found")


def test_offices_have_no_units_and_do_not_look_into_schools(tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    tree.hold(county, Role.PRINCIPAL, tree.add_school())
    answer = post(tree, county, f"/institutions/{tree.county}/units", {"kind": "class", "name": "x"})
    assert code_of(answer) == (403, "forbidden")
    assert get(tree, county, f"/institutions/{tree.school}/units").json()["items"] == []
    assert code_of(get(tree, county, f"/units/{tree.classes[0]}")) == (404, "not_found")
    assert code_of(get(tree, county, f"/institutions/{tree.school}/coverage")) == (403, "forbidden")


def test_a_homeroom_teacher_sees_the_own_class_alone(tree: Tree) -> None:
    teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0])
    items = get(tree, teacher, f"/institutions/{tree.school}/units").json()["items"]
    assert [one["id"] for one in items] == [tree.classes[0]]
    foreign, missing = (get(tree, teacher, f"/units/{unit}") for unit in (tree.classes[1], 2**60))
    assert code_of(foreign) == (404, "not_found")
    assert foreign.content == missing.content


def test_changes_are_made_to_the_version_that_was_read(tree: Tree) -> None:
    head, unit = principal(tree), tree.classes[0]
    assert patch(tree, head, unit, {"name": "三(1)班"}, **{"If-Match": '"1"'}).json()["version"] == 2
    assert code_of(patch(tree, head, unit, {"name": "x"}, **{"If-Match": '"1"'})) == (412, "precondition_failed")
    assert code_of(patch(tree, head, unit, {"name": "三年级2班"})) == (409, "unit_name_taken")
    assert code_of(patch(tree, head, unit, {"name": None})) == (422, "invalid")
    assert patch(tree, head, unit, {"grade_level": None}).json()["grade_level"] is None


def test_departments_never_stand_in_each_other_whatever_the_race(tree: Tree) -> None:
    head = principal(tree)
    for number in range(4):
        one, two = (make(tree, head, kind="department", name=f"{side}{number}").json()["id"] for side in "甲乙")
        answers = at_once(
            [
                partial(patch, tree, head, one, {"parent_id": two}),
                partial(patch, tree, head, two, {"parent_id": one}),
            ]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        assert code_of(patch(tree, head, one, {"parent_id": one})) == (422, "unit_parent_wrong")


def test_a_class_closes_when_nobody_stands_in_it(tree: Tree) -> None:
    head = principal(tree)
    grade = make(tree, head, kind="grade", name="四年级").json()["id"]
    inside = make(tree, head, parent_id=grade).json()["id"]
    add_student(tree, inside)
    assert code_of(post(tree, head, f"/units/{grade}/closings")) == (409, "unit_in_use")
    assert code_of(post(tree, head, f"/units/{inside}/closings")) == (409, "unit_in_use")
    assert post(tree, head, f"/units/{tree.classes[0]}/closings").status_code == 201
    assert code_of(post(tree, head, f"/units/{tree.classes[0]}/closings")) == (409, "unit_not_open")
    assert code_of(patch(tree, head, tree.classes[0], {"name": "x"})) == (409, "unit_not_open")
    listed = [one["id"] for one in get(tree, head, f"/institutions/{tree.school}/units").json()["items"]]
    assert tree.classes[0] not in listed
    everything = get(tree, head, f"/institutions/{tree.school}/units", closed="true").json()["items"]
    assert tree.classes[0] in [one["id"] for one in everything]
    assert make(tree, head, name="三年级1班").status_code == 201  # the name is free again


def test_a_class_gets_its_homeroom_teacher_and_another_one_after(tree: Tree, owner: Engine) -> None:
    head, unit = principal(tree), tree.classes[0]
    first, second = (tree.account(Role.STAFF, tree.school) for _ in range(2))
    assert unit in uncovered(tree, head)
    answer = appoint(tree, head, unit, first.account_id)
    assert (answer.status_code, answer.json()["responsible_account_id"]) == (200, first.account_id)
    assert unit not in uncovered(tree, head)
    assert get(tree, first, f"/units/{unit}").status_code == 200
    assert appoint(tree, head, unit, second.account_id).json()["version"] == 3
    assert standing(owner, unit) == [second.account_id]
    assert get(tree, first, f"/units/{unit}").status_code == 403  # still staff, no longer of this class
    assert appoint(tree, head, unit, None).json()["responsible_account_id"] is None
    assert standing(owner, unit) == []
    assert unit in uncovered(tree, head)
    with owner.connect() as connection:
        trail = connection.execute(
            text("SELECT details FROM audit_entry WHERE institution_id = :id AND act = 'units.appoint' ORDER BY seq"),
            {"id": tree.school},
        ).scalars()
        assert list(trail) == [
            {"from": None, "to": first.account_id},
            {"from": first.account_id, "to": second.account_id},
            {"from": second.account_id, "to": None},
        ]


def test_who_cannot_answer_for_a_unit(tree: Tree) -> None:
    head, unit, twin = principal(tree), tree.classes[0], Tree.grow(tree.client)
    parent = tree.account(Role.GUARDIAN, tree.school, person_id=add_student(tree, unit))
    foreign = tree.account(Role.STAFF, twin.school)
    answers = [appoint(tree, head, unit, one) for one in (parent.account_id, foreign.account_id, 2**60)]
    assert {code_of(answer) for answer in answers} == {(422, "not_staff_here")}
    assert len({answer.content for answer in answers}) == 1
    assert code_of(appoint(tree, head, unit, head.account_id)) == (403, "self_grant")
    office = tree.add_unit(tree.school, UnitKind.DEPARTMENT, "校办")
    assert appoint(tree, head, office, head.account_id).status_code == 200  # gives no role


def test_two_appointments_at_once_leave_one_teacher(tree: Tree, owner: Engine) -> None:
    head = principal(tree)
    teachers = [tree.account(Role.STAFF, tree.school).account_id for _ in range(4)]
    answers = at_once([partial(appoint, tree, head, tree.classes[0], one) for one in teachers])
    assert {answer.status_code for answer in answers} == {200}
    responsible = get(tree, head, f"/units/{tree.classes[0]}").json()["responsible_account_id"]
    assert standing(owner, tree.classes[0]) == [responsible]
