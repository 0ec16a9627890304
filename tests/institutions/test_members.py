"""Members: who may give which role where; nothing is told of a phone; the last head stays."""

from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text

from app.access.roles import Role
from tests.factories.tree import PASSWORD, Login, Tree, phone
from tests.institutions.steps import API, at_once, code_of, get, post, principal, provincial
from tests.institutions.test_units import appoint, standing, uncovered


def add(tree: Tree, login: Login, role: str, *, at: int | None = None, number: str | None = None, **more: Any) -> Any:
    body = {"phone": number or phone(), "name": "王老师", "role": role, **more}
    return post(tree, login, f"/institutions/{at or tree.school}/members", body)


def members(tree: Tree, login: Login, at: int | None = None, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(tree, login, f"/institutions/{at or tree.school}/members", **filters).json()[
        "items"
    ]
    return found


def remove(tree: Tree, login: Login, membership: int, at: int | None = None) -> httpx2.Response:
    path = f"{API}/institutions/{at or tree.school}/members/{membership}"
    return tree.client.delete(path, headers=login.headers)


def own_membership(tree: Tree, login: Login, at: int | None = None) -> int:
    found: int = next(one["id"] for one in members(tree, login, at) if one["account_id"] == login.account_id)
    return found


def test_a_new_member_signs_in_with_the_initial_password_and_must_change_it(tree: Tree) -> None:
    head, number = principal(tree), phone()
    answer = add(tree, head, "school_doctor", number=number)
    assert answer.status_code == 201, answer.text
    signed_in = tree.client.post(
        "/api/v1/sessions", json={"phone": number, "password": answer.json()["initial_password"]}
    )
    assert signed_in.status_code == 201, signed_in.text
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    assert tree.client.get(f"{API}/institutions/{tree.school}/units", headers=bearer).status_code == 403
    listed = members(tree, head, role="school_doctor")
    assert [(one["name"], one["role"]) for one in listed] == [("王老师", "school_doctor")]
    assert number not in str(listed)
    assert number[-4:] in listed[0]["phone"]


def test_nothing_is_told_of_a_phone(tree: Tree, owner: Engine) -> None:
    head, twin = principal(tree), Tree.grow(tree.client)
    known = tree.account(Role.COUNTY_ADMIN, twin.county)
    new, existing = add(tree, head, "staff"), add(tree, head, "staff", number=known.phone)
    assert new.status_code == existing.status_code == 201
    assert set(new.json()) == set(existing.json())
    assert len(new.json()["initial_password"]) == len(existing.json()["initial_password"])
    assert {one["name"] for one in members(tree, head, role="staff")} == {"王老师"}
    with owner.connect() as connection:
        name = connection.execute(
            text("SELECT display_name FROM account WHERE id = :id"), {"id": known.account_id}
        ).scalar_one()
    assert name == "测试账号"
    old = tree.client.post("/api/v1/sessions", json={"phone": known.phone, "password": PASSWORD})
    assert old.status_code == 201
    shown = existing.json()["initial_password"]
    assert tree.client.post("/api/v1/sessions", json={"phone": known.phone, "password": shown}).status_code == 401


def test_the_same_role_twice_is_one_membership(tree: Tree) -> None:
    head, number = principal(tree), phone()
    answers = at_once([partial(add, tree, head, "staff", number=number) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(members(tree, head, role="staff")) == 1


@pytest.mark.parametrize(
    ("role", "at", "expected"),
    [
        ("staff", "school", (201, None)),
        ("vice_principal", "school", (201, None)),
        ("principal", "school", (403, "role_not_yours_to_give")),
        ("county_admin", "school", (422, "role_does_not_fit")),
        ("guardian", "school", (422, "role_does_not_fit")),
        ("student", "school", (422, "role_does_not_fit")),
        ("signed_in", "school", (422, "role_does_not_fit")),
        ("analyst", "county", (404, "not_found")),
    ],
)
def test_what_a_principal_may_give(tree: Tree, role: str, at: str, expected: tuple[int, str | None]) -> None:
    answer = add(tree, principal(tree), role, at=getattr(tree, at))
    assert (answer.status_code, answer.json().get("code")) == expected


@pytest.mark.parametrize(
    ("role", "at", "expected"),
    [
        ("principal", "school", (201, None)),
        ("analyst", "county", (201, None)),
        ("staff", "school", (403, "role_not_yours_to_give")),
        ("county_admin", "county", (403, "role_not_yours_to_give")),
        ("city_admin", "county", (422, "role_does_not_fit")),
        ("city_admin", "city", (404, "not_found")),
    ],
)
def test_what_a_county_may_give(tree: Tree, role: str, at: str, expected: tuple[int, str | None]) -> None:
    answer = add(tree, tree.account(Role.COUNTY_ADMIN, tree.county), role, at=getattr(tree, at))
    assert (answer.status_code, answer.json().get("code")) == expected


def test_two_roles_do_not_add_up_to_more_than_either(tree: Tree) -> None:
    """A principal of one school, analyst of the county, gives no roles in the other schools of the county."""
    login = principal(tree)
    tree.hold(login, Role.COUNTY_ADMIN, tree.county)
    other = tree.add_school()
    assert code_of(add(tree, login, "staff", at=other)) == (403, "role_not_yours_to_give")
    assert add(tree, login, "principal", at=other).status_code == 201


def test_nobody_gives_to_themselves(tree: Tree) -> None:
    head = principal(tree)
    assert code_of(add(tree, head, "school_doctor", number=head.phone)) == (403, "self_grant")
    assert code_of(add(tree, head, "school_doctor", number=f"+86 {head.phone}")) == (403, "self_grant")


@pytest.mark.parametrize("number", ["12345", "not a phone", "02583331111", "+1 555", "", "1" * 40])
def test_a_wrong_phone(tree: Tree, number: str) -> None:
    head = principal(tree)
    body = {"phone": number, "name": "王老师", "role": "staff"}
    assert post(tree, head, f"/institutions/{tree.school}/members", body).status_code == 422
    assert members(tree, head, role="staff") == []


def test_a_homeroom_teacher_needs_a_class_and_becomes_responsible(tree: Tree, owner: Engine) -> None:
    head, twin = principal(tree), Tree.grow(tree.client)
    assert code_of(add(tree, head, "homeroom_teacher")) == (422, "role_needs_class")
    assert code_of(add(tree, head, "staff", unit_id=tree.classes[0])) == (422, "role_needs_class")
    assert code_of(add(tree, head, "homeroom_teacher", unit_id=twin.classes[0])) == (404, "not_found")
    answer = add(tree, head, "homeroom_teacher", unit_id=tree.classes[0])
    assert answer.status_code == 201, answer.text
    assert tree.classes[0] not in uncovered(tree, head)
    assert remove(tree, head, answer.json()["id"]).status_code == 204
    assert tree.classes[0] in uncovered(tree, head)
    assert standing(owner, tree.classes[0]) == []


def test_who_loses_the_last_role_answers_for_nothing(tree: Tree) -> None:
    head = principal(tree)
    membership = add(tree, head, "staff").json()["id"]
    account = members(tree, head, role="staff")[0]["account_id"]
    assert appoint(tree, head, tree.classes[0], account).status_code == 200
    homeroom = members(tree, head, role="homeroom_teacher")[0]["id"]
    assert remove(tree, head, membership).status_code == 204
    assert tree.classes[0] not in uncovered(tree, head)  # still the homeroom teacher
    assert remove(tree, head, homeroom).status_code == 204
    assert tree.classes[0] in uncovered(tree, head)


def test_a_role_that_is_taken_back_is_gone_at_once(tree: Tree) -> None:
    head = principal(tree)
    reporter = tree.account(Role.SCHOOL_REPORTER, tree.school)
    assert get(tree, reporter, f"/institutions/{tree.school}").status_code == 200
    membership = members(tree, head, role="school_reporter")[0]["id"]
    assert remove(tree, head, membership).status_code == 204
    assert get(tree, reporter, f"/institutions/{tree.school}").status_code in (401, 403)
    assert code_of(remove(tree, head, membership)) == (404, "not_found")


def test_the_last_head_stays(tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    first = principal(tree)
    assert code_of(remove(tree, county, own_membership(tree, first))) == (409, "last_of_role")
    second = principal(tree)
    answers = at_once([partial(remove, tree, county, own_membership(tree, one)) for one in (first, second)])
    assert sorted(answer.status_code for answer in answers) == [204, 409]


def test_whose_roles_cannot_be_taken(tree: Tree) -> None:
    head, twin = principal(tree), Tree.grow(tree.client)
    foreign = own_membership(twin, principal(twin))
    answers = [remove(tree, head, one) for one in (foreign, 2**60)]
    assert {code_of(answer) for answer in answers} == {(404, "not_found")}
    assert answers[0].content == answers[1].content
    assert code_of(remove(tree, head, foreign, twin.school)) == (404, "not_found")
    principal(tree)
    assert code_of(remove(tree, head, own_membership(tree, head))) == (403, "role_not_yours_to_give")


def test_guardians_are_no_members(tree: Tree, owner: Engine) -> None:
    head = principal(tree)
    tree.account(Role.GUARDIAN, tree.school, person_id=1)
    assert [one["role"] for one in members(tree, head)] == ["principal"]
    with owner.connect() as connection:
        guardian = connection.execute(
            text("SELECT id FROM membership WHERE institution_id = :id AND role = 'guardian'"), {"id": tree.school}
        ).scalar_one()
    assert code_of(remove(tree, head, guardian)) == (404, "not_found")


def test_every_grant_leaves_a_trace(tree: Tree, owner: Engine) -> None:
    admin = provincial(tree)
    membership = add(tree, admin, "auditor", at=tree.county).json()["id"]
    assert remove(tree, admin, membership, tree.county).status_code == 204
    with owner.connect() as connection:
        trail = connection.execute(
            text("SELECT act, account_id, details FROM audit_entry WHERE institution_id = :id ORDER BY seq"),
            {"id": tree.county},
        ).all()
    assert [(act, account) for act, account, _ in trail] == [
        ("members.add", admin.account_id),
        ("members.remove", admin.account_id),
    ]
    assert trail[0].details == {"role": "auditor", "unit_id": None}


def test_an_office_sees_of_a_school_those_whose_roles_it_hands_on(tree: Tree) -> None:
    head, county = principal(tree), tree.account(Role.COUNTY_ADMIN, tree.county)
    for role in ("staff", "school_doctor"):
        assert add(tree, head, role).status_code == 201
    tree.account(Role.AUDITOR, tree.school)

    assert {one["role"] for one in members(tree, county)} == {"principal", "auditor"}
    assert members(tree, county, role="school_doctor") == []
    assert {one["role"] for one in members(tree, head)} == {"principal", "auditor", "staff", "school_doctor"}
