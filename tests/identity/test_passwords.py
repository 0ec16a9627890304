"""Changing a password, and what a password has to be."""

from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.identity import service
from app.identity.errors import PasswordTooWeak, PhoneTaken
from app.identity.models import AccountKind
from app.identity.service import passwords
from app.kernel import db
from tests.factories.tree import PASSWORD
from tests.identity.steps import (
    add_account,
    another_code,
    at_once,
    audited,
    bearer,
    code_for,
    lives,
    refresh,
    sign_in,
    tokens,
)

NEW = "Winter-Sweet-77"


def change(client: TestClient, session: dict[str, Any], **body: object) -> httpx2.Response:
    """The answer to a change of password."""
    return client.put("/api/v1/me/password", headers=bearer(session), json=body)


def codes_of(answer: httpx2.Response) -> set[str]:
    """The codes of the errors in an answer."""
    return {one["code"] for one in answer.json()["errors"]}


def test_a_new_password_ends_all_sessions_and_opens_one(client: TestClient, owner: Engine) -> None:
    account_id, number = add_account()
    here, there = tokens(client, number), tokens(client, number)
    answer = change(client, here, old_password=PASSWORD, new_password=NEW)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert not lives(client, here)
    assert not lives(client, there)
    assert {refresh(client, one["refresh_token"]).status_code for one in (here, there)} == {401}
    assert lives(client, answer.json())
    assert refresh(client, answer.json()["refresh_token"]).status_code == 200
    assert sign_in(client, number).status_code == 401
    assert sign_in(client, number, NEW).status_code == 201
    assert len(audited(owner, "accounts.change_password", account_id)) == 1


@pytest.mark.parametrize("proof", [{"old_password": "Wrong-one-1"}, {}, {"old_password": None}])
def test_without_the_old_password_nothing_changes(client: TestClient, proof: dict[str, str | None]) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    answer = change(client, opened, new_password=NEW, **proof)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_password")
    assert lives(client, opened)
    assert sign_in(client, number).status_code == 201


def test_guesses_at_the_old_password_count_with_those_at_sign_in(client: TestClient) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    for _ in range(3):
        assert change(client, opened, old_password="Wrong-one-1", new_password=NEW).status_code == 422
    for _ in range(2):
        assert sign_in(client, number, "wrong").status_code == 401
    assert change(client, opened, old_password=PASSWORD, new_password=NEW).status_code == 429
    assert sign_in(client, number).status_code == 429


def test_a_forgotten_password_is_replaced_by_a_code(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    code = code_for(client, number, capsys)
    wrong = change(client, opened, code=another_code(code), new_password=NEW)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "code_refused")
    assert change(client, opened, code=code, new_password=NEW).status_code == 200
    assert sign_in(client, number, NEW).status_code == 201


def test_an_account_without_a_password_gets_one(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    _, number = add_account(password=None)
    given = {"phone": number, "code": code_for(client, number, capsys)}
    opened = client.post("/api/v1/sessions/by-code", json=given).json()
    assert change(client, opened, new_password=NEW).status_code == 200
    assert sign_in(client, number, NEW).status_code == 201


def test_of_two_changes_at_once_one_wins(client: TestClient) -> None:
    for _ in range(5):
        _, number = add_account()
        opened = tokens(client, number)
        news = ["Winter-Sweet-77", "Summer-Lotus-88"]

        def one_of(place: int, opened: dict[str, Any] = opened, news: list[str] = news) -> int:
            return change(client, opened, old_password=PASSWORD, new_password=news[place]).status_code

        found = at_once(2, one_of)
        assert found.count(200) == 1
        assert set(found) <= {200, 401, 409}
        assert sign_in(client, number, news[found.index(200)]).status_code == 201
        assert sign_in(client, number, news[1 - found.index(200)]).status_code == 401


@pytest.mark.parametrize(
    ("new", "broken"),
    [
        ("a1", {"too_short", "too_common"}),
        ("onlyletters", {"too_few_classes"}),
        ("93857261049", {"too_few_classes"}),
        ("Password123!", {"too_common"}),
        ("P@ssw0rd!!", {"too_common"}),
        ("woaini1314", {"too_common"}),
        ("abc123456", {"too_common"}),
        ("aaaa1111", {"too_common"}),
        (PASSWORD, {"unchanged"}),
    ],
)
def test_weak_passwords_are_refused_with_every_reason(client: TestClient, new: str, broken: set[str]) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    answer = change(client, opened, old_password=PASSWORD, new_password=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "password_too_weak")
    assert codes_of(answer) == broken
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/new_password"}
    assert new not in answer.text
    assert lives(client, opened)


def test_the_phone_is_no_password(client: TestClient) -> None:
    _, number = add_account()
    answer = change(client, tokens(client, number), old_password=PASSWORD, new_password=f"Xq-{number}")
    assert "contains_phone" in codes_of(answer)


def test_staff_have_stricter_rules_than_families(client: TestClient) -> None:
    _, staff = add_account(AccountKind.STAFF)
    _, family = add_account()
    new = "plum739x"
    refused = change(client, tokens(client, staff), old_password=PASSWORD, new_password=new)
    assert codes_of(refused) == {"too_short", "too_few_classes"}
    assert change(client, tokens(client, family), old_password=PASSWORD, new_password=new).status_code == 200


@pytest.mark.usefixtures("client")
def test_an_account_is_not_made_twice_or_with_a_weak_password() -> None:
    _, number = add_account()
    create = partial(service.create_account, kind=AccountKind.STAFF, display_name="测试账号")
    with pytest.raises(PhoneTaken), db.transaction() as session:
        create(session, service.SYSTEM, phone=f"+86 {number}")
    with pytest.raises(PasswordTooWeak), db.transaction() as session:
        create(session, service.SYSTEM, phone="19900000000", password="secret")
    with db.transaction() as session:
        found = service.find_account(session, number)
        assert found is not None
        assert service.find_account(session, "+16502530000") is None


def test_generated_passwords_meet_the_rules_and_differ() -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    for one in made:
        passwords.demand_strong(one, AccountKind.STAFF, None)


@pytest.mark.parametrize("common", ["12345678", "87654321", "qwerty2024", "Nanjing2020!", "admin@123", "zzzzzzzz1"])
def test_common_passwords_are_known(common: str) -> None:
    assert passwords.is_common(common)


@pytest.mark.parametrize("fine", ["Plum-blossom-2026", "teacher-of-three-cats", "Xuanwu7Lake", "春眠不觉晓处处闻啼鸟"])
def test_uncommon_ones_are_let_be(fine: str) -> None:
    assert not passwords.is_common(fine)
