"""What becomes of persons when their school closes or goes up into another."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock, db
from app.people import service as people
from tests.factories.people import (
    add_household_member,
    add_listed_guardian,
    add_staff,
    add_student,
    scope,
    valid_identity_number,
)
from tests.factories.tree import Login, Tree, phone
from tests.people.steps import Office, Row, drift, office, roll

Deliver = Callable[[], int]


def rows(owner: Engine, school: int, state: str = "enrolled") -> list[Row]:
    """The persons of a school as they lie, in order."""
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT * FROM person WHERE institution_id = :id AND state = :state ORDER BY id"),
            {"id": school, "state": state},
        )
        return [dict(row) for row in found.mappings()]


def act(client: TestClient, login: Login, path: str, body: Row) -> None:
    """An act of an office above."""
    answer = client.post(f"/api/v1{path}", json=body, headers=login.headers)
    assert answer.status_code in (200, 201), answer.text


def test_a_closed_school_has_nobody(client: TestClient, tree: Tree, owner: Engine, deliver: Deliver) -> None:
    head = office(client, tree)
    child, staff = add_student(tree, tree.classes[0]), add_staff(tree)
    add_household_member(tree, child)
    own = tree.account(Role.STAFF, tree.school, person_id=staff)
    act(
        client,
        tree.account(Role.COUNTY_ADMIN, tree.county),
        f"/institutions/{tree.school}/closings",
        {"reason": "撤并"},
    )
    path = f"/institutions/{tree.school}/persons"
    assert head.post(path, {"kind": "student", "name": "学生乙"}, 409)["code"] == "school_not_open"
    deliver()
    assert rows(owner, tree.school) == []
    assert {row["left_on"] for row in rows(owner, tree.school, "left")} == {clock.today()}
    assert roll(owner, tree.school) == {}
    assert drift(tree.school) == []
    assert client.get(f"/api/v1/persons/{staff}", headers=own.headers).status_code == 403
    with db.transaction(scope(tree.school)) as session:
        assert people.close_roll(session, tree.school, clock.today()) == 0


@dataclass
class Merger:
    """A school that went up into another, and whom it had."""

    head: Office
    into: int
    child: int
    left: set[int]
    sight: list[Login]
    identity: str
    phone: str


@pytest.fixture
def merger(client: TestClient, tree: Tree, deliver: Deliver) -> Merger:
    """Two schools with a class of one name and a pupil of one number each, merged."""
    into = tree.add_school(name="玄武第二小学")
    taken = tree.add_unit(into, UnitKind.CLASS, "三年级1班", grade_level=3)
    grade = tree.add_unit(tree.school, UnitKind.GRADE, "三年级", grade_level=3)
    third = tree.add_unit(tree.school, UnitKind.CLASS, "三年级3班", parent_id=grade, grade_level=3)
    identity, own_phone = valid_identity_number(), phone()
    child = add_student(tree, third, number="1", identity_number=identity, phone=own_phone)
    namesake = add_student(tree, tree.classes[0], name="学生乙", number="2")
    add_student(tree, taken, school=into, name="学生丙", number="2")
    member = add_household_member(tree, child)
    add_listed_guardian(tree, child, phone())
    parent = tree.account(Role.GUARDIAN, tree.school, person_id=child)
    teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=third)
    above = tree.account(Role.COUNTY_ADMIN, tree.county)
    act(client, above, f"/institutions/{tree.school}/mergers", {"into_id": into})
    deliver()
    head = Office(client, tree, tree.account(Role.PRINCIPAL, into))
    return Merger(head, into, child, {child, namesake, member}, [parent, teacher], identity, own_phone)


def test_a_merged_school_goes_on_in_the_other(client: TestClient, merger: Merger, owner: Engine) -> None:
    head = merger.head
    here = {row["name"]: row for row in rows(owner, merger.into)}
    assert set(here) == {"学生甲", "学生乙", "学生丙", "家人甲"}
    assert (here["学生甲"]["number"], here["学生乙"]["number"], here["学生丙"]["number"]) == ("1", None, "2")
    assert here["家人甲"]["student_id"] == here["学生甲"]["id"]
    new = here["学生甲"]["id"]
    plain = head.post(f"/persons/{new}/disclosures", {"fields": ["identity_number", "phone"], "reason": "核对"})
    assert plain["identity_number"] == merger.identity
    assert plain["phone"].endswith(merger.phone)
    assert head.get(f"/persons/{new}/guardians")["items"][0]["bound"] is True
    for login in merger.sight:
        assert client.get(f"/api/v1/persons/{new}", headers=login.headers).status_code == 200
    names = head.get(f"/institutions/{merger.into}/units", limit=200)["items"]
    assert sorted(one["name"] for one in names) == [
        "三年级",
        "三年级1班",
        "三年级1班（玄武第一小学）",
        "三年级2班",
        "三年级3班",
    ]


def test_the_history_of_a_merged_school_stays_with_it(
    client: TestClient, tree: Tree, merger: Merger, owner: Engine
) -> None:
    seen = client.get(f"/api/v1/persons/{merger.child}", headers=merger.sight[0].headers)
    assert seen.json()["state"] == "left"
    assert {row["id"] for row in rows(owner, tree.school, "left")} == merger.left
    assert roll(owner, tree.school) == {}
    assert roll(owner, merger.into)[-1]["on_roll"] == 3
    assert drift(merger.into) == drift(tree.school) == []
    with db.transaction(scope(tree.school)) as session:
        assert people.carry_over(session, tree.school, merger.into, clock.today()) == 0


def test_a_merger_of_a_merger_is_followed_in_any_order(
    client: TestClient, tree: Tree, owner: Engine, deliver: Deliver
) -> None:
    second, third = tree.add_school(name="玄武第二小学"), tree.add_school(name="玄武第三小学")
    identity = valid_identity_number()
    add_student(tree, tree.classes[0], identity_number=identity)
    add_student(tree, None, school=second, name="学生乙")
    # Enrolled in both, by mistake: the school that goes on keeps its own row.
    add_student(tree, None, school=third, name="学生丙", identity_number=identity)
    above = tree.account(Role.COUNTY_ADMIN, tree.county)
    act(client, above, f"/institutions/{tree.school}/mergers", {"into_id": second})
    act(client, above, f"/institutions/{second}/mergers", {"into_id": third})
    deliver()
    assert sorted(row["name"] for row in rows(owner, third)) == ["学生丙", "学生乙"]
    assert rows(owner, second) == rows(owner, tree.school) == []
    assert roll(owner, third)[-1]["on_roll"] == 2
    assert drift(third) == drift(second) == drift(tree.school) == []
