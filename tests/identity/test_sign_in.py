"""Phone and password."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.identity import service
from app.identity.models import AccountKind
from app.identity.service import passwords
from app.kernel import clock, db, settings
from tests.factories.tree import PASSWORD, Login, Tree, phone
from tests.identity.steps import add_account, at_once, audited, bearer, caller_from, lives, sign_in, tokens


def test_a_password_opens_a_session(client: TestClient, tree: Tree, owner: Engine) -> None:
    login = tree.account(Role.PRINCIPAL, tree.school)
    answer = sign_in(client, login.phone, device_name="办公室电脑")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    opened = answer.json()
    assert opened["expires_in"] == 600
    assert opened["account_id"] == login.account_id
    me = client.get("/api/v1/me", headers=bearer(opened)).json()
    assert me["phone_masked"] == f"199****{login.phone[-4:]}"
    assert me["memberships"] == [
        {"role": "principal", "institution_id": tree.school, "unit_id": None, "person_id": None}
    ]
    assert audited(owner, "sessions.open", opened["device_id"]) == [{"by": "password"}]


@pytest.mark.parametrize("spelling", ["{}", " {} ", "+86{}", "+86 {}", "0086{}"])
def test_a_number_is_one_number_however_it_is_written(client: TestClient, spelling: str) -> None:
    _, number = add_account()
    assert sign_in(client, spelling.format(number)).status_code == 201


@pytest.mark.parametrize("wrong", ["12345", "10086", "02583300000", "1380013800", "no number", "+++++", "1" * 32])
def test_what_is_no_mobile_number_is_said_to_be_none(client: TestClient, wrong: str) -> None:
    answer = sign_in(client, wrong)
    assert answer.status_code == 422
    assert answer.json()["code"] == "phone_not_valid"


def test_no_answer_tells_whether_a_number_has_an_account(client: TestClient) -> None:
    _, known = add_account()
    _, without_password = add_account(password=None)
    answers = [sign_in(client, number, "Wrong-password-1") for number in (known, without_password, phone())]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "credentials_refused"


@pytest.mark.usefixtures("client")
def test_an_unknown_number_costs_a_hash_of_the_same_parameters(owner: Engine) -> None:
    account_id, _ = add_account()
    with owner.connect() as connection:
        real = connection.execute(
            text("SELECT password_hash FROM account WHERE id = :id"), {"id": account_id}
        ).scalar_one()
    dummy = passwords.dummy_hash(settings.current().password_hash_cost)
    assert dummy.split("$")[:4] == real.split("$")[:4]
    assert [len(part) for part in dummy.split("$")] == [len(part) for part in real.split("$")]
    assert real.startswith("$argon2id$v=19$m=19456,")
    assert passwords.verify("anything", None) is False


def test_five_failures_close_the_account_to_the_right_password_too(client: TestClient, owner: Engine) -> None:
    account_id, number = add_account()
    standing = tokens(client, number)
    assert [sign_in(client, number, "wrong").status_code for _ in range(5)] == [401] * 5
    locked = sign_in(client, number)
    assert locked.status_code == 429
    assert locked.json()["code"] == "sign_in_locked"
    assert 890 <= int(locked.headers["retry-after"]) <= 900
    assert lives(client, standing)
    assert audited(owner, "tries.fail", account_id) == [{"by": "password"}] * 5
    assert audited(owner, "tries.lock", account_id) == [{"by": "password"}]


def test_a_number_without_an_account_is_closed_in_the_same_way(client: TestClient) -> None:
    number = phone()
    assert [sign_in(client, number).status_code for _ in range(6)] == [401] * 5 + [429]


def test_the_lock_opens_when_the_failures_are_a_quarter_of_an_hour_old(client: TestClient) -> None:
    _, number = add_account()
    for _ in range(5):
        sign_in(client, number, "wrong")
    wait = int(sign_in(client, number).headers["retry-after"])
    with time_machine.travel(clock.now() + timedelta(seconds=wait - 20)):
        assert sign_in(client, number).status_code == 429
    with time_machine.travel(clock.now() + timedelta(seconds=wait + 1)):
        assert sign_in(client, number).status_code == 201


def test_an_address_may_fail_five_times_whatever_the_accounts(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANFANG_SIGN_IN_FAILURES_PER_ADDRESS", "5")
    settings.current.cache_clear()
    try:
        here, elsewhere = caller_from(client), caller_from(client)
        _, number = add_account()
        assert [sign_in(here, phone()).status_code for _ in range(5)] == [401] * 5
        assert sign_in(here, number).status_code == 429
        assert sign_in(elsewhere, number).status_code == 201
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()


def test_twenty_guesses_at_once_get_five_answers(client: TestClient) -> None:
    _, number = add_account()
    guesses = [PASSWORD if one == 13 else f"Wrong-{one}-guess" for one in range(20)]
    found = at_once(20, lambda one: sign_in(client, number, guesses[one]).status_code)
    assert found.count(401) == 5
    assert found.count(201) <= 1
    assert found.count(201) + found.count(429) == 15
    assert sign_in(client, number).status_code == 429


def test_a_disabled_account_is_told_so_only_by_its_password(client: TestClient) -> None:
    account_id, number = add_account()
    opened = tokens(client, number)
    with db.transaction() as session:
        service.disable_account(session, service.SYSTEM, account_id, "left the service")
    assert not lives(client, opened)
    assert sign_in(client, number, "wrong").json()["code"] == "credentials_refused"
    answer = sign_in(client, number)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")
    with db.transaction() as session:
        service.enable_account(session, service.SYSTEM, account_id, "came back")
    assert sign_in(client, number).status_code == 201
    assert not lives(client, opened)


def test_a_password_set_by_others_must_be_changed_first(client: TestClient, tree: Tree) -> None:
    account_id, number = add_account(AccountKind.STAFF, must_change=True)
    tree.hold(Login(account_id, number, PASSWORD, {}), Role.PRINCIPAL, tree.school)
    opened = tokens(client, number)
    assert opened["must_change_password"] is True
    entries = client.get(f"/api/v1/institutions/{tree.school}/audit-entries", headers=bearer(opened))
    assert (entries.status_code, entries.json()["code"]) == (403, "password_change_due")
    assert client.get("/api/v1/me", headers=bearer(opened)).json()["must_change_password"] is True
    change = {"old_password": PASSWORD, "new_password": "Winter-Sweet-77"}
    renewed = client.put("/api/v1/me/password", headers=bearer(opened), json=change).json()
    assert renewed["must_change_password"] is False
    entries = client.get(f"/api/v1/institutions/{tree.school}/audit-entries", headers=bearer(renewed))
    assert entries.status_code == 200


def test_staff_passwords_expire_and_those_of_families_do_not(client: TestClient) -> None:
    _, staff = add_account(AccountKind.STAFF)
    _, family = add_account()
    with time_machine.travel(clock.now() + timedelta(days=89)):
        assert tokens(client, staff)["must_change_password"] is False
    with time_machine.travel(clock.now() + timedelta(days=91)):
        late = tokens(client, staff)
        assert late["must_change_password"] is True
        me = client.get("/api/v1/me", headers=bearer(late)).json()
        assert me["must_change_password"] is True
        assert tokens(client, family)["must_change_password"] is False


def test_a_hash_of_another_cost_is_renewed_at_sign_in(
    client: TestClient, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id, number = add_account()
    monkeypatch.setenv("LIANFANG_PASSWORD_HASH_COST", "2")
    settings.current.cache_clear()
    try:
        assert sign_in(client, number).status_code == 201
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT password_hash FROM account WHERE id = :id"), {"id": account_id}
        ).scalar_one()
    assert ",t=2," in found
    assert sign_in(client, number).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"phone": "19900000000"},
        {"phone": 19900000000, "password": "x"},
        {"phone": "19900000000", "password": ""},
        {"phone": "19900000000", "password": None},
        {"phone": "19900000000", "password": "x" * 257},
        {"phone": "19900000000", "password": "x", "role": "principal"},
        {"phone": "19900000000", "password": "x", "device_name": "a\u0007b"},
        {"phone": "1" * 33, "password": "x"},
        [],
        "x",
    ],
)
def test_wrong_bodies_are_refused_with_the_places(client: TestClient, body: object) -> None:
    answer = client.post("/api/v1/sessions", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert "19900000000" not in answer.text


def test_no_password_or_number_reaches_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    _, number = add_account()
    caplog.set_level("DEBUG")
    sign_in(client, number, "Wrong-password-1")
    sign_in(client, number)
    assert number not in caplog.text
    assert "Wrong-password-1" not in caplog.text
    assert PASSWORD not in caplog.text
