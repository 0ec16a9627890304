"""The year's end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import SchoolType, UnitKind
from app.kernel import clock
from app.people.service import grades
from tests.factories.people import add_guardian, add_household_member, add_staff, add_student
from tests.factories.tree import Tree
from tests.identity.steps import at_once
from tests.people.steps import acts, drift, office, roll


def units(owner: Engine, school: int) -> dict[int, tuple[str, int | None, str | None, bool]]:
    """Of each unit: name, grade, name of what it stands in, whether it is open."""
    with owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT u.id, u.name, u.grade_level, p.name AS parent, u.closed_on IS NULL AS open FROM unit u"
                " LEFT JOIN unit p ON p.institution_id = u.institution_id AND p.id = u.parent_id"
                " WHERE u.institution_id = :id ORDER BY u.id"
            ),
            {"id": school},
        )
        return {row.id: (row.name, row.grade_level, row.parent, row.open) for row in rows}


def test_classes_go_up_and_the_last_grade_leaves(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    fifth = tree.add_unit(tree.school, UnitKind.GRADE, "五年级", grade_level=5)
    five = tree.add_unit(tree.school, UnitKind.CLASS, "五年级1班", parent_id=fifth, grade_level=5)
    six = tree.add_unit(tree.school, UnitKind.CLASS, "六年级1班", grade_level=6)
    named = tree.add_unit(tree.school, UnitKind.CLASS, "向日葵班")
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=five)
    child, leaver, loose = add_student(tree, five), add_student(tree, six), add_student(tree, None)
    member, guardian, staff = add_household_member(tree, leaver), add_guardian(tree, leaver), add_staff(tree)
    path = f"/institutions/{tree.school}/promotions"

    planned = head.post(path, {"dry_run": True})
    assert units(owner, tree.school)[five][0] == "五年级1班"
    done = head.post(path, {})
    assert {**planned, "dry_run": False} == done
    assert (done["graduates"], done["unchanged_classes"], done["students_without_class"]) == (1, 1, 1)
    assert [(one["name"], one["new_name"], one["to_grade"], one["students"]) for one in done["classes"]] == [
        ("六年级1班", None, None, 1),
        ("五年级1班", "六年级1班", 6, 1),
        ("三年级1班", "四年级1班", 4, 0),
        ("三年级2班", "四年级2班", 4, 0),
    ]
    now = units(owner, tree.school)
    assert now[five] == ("六年级1班", 6, "六年级", True)
    assert now[six][3] is False
    assert now[named] == ("向日葵班", None, None, True)
    assert head.get(f"/persons/{child}")["unit_id"] == five
    assert teacher.get(f"/persons/{child}")["state"] == "enrolled"
    assert [head.get(f"/persons/{one}")["state"] for one in (leaver, member, loose, staff)] == [
        "left",
        "left",
        "enrolled",
        "enrolled",
    ]
    assert client.get(f"/api/v1/persons/{leaver}", headers=guardian.headers).status_code == 200
    assert roll(owner, tree.school)[-1]["on_roll"] == 3
    assert drift(tree.school) == []


def test_a_school_year_has_one_promotion(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    path = f"/institutions/{tree.school}/promotions"
    head.post(path, {})
    for again in ({}, {"dry_run": True}):
        assert head.post(path, again, 409)["code"] == "promotion_done"
    assert {"people.promote", "units.promote"} <= set(acts(owner, tree.school))


def test_the_grades_that_leave_may_be_named(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    done = head.post(f"/institutions/{tree.school}/promotions", {"leaving_grades": [3]})
    assert (done["graduates"], {one["to_grade"] for one in done["classes"]}) == (1, {None})
    assert head.get(f"/persons/{child}")["left_on"] == clock.today().isoformat()
    assert roll(owner, tree.school) == {}


def test_two_classes_of_one_name_are_refused_before_anything_moves(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    head = office(client, tree)
    tree.add_unit(tree.school, UnitKind.CLASS, "四年级1班")
    before = units(owner, tree.school)
    problem = head.post(f"/institutions/{tree.school}/promotions", {}, 409)
    assert problem["code"] == "class_name_taken"
    assert units(owner, tree.school) == before


def test_of_two_promotions_at_once_one_happens(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    path = f"/api/v1/institutions/{tree.school}/promotions"
    found = at_once(3, lambda _: client.post(path, json={}, headers=head.login.headers).status_code)
    assert sorted(found) == [200, 409, 409]
    assert [one[1] for one in units(owner, tree.school).values()] == [4, 4]


def test_wrong_orders_change_nothing(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    path = f"/institutions/{tree.school}/promotions"
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    assert head.post(path, {"effective_on": tomorrow}, 422)["code"] == "day_not_possible"
    wrongs: list[dict[str, Any]] = [{"leaving_grades": []}, {"leaving_grades": [21]}, {"dry_run": "yes"}, {"year": 1}]
    for wrong in wrongs:
        head.post(path, wrong, 422)
    office(client, tree, Role.SCHOOL_DOCTOR).post(path, {}, 403)
    head.post(f"/institutions/{tree.county}/promotions", {}, 403)


@pytest.mark.parametrize(
    ("name", "level", "kind", "later"),
    [
        ("三年级2班", 3, SchoolType.PRIMARY, "四年级2班"),
        ("十年级1班", 10, SchoolType.SENIOR, "十一年级1班"),
        ("3年级2班", 3, SchoolType.PRIMARY, "4年级2班"),
        ("三（2）班", 3, SchoolType.PRIMARY, "四（2）班"),
        ("3(2)班", 3, SchoolType.PRIMARY, "4(2)班"),
        ("初一3班", 7, SchoolType.JUNIOR, "初二3班"),
        ("高二(8)班", 11, SchoolType.SENIOR, "高三(8)班"),
        ("Grade 1 Class 2", 1, SchoolType.PRIMARY, "Grade 2 Class 2"),
        ("小一班", 1, SchoolType.KINDERGARTEN, "中一班"),
        ("中班2", 2, SchoolType.KINDERGARTEN, "大班2"),
        ("小太阳班", 1, SchoolType.KINDERGARTEN, "小太阳班"),
        ("小一班", 1, SchoolType.PRIMARY, "小一班"),
        ("2023级1班", 3, SchoolType.PRIMARY, "2023级1班"),
    ],
)
def test_names_of_classes_a_year_later(name: str, level: int, kind: SchoolType, later: str) -> None:
    assert grades.a_year_later(name, level, kind) == later


@pytest.mark.parametrize(
    ("grade", "given", "full"),
    [
        ("三年级", "2班", "三年级2班"),
        ("三年级", "2", "三年级2班"),
        ("三年级", "三年级2班", "三年级2班"),
        ("三年级", "三(2)班", "三(2)班"),
        ("", "向日葵班", "向日葵班"),
        ("三年级", "", ""),
    ],
)
def test_full_names_of_classes(grade: str, given: str, full: str) -> None:
    assert grades.class_name(grade, given, SchoolType.PRIMARY) == full
