"""Codes that bind a guardian: once, in time, and never by guessing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, settings
from app.people.schemas import MAX_GUARDIANS
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Login, Tree
from tests.identity.steps import at_once, caller_from
from tests.people.steps import Office, acts, office

Answer = tuple[int, dict[str, object]]


def accept(client: TestClient, login: Login, code: str, name: str = "家长甲") -> Answer:
    """Status and body of an acceptance, from an address of its own."""
    body = {"code": code, "name": name}
    answer = caller_from(client).post("/api/v1/invitations/acceptances", json=body, headers=login.headers)
    return answer.status_code, answer.json()


def invite(head: Office, child: int) -> str:
    """A new code for a child."""
    return str(head.post(f"/persons/{child}/invitations", {"relation": "母亲"}, 201)["code"])


def test_a_code_binds_who_has_it(client: TestClient, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0])
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    issued = teacher.post(f"/persons/{child}/invitations", {"relation": "母亲"}, 201)
    parent = tree.account(None, tree.school)
    read_out = issued["code"].lower().replace("-", " ").replace("0", "O").replace("1", "l")
    status, accepted = accept(client, parent, read_out)
    assert (status, accepted["person_id"], accepted["institution_id"]) == (201, child, tree.school)
    family = Office(client, tree, parent)
    assert family.get(f"/persons/{child}")["id"] == child
    listed = teacher.get(f"/persons/{child}/guardians")["items"]
    phone = f"{parent.phone[:3]}****{parent.phone[-4:]}"
    assert [(one["name"], one["relation"], one["phone"], one["bound"]) for one in listed] == [
        ("家长甲", "母亲", phone, True)
    ]
    shown = teacher.get(f"/persons/{child}/invitations")["items"]
    assert [one["state"] for one in shown] == ["accepted"]
    assert "code" not in shown[0]
    with owner.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM invitation")).mappings().all())
    assert issued["code"].replace("-", "") not in rows
    assert {"people.invite_guardian", "invitation.accept", "people.bind_guardian"} <= set(acts(owner, tree.school))


def test_every_code_that_does_not_hold_is_refused_alike(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    child, gone = add_student(tree, tree.classes[0]), add_student(tree, tree.classes[0])
    used, revoked, left, old = (invite(head, one) for one in (child, child, gone, child))
    accept(client, tree.account(None, tree.school), used)
    listed = head.get(f"/persons/{child}/invitations")["items"]
    head.ask("DELETE", f"/invitations/{listed[1]['id']}", 204)
    assert head.ask("DELETE", f"/invitations/{listed[1]['id']}", 409)["code"] == "move_not_possible"
    head.post(f"/persons/{gone}/departures", {"reason": "transferred"})
    good = invite(head, child)
    wrong = good[:-1] + ("0" if good[-1] != "0" else "2")
    elsewhere = "ZZZZ" + good[good.index("-") :]
    too_far = "Z" * 13 + good[good.index("-") :]
    answers = [
        accept(client, tree.account(None, tree.school), code)
        for code in (used, revoked, left, wrong, elsewhere, too_far, "0", "-" * 20, "U" * 20, "Z" * 64)
    ]
    assert {status for status, _ in answers} == {404}
    assert {str(body) for _, body in answers} == {str(answers[0][1])}
    assert answers[0][1]["code"] == "invitation_not_valid"
    late = tree.account(None, tree.school)
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1)):
        fresh = office(client, tree)
        assert accept(client, tree.account(None, tree.school), old)[0] == 404
        assert fresh.get(f"/persons/{child}/invitations")["items"][0]["state"] == "issued"
    assert accept(client, late, old)[0] == 201


@pytest.fixture
def strict_addresses(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Five failures an address, as in production; elsewhere all tests come from one."""
    assert client is not None
    monkeypatch.setenv("LIANFANG_SIGN_IN_FAILURES_PER_ADDRESS", "5")
    settings.current.cache_clear()
    yield
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.mark.usefixtures("strict_addresses")
def test_wrong_codes_lock_the_account_out_and_then_the_address(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    code = invite(head, child)
    guesser, bystander = tree.account(None, tree.school), tree.account(None, tree.school)
    for _ in range(5):
        assert accept(client, guesser, "7M-AAAA-AAAA-AAAA-AAAA")[0] == 404
    status, body = accept(client, guesser, code)
    assert (status, body["code"]) == (429, "sign_in_locked")
    address = caller_from(client)
    for _ in range(5):
        other = tree.account(None, tree.school)
        guess = {"code": "7M-AAAA-AAAA-AAAA-AAAA", "name": "家长甲"}
        assert address.post("/api/v1/invitations/acceptances", json=guess, headers=other.headers).status_code == 404
    right = {"code": code, "name": "家长甲"}
    locked = address.post("/api/v1/invitations/acceptances", json=right, headers=bystander.headers)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0
    assert accept(client, bystander, code)[0] == 201


def test_of_many_at_once_one_gets_the_code(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    for _ in range(5):
        code = invite(head, child)
        parents = [tree.account(None, tree.school) for _ in range(4)]
        found = at_once(4, lambda at, code=code, parents=parents: accept(client, parents[at], code)[0])  # type: ignore[misc]
        assert sorted(found) == [201, 404, 404, 404]
    with owner.connect() as connection:
        bound = connection.execute(
            text("SELECT count(*) FROM membership WHERE person_id = :id AND institution_id = :school"),
            {"id": child, "school": tree.school},
        ).scalar_one()
    assert bound == 5


def test_a_guardian_twice_over_stays_one_and_a_full_list_keeps_the_code(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    parent = tree.account(None, tree.school)
    first = accept(client, parent, invite(head, child))[1]
    assert accept(client, parent, invite(head, child))[1] == first
    for _ in range(MAX_GUARDIANS - 1):
        head.post(f"/persons/{child}/guardians", {"name": "甲", "relation": "其他"}, 201)
    code = invite(head, child)
    late = tree.account(None, tree.school)
    assert accept(client, late, code)[1]["code"] == "too_many_guardians"
    listed = head.get(f"/persons/{child}/guardians")["items"]
    head.ask("DELETE", f"/guardians/{listed[-1]['id']}", 204)
    assert accept(client, late, code)[0] == 201


def test_only_the_school_issues_codes_and_not_without_end(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    child = add_student(tree, tree.classes[0])
    for _ in range(10):
        invite(head, child)
    problem = head.post(f"/persons/{child}/invitations", {"relation": "母亲"}, 409)
    assert problem["code"] == "too_many_invitations"
    parent = Office(client, tree, add_guardian(tree, child))
    parent.post(f"/persons/{child}/invitations", {"relation": "母亲"}, 403)
    parent.get(f"/persons/{child}/invitations", 403)
    other = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[1])
    other.post(f"/persons/{child}/invitations", {"relation": "母亲"}, 404)
    listed = head.get(f"/persons/{child}/invitations")["items"]
    other.ask("DELETE", f"/invitations/{listed[0]['id']}", 404)
