"""Rules over HTTP: inherited, tightened, locked by one level or two; who set what; who may."""

from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.kernel import db
from app.kernel.db import Scope
from app.policies import service
from app.policies.settings import SETTINGS
from tests.factories.tree import Login, Tree
from tests.institutions.steps import API, at_once, code_of, get, move, principal, provincial, second_county


def put(
    tree: Tree,
    login: Login,
    at: int,
    value: Any,
    *,
    key: str = "observation_days",
    locked: bool = False,
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    return tree.client.put(
        f"{API}/institutions/{at}/policies/{key}",
        headers=login.headers | (headers or {}),
        json={"value": value, "locked": locked},
    )


def clear(
    tree: Tree, login: Login, at: int, key: str = "observation_days", headers: dict[str, str] | None = None
) -> httpx2.Response:
    path = f"{API}/institutions/{at}/policies/{key}"
    return tree.client.delete(path, headers=login.headers | (headers or {}))


def policy(tree: Tree, login: Login, at: int, key: str = "observation_days") -> dict[str, Any]:
    items = get(tree, login, f"/institutions/{at}/policies").json()["items"]
    assert {one["key"] for one in items} == set(SETTINGS)
    found: dict[str, Any] = next(one for one in items if one["key"] == key)
    return found


def days(at: int) -> int:
    """What the services read, with the scope that a guardian of the school has."""
    with db.transaction(Scope(institutions=frozenset({at}))) as session:
        return service.effective(session, at).observation_days


def test_where_nobody_has_said_anything_the_defaults_hold(tree: Tree) -> None:
    found = policy(tree, principal(tree), tree.school)
    assert (found["value"], found["source"], found["locked_by"], found["version"]) == (14, None, None, 0)
    assert found["title"] == "医学观察天数"
    assert days(tree.school) == 14


def test_a_value_comes_down_and_says_where_from(tree: Tree) -> None:
    admin, head = provincial(tree), principal(tree)
    assert put(tree, admin, tree.province, 21).status_code == 200
    found = policy(tree, head, tree.school)
    assert (found["value"], found["own_value"]) == (21, None)
    since = policy(tree, admin, tree.province)["set_at"]
    assert found["source"] == {
        "institution_id": tree.province,
        "name": "江苏省教育厅",
        "kind": "province",
        "set_at": since,
    }
    assert put(tree, admin, tree.county, 10).status_code == 200  # not locked: it may be looser
    assert policy(tree, head, tree.school)["source"]["institution_id"] == tree.county
    assert (days(tree.school), days(tree.city)) == (10, 21)
    assert clear(tree, admin, tree.county).json()["value"] == 21
    assert days(tree.school) == 21
    assert code_of(clear(tree, admin, tree.county)) == (404, "not_found")


def test_a_setting_says_what_a_value_looks_like(tree: Tree) -> None:
    items = get(tree, principal(tree), f"/institutions/{tree.school}/policies").json()["items"]
    shapes = {one["key"]: one["shape"] for one in items}
    assert shapes["observation_days"] == {"maximum": 3650, "minimum": 1, "type": "integer"}
    assert shapes["report_cutoff_school"]["pattern"].startswith("^(")
    assert shapes["quiet_hours"]["required"] == ["since", "until"]


def test_what_is_locked_may_be_tightened_and_not_loosened(tree: Tree) -> None:
    admin, head = provincial(tree), principal(tree)
    assert put(tree, admin, tree.province, 14, locked=True).json()["locked"] is True
    held = policy(tree, head, tree.school)
    assert (held["bound"], held["locked_by"]["institution_id"]) == (14, tree.province)
    assert policy(tree, admin, tree.province)["bound"] is None
    refused = put(tree, head, tree.school, 13)
    assert code_of(refused) == (409, "policy_locked")
    assert refused.json()["params"] == {
        "setting": "医学观察天数",
        "set_by": "江苏省教育厅",
        "locked": "14",
        "tighter": "越高越严",
    }
    assert "江苏省教育厅" in refused.json()["detail"]
    english = put(tree, head, tree.school, 13, headers={"Accept-Language": "en"}).json()
    assert "is locked by" in english["detail"]
    assert put(tree, head, tree.school, 21).json()["value"] == 21
    found = policy(tree, head, tree.school)
    assert found["locked_by"]["institution_id"] == tree.province
    assert found["source"]["institution_id"] == tree.school
    assert policy(tree, admin, tree.province)["locked_by"] is None  # nobody above binds the province


def test_a_lock_from_above_binds_what_was_looser_before_and_lets_it_come_back(tree: Tree) -> None:
    admin, head = provincial(tree), principal(tree)
    put(tree, head, tree.school, 10)
    put(tree, admin, tree.province, 14, locked=True)
    found = policy(tree, head, tree.school)
    assert (found["value"], found["own_value"], found["source"]["institution_id"]) == (14, 10, tree.province)
    assert days(tree.school) == 14
    assert clear(tree, admin, tree.province).status_code == 200
    assert days(tree.school) == 10


def test_locks_from_two_levels(tree: Tree) -> None:
    admin, head = provincial(tree), principal(tree)
    city = tree.account(Role.CITY_ADMIN, tree.city)
    put(tree, admin, tree.province, 14, locked=True)
    assert put(tree, city, tree.city, 21, locked=True).status_code == 200
    refused = put(tree, head, tree.school, 20)
    assert refused.json()["params"]["set_by"] == "南京市教育局"
    assert put(tree, head, tree.school, 28).status_code == 200
    put(tree, admin, tree.province, 25, locked=True)  # now tighter than the city's
    assert policy(tree, city, tree.city)["value"] == 25
    assert (days(tree.county), days(tree.school)) == (25, 28)
    assert put(tree, head, tree.school, 24).json()["params"]["locked"] == "25"


def test_locks_of_lists_add_up(tree: Tree) -> None:
    admin, head = provincial(tree), principal(tree)
    put(tree, admin, tree.province, ["fever", "cough"], key="symptoms", locked=True)
    put(tree, admin, tree.city, ["fever", "cough", "rash"], key="symptoms", locked=True)
    assert code_of(put(tree, head, tree.school, ["fever", "cough", "fatigue"], key="symptoms")) == (
        409,
        "policy_locked",
    )
    mine = ["fever", "cough", "rash", "fatigue"]
    assert put(tree, head, tree.school, mine, key="symptoms").json()["value"] == mine


def test_a_school_that_moves_gets_the_rules_of_its_new_place(tree: Tree) -> None:
    admin, other = provincial(tree), second_county(tree)
    put(tree, admin, tree.county, 10)
    put(tree, admin, other, 30, locked=True)
    assert days(tree.school) == 10
    assert move(tree, admin, tree.school, other).status_code == 201
    assert days(tree.school) == 30


def test_changes_are_made_to_the_version_that_was_read(tree: Tree) -> None:
    head = principal(tree)
    assert put(tree, head, tree.school, 15, headers={"If-Match": '"0"'}).json()["version"] == 1
    assert code_of(put(tree, head, tree.school, 16, headers={"If-Match": '"0"'})) == (412, "precondition_failed")
    assert put(tree, head, tree.school, 16, headers={"If-Match": '"1"'}).json()["version"] == 2
    assert code_of(clear(tree, head, tree.school, headers={"If-Match": '"1"'})) == (412, "precondition_failed")
    assert clear(tree, head, tree.school, headers={"If-Match": '"2"'}).status_code == 200


def test_several_who_set_at_once_agree_on_one(tree: Tree) -> None:
    head = principal(tree)
    answers = at_once(
        [partial(put, tree, head, tree.school, value, headers={"If-Match": '"0"'}) for value in (15, 16, 17)]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


@pytest.mark.parametrize(
    ("key", "value", "pointer", "code"),
    [
        ("observation_days", 0, "/value", "too_small"),
        ("observation_days", True, "/value", "not_integer"),
        ("observation_days", None, "/value", "not_integer"),
        ("fever_threshold", {"default": 37.35}, "/value/default", "one_decimal"),
        ("fever_threshold", {}, "/value/default", "required"),
        ("symptoms", ["fever", "love"], "/value/1", "not_a_choice"),
        ("slots", [], "/value", "too_few"),
    ],
)
def test_a_wrong_value_is_named_and_changes_nothing(tree: Tree, key: str, value: Any, pointer: str, code: str) -> None:
    head = principal(tree)
    answer = put(tree, head, tree.school, value, key=key)
    assert answer.status_code == 422
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert policy(tree, head, tree.school, key)["version"] == 0


def test_who_may_set_rules_where(tree: Tree) -> None:
    twin = Tree.grow(tree.client)
    county, head = tree.account(Role.COUNTY_ADMIN, tree.county), principal(tree)
    assert put(tree, county, tree.school, 15).status_code == 200  # an office, for a school below it
    assert code_of(put(tree, county, tree.city, 15)) == (404, "not_found")
    assert code_of(put(tree, head, tree.county, 15)) == (404, "not_found")
    assert code_of(put(tree, tree.account(Role.ANALYST, tree.county), tree.county, 15)) == (403, "forbidden")
    foreign, missing = put(tree, head, twin.school, 15), put(tree, head, 2**60, 15)
    assert code_of(foreign) == (404, "not_found")
    assert foreign.content == missing.content
    assert code_of(put(tree, head, tree.school, 15, key="nothing")) == (404, "not_found")
    assert (days(twin.school), days(tree.county)) == (14, 14)


def test_a_guardian_may_ask_for_the_rules(tree: Tree) -> None:
    guardian = tree.account(Role.GUARDIAN, tree.school, person_id=1)
    put(tree, provincial(tree), tree.province, 21)
    assert policy(tree, guardian, tree.school)["value"] == 21


def test_what_one_transaction_decides_it_decides_by_one_set_of_rules(tree: Tree) -> None:
    admin = provincial(tree)
    with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
        before = service.effective(session, tree.school)
        put(tree, admin, tree.province, 21)
        assert service.effective(session, tree.school) is before
    assert days(tree.school) == 21


def test_the_trail_says_who_set_what(tree: Tree, owner: Engine) -> None:
    head = principal(tree)
    put(tree, head, tree.school, 15, locked=True)
    clear(tree, head, tree.school)
    with owner.connect() as connection:
        trail = connection.execute(
            text(
                "SELECT act, subject_id, details, account_id FROM audit_entry WHERE institution_id = :id ORDER BY seq"
            ),
            {"id": tree.school},
        ).all()
    assert [tuple(one) for one in trail] == [
        ("policies.set", "observation_days", {"value": 15, "locked": True}, head.account_id),
        ("policies.clear", "observation_days", {}, head.account_id),
    ]
