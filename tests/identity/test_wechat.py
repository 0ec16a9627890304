"""WeChat as a way in, against a server that speaks its wire format."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.identity import service
from app.kernel import db, settings
from tests.identity.steps import add_account, audited, bearer, lives, tokens
from tests.identity.wechat_stand_in import WeChat, running


@pytest.fixture
def wechat(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[WeChat]:
    """A login server, and the service set up to ask it."""
    assert client is not None
    with running() as server:
        monkeypatch.setenv("LIANFANG_WECHAT_ENDPOINT", server.endpoint)
        monkeypatch.setenv("LIANFANG_WECHAT_APP_ID", server.app_id)
        monkeypatch.setenv("LIANFANG_WECHAT_SECRET", server.secret)
        settings.current.cache_clear()
        yield server
    monkeypatch.undo()
    settings.current.cache_clear()


def by_wechat(client: TestClient, code: str) -> tuple[int, str]:
    """Status and problem of a sign-in by WeChat."""
    answer = client.post("/api/v1/sessions/by-wechat", json={"code": code})
    return answer.status_code, answer.json().get("code", "")


def link(client: TestClient, session: dict[str, str], code: str) -> int:
    """The status of linking a WeChat."""
    return client.post("/api/v1/me/wechat", headers=bearer(session), json={"code": code}).status_code


def test_a_linked_wechat_opens_a_session(client: TestClient, wechat: WeChat, owner: Engine) -> None:
    account_id, number = add_account()
    opened = tokens(client, number)
    assert by_wechat(client, wechat.issue("oLinkedParent")) == (403, "wechat_not_linked")
    assert client.get("/api/v1/me", headers=bearer(opened)).json()["wechat_linked"] is False
    assert link(client, opened, wechat.issue("oLinkedParent")) == 204
    assert link(client, opened, wechat.issue("oLinkedParent")) == 204
    assert client.get("/api/v1/me", headers=bearer(opened)).json()["wechat_linked"] is True
    answer = client.post(
        "/api/v1/sessions/by-wechat", json={"code": wechat.issue("oLinkedParent"), "device_name": "微信"}
    )
    assert answer.status_code == 201
    assert answer.json()["account_id"] == account_id
    assert lives(client, answer.json())
    assert audited(owner, "sessions.open", answer.json()["device_id"]) == [{"by": "wechat"}]
    with owner.connect() as connection:
        kept = connection.execute(
            text("SELECT openid_fingerprint FROM wechat_link WHERE account_id = :id"), {"id": account_id}
        ).scalar_one()
    assert b"oLinkedParent" not in bytes(kept)


def test_a_wechat_opens_one_account_only(client: TestClient, wechat: WeChat) -> None:
    _, first = add_account()
    _, second = add_account()
    assert link(client, tokens(client, first), wechat.issue("oTakenParent")) == 204
    assert link(client, tokens(client, second), wechat.issue("oTakenParent")) == 409


def test_a_wechat_is_unlinked(client: TestClient, wechat: WeChat) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    link(client, opened, wechat.issue("oGoneParent"))
    for _ in range(2):
        assert client.delete("/api/v1/me/wechat", headers=bearer(opened)).status_code == 204
    assert by_wechat(client, wechat.issue("oGoneParent")) == (403, "wechat_not_linked")


def test_a_disabled_account_is_not_entered_by_wechat(client: TestClient, wechat: WeChat) -> None:
    account_id, number = add_account()
    link(client, tokens(client, number), wechat.issue("oDisabledParent"))
    with db.transaction() as session:
        service.disable_account(session, service.SYSTEM, account_id, "left the service")
    assert by_wechat(client, wechat.issue("oDisabledParent")) == (403, "account_disabled")


def test_what_wechat_refuses_is_refused(client: TestClient, wechat: WeChat) -> None:
    assert by_wechat(client, "never-issued") == (401, "wechat_refused")
    code = wechat.issue("oOnceParent")
    by_wechat(client, code)
    assert by_wechat(client, code) == (401, "wechat_refused")


def test_without_wechat_there_are_other_ways(client: TestClient, wechat: WeChat) -> None:
    wechat.faults.extend([500, b"no json"])
    for _ in range(2):
        assert by_wechat(client, wechat.issue("oAnyParent")) == (503, "wechat_unavailable")


def test_where_wechat_is_not_set_up_it_says_so(client: TestClient) -> None:
    assert by_wechat(client, "any-code") == (503, "wechat_unavailable")
