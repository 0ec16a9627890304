"""One-time codes by text message."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.identity import service
from app.identity.models import AccountKind
from app.kernel import clock, db
from tests.factories.tree import phone
from tests.identity.steps import add_account, another_code, at_once, audited, bearer, code_for, lives, sign_in

Capture = pytest.CaptureFixture[str]


def by_code(client: TestClient, number: str, code: str) -> int:
    """The status of a sign-in by code."""
    return client.post("/api/v1/sessions/by-code", json={"phone": number, "code": code}).status_code


def ask(client: TestClient, number: str) -> tuple[int, int]:
    """Status of asking for a code, and for how many seconds to wait."""
    answer = client.post("/api/v1/one-time-codes", json={"phone": number})
    return answer.status_code, int(answer.headers.get("retry-after", 0))


def test_a_code_opens_a_session(client: TestClient, owner: Engine, capsys: Capture) -> None:
    account_id, number = add_account(AccountKind.STAFF)
    code = code_for(client, number, capsys)
    answer = client.post("/api/v1/sessions/by-code", json={"phone": number, "code": code})
    assert answer.status_code == 201
    assert answer.json()["account_id"] == account_id
    assert lives(client, answer.json())
    assert audited(owner, "sessions.open", answer.json()["device_id"]) == [{"by": "code"}]


def test_a_new_phone_that_is_proven_gets_a_family_account(client: TestClient, capsys: Capture) -> None:
    number = phone()
    opened = client.post(
        "/api/v1/sessions/by-code", json={"phone": number, "code": code_for(client, number, capsys)}
    ).json()
    me = client.get("/api/v1/me", headers=bearer(opened)).json()
    assert me["kind"] == "family"
    assert me["display_name"] == me["phone_masked"] == f"199****{number[-4:]}"
    assert me["memberships"] == []
    assert me["has_password"] is False


def test_an_account_from_a_schools_list_is_entered_by_code(client: TestClient, capsys: Capture) -> None:
    number, other = phone(), phone()
    with db.transaction() as session:
        made = service.ensure_family_accounts(session, {number: "张家长", other: "李家长"})
        again = service.ensure_family_accounts(session, {number: "别的名字"})
        assert service.ensure_family_accounts(session, {}) == {}
    assert again == {number: made[number]}
    assert made[number] != made[other]
    assert sign_in(client, number).status_code == 401
    code = code_for(client, number, capsys)
    opened = client.post("/api/v1/sessions/by-code", json={"phone": number, "code": code}).json()
    assert opened["account_id"] == made[number]
    assert client.get("/api/v1/me", headers=bearer(opened)).json()["display_name"] == "张家长"


def test_asking_for_a_code_does_not_tell_whether_there_is_an_account(client: TestClient) -> None:
    _, number = add_account()
    known = client.post("/api/v1/one-time-codes", json={"phone": number})
    unknown = client.post("/api/v1/one-time-codes", json={"phone": phone()})
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content


def test_a_code_works_once(client: TestClient, capsys: Capture) -> None:
    number = phone()
    code = code_for(client, number, capsys)
    assert by_code(client, number, code) == 201
    assert by_code(client, number, code) == 401


def test_of_ten_uses_at_once_one_goes_through(client: TestClient, capsys: Capture) -> None:
    number = phone()
    code = code_for(client, number, capsys)
    found = at_once(10, lambda _: by_code(client, number, code))
    assert found.count(201) == 1
    assert set(found) <= {201, 401, 429}


def test_five_wrong_guesses_use_a_code_up(client: TestClient, capsys: Capture) -> None:
    number = phone()
    code = code_for(client, number, capsys)
    assert [by_code(client, number, another_code(code)) for _ in range(5)] == [401] * 5
    assert by_code(client, number, code) == 429
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert by_code(client, number, code) == 401
        assert by_code(client, number, code_for(client, number, capsys)) == 201


def test_guesses_at_once_are_each_counted(client: TestClient, owner: Engine, capsys: Capture) -> None:
    number = phone()
    code = code_for(client, number, capsys)
    found = at_once(16, lambda one: by_code(client, number, code if one == 15 else another_code(code)))
    assert found.count(401) <= 5
    assert found.count(201) <= 1
    assert found.count(401) + found.count(201) + found.count(429) == 16
    with owner.connect() as connection:
        most = connection.execute(text("SELECT max(attempts) FROM one_time_code")).scalar_one()
    assert most <= 5


def test_a_code_of_another_phone_is_wrong(client: TestClient, capsys: Capture) -> None:
    mine, theirs = phone(), phone()
    code = code_for(client, theirs, capsys)
    mine_code = code_for(client, mine, capsys)
    assert by_code(client, mine, code) == (201 if code == mine_code else 401)


def test_a_code_lasts_ten_minutes_and_a_newer_one_replaces_it(client: TestClient, capsys: Capture) -> None:
    number = phone()
    first = code_for(client, number, capsys)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert by_code(client, number, first) == 401
        second = code_for(client, number, capsys)
    with time_machine.travel(clock.now() + timedelta(minutes=13)):
        third = code_for(client, number, capsys)
        assert by_code(client, number, second) == (201 if second == third else 401)
        assert by_code(client, number, third) == (401 if second == third else 201)


def test_one_a_minute_five_an_hour_ten_a_day(client: TestClient) -> None:
    number, start = phone(), clock.now()

    def after(minutes: float) -> tuple[int, int]:
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            return ask(client, number)

    assert after(0) == (202, 0)
    assert after(0.5) == (429, 31)
    assert [after(minute)[0] for minute in (2, 4, 6, 8)] == [202] * 4
    assert after(10) == (429, 50 * 60 + 1)
    assert [after(minute)[0] for minute in (61, 63, 65, 67, 69)] == [202] * 5
    assert after(180) == (429, 21 * 3600 + 1)
    assert after(24 * 60 + 1)[0] == 202


def test_eight_requests_at_once_send_one_code(client: TestClient) -> None:
    number = phone()
    found = at_once(8, lambda _: ask(client, number)[0])
    assert sorted(found) == [202] + [429] * 7


def test_a_disabled_account_is_not_entered_by_code(client: TestClient, capsys: Capture) -> None:
    account_id, number = add_account()
    with db.transaction() as session:
        service.disable_account(session, service.SYSTEM, account_id, "left the service")
    assert by_code(client, number, code_for(client, number, capsys)) == 403


def test_codes_are_kept_as_keyed_hashes(client: TestClient, owner: Engine, capsys: Capture) -> None:
    number = phone()
    code = code_for(client, number, capsys)
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT phone_fingerprint, code_fingerprint FROM one_time_code")).all()
    for row in rows:
        assert number.encode() not in bytes(row[0])
        assert code.encode() not in bytes(row[1])
        assert len(row[1]) == 32


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", 123456, None])
def test_what_is_no_code_is_refused(client: TestClient, code: object) -> None:
    answer = client.post("/api/v1/sessions/by-code", json={"phone": phone(), "code": code})
    assert answer.status_code == 422
