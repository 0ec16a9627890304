"""Who is told what, and who is not."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from app.policies.settings import DEFAULTS
from tests.checkins.steps import School, reading
from tests.closures.steps import order, ordered
from tests.entries.steps import Cast, ask, decide, entry
from tests.factories.people import add_household_member, add_staff, add_student
from tests.factories.tree import Login, Tree
from tests.gates.steps import Gate, give_pass, stand_at, token
from tests.notifications.steps import inbox
from tests.people.steps import Office

Deliver = Callable[[], int]


@pytest.fixture
def school(client: TestClient, owner: Engine, tree: Tree) -> School:
    return School.open(client, owner, tree)


@pytest.fixture
def staff(tree: Tree) -> dict[str, Login]:
    """Those of the school who may be told of a sickness."""
    teachers = {
        name: tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=unit)
        for name, unit in zip(("teacher", "other_teacher"), tree.classes, strict=True)
    }
    roles = {"doctor": Role.SCHOOL_DOCTOR, "principal": Role.PRINCIPAL, "guard": Role.GATE_GUARD}
    return teachers | {name: tree.account(role, tree.school) for name, role in roles.items()}


def told(client: TestClient, login: Login) -> list[str]:
    """What somebody has been told, by template, the oldest first."""
    return [one["template"] for one in inbox(client, login)["items"]][::-1]


def all_told(client: TestClient, staff: dict[str, Login]) -> dict[str, list[str]]:
    return {name: found for name, login in staff.items() if (found := told(client, login))}


def test_the_fever_is_told_within_the_minute_once(
    client: TestClient, tree: Tree, school: School, staff: dict[str, Login], deliver: Deliver
) -> None:
    add_student(tree, tree.classes[0], name="学生丙")
    child = add_student(tree, tree.classes[0], name="桂花")
    parent = school.parent(child)
    school.log(parent, reading(child, 38.4))
    deliver()
    expected = {name: ["fever"] for name in ("teacher", "doctor", "principal")}
    assert all_told(client, staff) == expected
    (message,) = inbox(client, staff["teacher"])["items"]
    assert message["text"] == "三年级1班 有 1 人发热, 请立即核实处置。"
    assert "桂花" not in str(message)
    (row,) = school.rows(child)
    assert datetime.fromisoformat(message["written_at"]) - row["received_at"] < timedelta(minutes=1)
    school.log(parent, reading(child, 38.9))
    deliver()
    assert all_told(client, staff) == expected
    assert told(client, parent) == []


def test_a_listed_symptom_is_told_and_others_are_not(
    client: TestClient, tree: Tree, school: School, staff: dict[str, Login], deliver: Deliver
) -> None:
    child = add_student(tree, tree.classes[0])
    parent = school.parent(child)
    path = f"/api/v1/institutions/{tree.school}/policies/symptoms"
    body = {"value": ["fever", "cough"]}
    assert client.put(path, json=body, headers=staff["principal"].headers).is_success
    school.log(parent, reading(child, 36.6, answers={"symptoms": ["rash"]}))
    deliver()
    assert all_told(client, staff) == {}
    school.log(parent, reading(child, 36.6, answers={"symptoms": ["cough"]}))
    deliver()
    assert all_told(client, staff) == {name: ["symptom"] for name in ("teacher", "doctor", "principal")}


def test_a_fever_of_last_week_is_no_news(
    client: TestClient, school: School, staff: dict[str, Login], deliver: Deliver
) -> None:
    parent = school.parent()
    for days in (6, 2):
        taken = (clock.now() - timedelta(days=days)).isoformat()
        school.batch(parent, [reading(school.children[0], 39.0, taken_at=taken)])
    deliver()
    assert [row["status"] for row in school.rows(school.children[0])] == ["fever", "fever"]
    assert all_told(client, staff) == {}
    taken = (clock.now() - timedelta(days=1)).isoformat()
    school.batch(parent, [reading(school.children[0], 39.0, taken_at=taken)])
    deliver()
    assert all_told(client, staff)["doctor"] == ["fever"]


def test_a_fever_in_the_household_is_told_to_the_teacher_of_the_child(
    client: TestClient, tree: Tree, school: School, staff: dict[str, Login], deliver: Deliver
) -> None:
    child = add_student(tree, tree.classes[1])
    parent = school.parent(child)
    school.log(parent, reading(add_household_member(tree, child), 38.0))
    deliver()
    assert all_told(client, staff) == {name: ["fever"] for name in ("other_teacher", "doctor", "principal")}


@pytest.fixture
def gate(tree: Tree) -> Gate:
    return stand_at(tree)


def test_a_fever_at_the_gate_is_told_once_of_a_pupil_and_by_the_gate_of_a_visitor(
    client: TestClient, tree: Tree, gate: Gate, staff: dict[str, Login], deliver: Deliver
) -> None:
    child = add_student(tree, tree.classes[0])
    gate.scan(person_id=child, temperature=38.2, site="forehead")
    deliver()
    assert all_told(client, staff) == {name: ["fever"] for name in ("teacher", "doctor", "principal")}
    gate.send(gate.event(id=str(uuid4()), code=token(tree), temperature=38.5))
    deliver()
    assert told(client, staff["doctor"]) == ["fever", "fever_at_gate"]
    assert inbox(client, staff["doctor"])["items"][0]["text"] == "南门 有 1 人发热, 未准入校。"
    assert told(client, staff["teacher"]) == ["fever"]


def test_who_decides_is_told_of_a_request_and_who_has_asked_of_the_decision(
    client: TestClient, tree: Tree, deliver: Deliver
) -> None:
    cast = Cast(client, tree)
    family, child = cast.family()
    request = ask(family, entry(child))
    deliver()
    assert (told(client, cast.teacher.login), told(client, cast.vice.login)) == (["entry_awaits"], [])
    decide(cast.teacher, request)
    deliver()
    assert (told(client, cast.vice.login), told(client, family.login)) == (["entry_awaits"], [])
    assert inbox(client, cast.vice.login)["items"][0]["link"] == f"/approvals/{request['id']}"
    decide(cast.vice, request, "refuse")
    deliver()
    assert told(client, family.login) == ["entry_decided"]
    (message,) = inbox(client, family.login)["items"]
    assert (message["text"], message["link"]) == ("您的入校申请未批准。", f"/entry-requests/{request['id']}")


def test_who_would_show_a_pass_is_told_that_it_was_revoked(
    client: TestClient, tree: Tree, gate: Gate, deliver: Deliver
) -> None:
    holder, stranger = (tree.account(Role.STAFF, tree.school) for _ in range(2))
    pass_id = give_pass(tree, account_id=holder.account_id)
    answer = client.post(f"/api/v1/passes/{pass_id}/revocations", json={"reason": "取消"}, headers=gate.head.headers)
    assert answer.is_success, answer.text
    deliver()
    assert (told(client, holder), told(client, stranger)) == (["pass_revoked"], [])
    assert inbox(client, holder)["items"][0]["link"] == "/passes"


def test_whom_it_concerns_is_told_of_an_overstay_once(
    client: TestClient, tree: Tree, gate: Gate, staff: dict[str, Login], deliver: Deliver
) -> None:
    """A visitor: the guards and the office. A member of staff: the guards, and they themselves."""
    own = tree.account(Role.STAFF, tree.school)
    until = clock.now() + timedelta(minutes=10)
    gate.scan(code=token(tree, valid_until=until))
    with time_machine.travel(clock.now() + timedelta(minutes=41)):
        for _ in range(2):
            deliver()
    assert all_told(client, staff) == {"guard": ["overstayed"], "principal": ["overstayed"]}
    assert inbox(client, staff["guard"])["items"][0]["text"] == "玄武第一小学 有 1 人超时未离校, 请核实。"
    person = add_staff(tree, None)
    gate.scan(code=token(tree, valid_until=until, account_id=own.account_id, person_id=person))
    gate.scan(code=token(tree, valid_until=until))
    with time_machine.travel(clock.now() + timedelta(minutes=41)):
        deliver()
    assert (told(client, staff["guard"]), told(client, staff["principal"])) == (["overstayed"] * 3, ["overstayed"] * 2)
    assert told(client, own) == ["stay_over"]


def test_a_teacher_is_told_of_a_pupil_who_has_not_left(
    client: TestClient, tree: Tree, staff: dict[str, Login], deliver: Deliver
) -> None:
    cast, gate = Cast(client, tree), stand_at(tree)
    parent, child = cast.family()
    cast.settle("entry_readings_days", 0)
    request = ask(cast.teacher, entry(child))
    for approver in (staff["teacher"], cast.vice.login):
        decide(Office(client, tree, approver), request)
    (given,) = parent.get("/me/passes")["items"]
    tomorrow = clock.today() + timedelta(days=1)
    with time_machine.travel(clock.at(tomorrow, time(17))):
        gate.guard = tree.account(Role.GATE_GUARD, tree.school)
        assert gate.scan(code=given["token"]) == ("admitted", [])
    with time_machine.travel(clock.at(tomorrow, time(18, 31))):
        deliver()
    assert told(client, cast.teacher.login)[-1] == "overstayed"
    assert told(client, parent.login)[-1] == "stay_over"
    assert told(client, staff["guard"]) == ["overstayed"]
    assert "overstayed" not in told(client, staff["principal"])


def test_a_closure_is_told_to_the_people_of_every_school_below(
    client: TestClient, tree: Tree, school: School, staff: dict[str, Login], deliver: Deliver
) -> None:
    parent = school.parent(add_student(tree))
    elsewhere = tree.account(
        Role.PRINCIPAL, tree.add_school(tree.add_institution(tree.city, InstitutionKind.COUNTY, "鼓楼区教育局"))
    )
    office = tree.account(Role.COUNTY_ADMIN, tree.county)
    ordered(tree, office, tree.county)
    for _ in range(2):
        deliver()
    assert told(client, parent) == ["closure_changed"]
    assert set(all_told(client, staff)) == set(staff)
    assert (told(client, elsewhere), told(client, office)) == ([], [])
    assert order(tree, office, tree.county).status_code == 201
    deliver()
    assert told(client, parent) == ["closure_changed"] * 2


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("21:59", "21:59"),
        ("22:00", "06:30"),
        ("23:59", "06:30"),
        ("00:00", "06:30"),
        ("06:29", "06:30"),
        ("06:30", "06:30"),
    ],
)
def test_what_can_wait_leaves_after_quiet_hours(at: str, then: str) -> None:
    def moment(text: str, day: int = 24) -> datetime:
        return datetime.fromisoformat(f"2026-11-{day}T{text}:00+08:00")

    later: Any = DEFAULTS.after_quiet(moment(at))
    expected = moment(then, 25 if at >= "22:00" else 24)
    assert later == expected
    assert later.astimezone(clock.SHANGHAI).strftime("%H:%M") == then
