"""Accounts shut and opened again: by whoever stands above all their roles, never one's own, at once."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from app.access.roles import Role
from app.cli.main import app as command
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Login, Tree
from tests.institutions.steps import API, at_once, code_of, get, post, principal, provincial


def shut(tree: Tree, login: Login, account: int, verb: str = "disablings") -> Any:
    return post(tree, login, f"/accounts/{account}/{verb}", {"reason": "手机丢失"})


def is_in(tree: Tree, login: Login) -> bool:
    return bool(tree.client.get(f"{API}/me", headers=login.headers).is_success)


def sign_in(tree: Tree, login: Login) -> Any:
    return tree.client.post(f"{API}/sessions", json={"phone": login.phone, "password": login.password})


def test_a_shut_account_is_out_at_once_and_comes_back_when_opened(tree: Tree) -> None:
    head, doctor = principal(tree), tree.account(Role.SCHOOL_DOCTOR, tree.school)
    refresh = sign_in(tree, doctor).json()["refresh_token"]
    answer = shut(tree, head, doctor.account_id)

    assert (answer.status_code, answer.json()) == (201, {"account_id": doctor.account_id, "disabled": True})
    assert not is_in(tree, doctor)
    renewed = tree.client.post(f"{API}/sessions/refresh", json={"refresh_token": refresh})
    assert code_of(renewed) == (401, "session_ended")
    assert code_of(sign_in(tree, doctor)) == (403, "account_disabled")
    listed = get(tree, head, f"/institutions/{tree.school}/members", role="school_doctor").json()["items"]
    assert [one["disabled"] for one in listed] == [True]

    assert shut(tree, head, doctor.account_id, "enablings").json()["disabled"] is False
    assert sign_in(tree, doctor).status_code == 201
    assert not is_in(tree, doctor), "the tokens of before stay dead"


def test_who_did_it_and_why_is_kept_once(tree: Tree, owner: Engine) -> None:
    head, doctor = principal(tree), tree.account(Role.SCHOOL_DOCTOR, tree.school)
    answers = at_once([partial(shut, tree, head, doctor.account_id) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    with owner.connect() as connection:
        statement = text(
            "SELECT institution_id, account_id, reason FROM audit_entry"
            " WHERE act = 'accounts.disable' AND subject_id = :id ORDER BY institution_id"
        )
        found = [tuple(row) for row in connection.execute(statement, {"id": str(doctor.account_id)})]
    assert found == [(0, head.account_id, "手机丢失"), (tree.school, head.account_id, "手机丢失")]


def test_nobody_shuts_the_own_account(tree: Tree) -> None:
    for login in (principal(tree), tree.account(Role.COUNTY_ADMIN, tree.county), provincial(tree)):
        assert code_of(shut(tree, login, login.account_id)) == (403, "own_account")
        assert is_in(tree, login)


@pytest.mark.parametrize(
    ("actor", "other", "expected"),
    [
        (("principal", "school"), ("vice_principal", "school"), 201),
        (("principal", "school"), ("staff", "school"), 201),
        (("principal", "school"), ("principal", "school"), 403),
        (("principal", "school"), ("auditor", "school"), 403),
        (("principal", "school"), ("county_admin", "county"), 404),
        (("county_admin", "county"), ("principal", "school"), 201),
        (("county_admin", "county"), ("gate_guard", "school"), 201),
        (("county_admin", "county"), ("county_admin", "county"), 403),
        (("county_admin", "county"), ("city_admin", "city"), 404),
        (("city_admin", "city"), ("county_admin", "county"), 201),
        (("provincial_admin", "province"), ("provincial_admin", "province"), 201),
    ],
)
def test_whose_account_a_role_may_shut(
    tree: Tree, actor: tuple[str, str], other: tuple[str, str], expected: int
) -> None:
    login, holder = (tree.account(Role(role), getattr(tree, place)) for role, place in (actor, other))
    answer = shut(tree, login, holder.account_id)
    assert answer.status_code == expected, answer.text
    assert is_in(tree, holder) == (expected != 201)


def test_who_holds_a_role_elsewhere_is_for_the_level_above_both(tree: Tree) -> None:
    parent = add_guardian(tree, add_student(tree, tree.classes[0]))
    tree.hold(parent, Role.GATE_GUARD, tree.add_school(name="玄武第二小学"))
    assert code_of(shut(tree, principal(tree), parent.account_id)) == (403, "account_not_yours")
    assert is_in(tree, parent)
    assert shut(tree, tree.account(Role.COUNTY_ADMIN, tree.county), parent.account_id).status_code == 201


def test_two_roles_do_not_add_up_to_more_than_either(tree: Tree) -> None:
    login, other = principal(tree), tree.add_school(name="玄武第二小学")
    tree.hold(login, Role.ANALYST, tree.county)
    guard = tree.account(Role.GATE_GUARD, other)
    assert code_of(shut(tree, login, guard.account_id)) == (404, "not_found")


def test_an_account_of_another_tree_is_as_if_it_were_not_there(tree: Tree) -> None:
    twin = Tree.grow(tree.client)
    other = twin.account(Role.STAFF, twin.school)
    for verb in ("disablings", "enablings"):
        foreign = shut(tree, provincial(tree), other.account_id, verb)
        missing = shut(tree, provincial(tree), 2**62, verb)
        assert foreign.content == missing.content
        assert code_of(foreign) == (404, "not_found")


def test_the_command_shuts_and_opens_by_phone(tree: Tree) -> None:
    admin = provincial(tree)
    for verb, inside in (("disable", False), ("enable", True)):
        found = CliRunner().invoke(command, ["accounts", verb, "--phone", admin.phone, "--reason", "核实中"])
        assert found.exit_code == 0, found.output
        assert (sign_in(tree, admin).status_code == 201) is inside
    unknown = CliRunner().invoke(command, ["accounts", "disable", "--phone", "19999999999", "--reason", "x"])
    assert unknown.exit_code == 2
