"""A lost phone: whoever finds it is out with the next request, and the parent is not."""

from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from app.identity import service as identity
from app.kernel import clock, db
from tests.factories.tree import Login, Tree

WRONG = "Not-the-password-7"
NEW = "Winter-jasmine-2027"


@dataclass
class Phone:
    """A device that is signed in."""

    client: TestClient
    tokens: dict[str, Any]

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def refresh(self) -> Any:
        body = {"refresh_token": self.tokens["refresh_token"]}
        return self.client.post("/api/v1/sessions/refresh", json=body)

    @property
    def is_dead(self) -> bool:
        """Neither of its tokens opens anything; both were good until something happened."""
        return (self.ask("GET", "/me").status_code, self.refresh().status_code) == (401, 401)

    @property
    def lives(self) -> bool:
        return bool(self.ask("GET", "/me").status_code == 200)


@pytest.fixture
def mother(tree: Tree) -> Login:
    """A family account; which children it answers for plays no part here."""
    return tree.account(None, tree.school)


def attempt(client: TestClient, login: Login, password: str, device: str = "手机") -> Any:
    body = {"phone": login.phone, "password": password, "device_name": device}
    return client.post("/api/v1/sessions", json=body)


def sign_in(client: TestClient, login: Login, device: str, password: str | None = None) -> Phone:
    answer = attempt(client, login, password or login.password, device)
    assert answer.status_code == 201, answer.text
    phone = Phone(client, answer.json())
    assert phone.lives
    return phone


def test_one_phone_signs_the_lost_one_out(client: TestClient, mother: Login) -> None:
    lost, kept = sign_in(client, mother, "旧手机"), sign_in(client, mother, "新手机")
    devices = {one["name"]: one for one in kept.ask("GET", "/me/devices").json()["items"]}
    assert (devices["旧手机"]["current"], devices["新手机"]["current"]) == (False, True)
    assert kept.ask("DELETE", f"/me/devices/{devices['旧手机']['id']}").status_code == 204
    assert lost.is_dead
    assert kept.lives
    assert kept.refresh().status_code == 200
    names = {one["name"] for one in kept.ask("GET", "/me/devices").json()["items"]}
    assert "旧手机" not in names
    assert "新手机" in names


def test_nobody_signs_out_the_phone_of_somebody_else(client: TestClient, tree: Tree, mother: Login) -> None:
    phone, stranger = sign_in(client, mother, "手机"), sign_in(client, tree.account(None, 0), "别人的手机")
    theirs = stranger.ask("DELETE", f"/me/devices/{phone.tokens['device_id']}")
    nobodys = stranger.ask("DELETE", "/me/devices/00000000-0000-4000-8000-000000000000")
    assert (theirs.status_code, theirs.content) == (404, nobodys.content)
    assert phone.lives


def test_signing_out_everywhere_ends_every_phone(client: TestClient, mother: Login) -> None:
    phones = [sign_in(client, mother, name) for name in ("手机", "平板", "旧手机")]
    assert phones[0].ask("DELETE", "/sessions").status_code == 204
    assert [phone.is_dead for phone in phones] == [True, True, True]
    assert sign_in(client, mother, "手机").lives


def test_a_new_password_ends_what_the_old_one_opened(client: TestClient, mother: Login) -> None:
    lost, kept = sign_in(client, mother, "旧手机"), sign_in(client, mother, "新手机")
    body = {"old_password": mother.password, "new_password": NEW}
    changed = kept.ask("PUT", "/me/password", json=body)
    assert changed.status_code == 200, changed.text
    assert lost.is_dead
    assert Phone(client, changed.json()).lives
    assert attempt(client, mother, mother.password).status_code == 401
    assert sign_in(client, mother, "新手机", NEW).lives


def test_a_copied_refresh_token_ends_the_session_for_both(client: TestClient, mother: Login) -> None:
    phone = sign_in(client, mother, "手机")
    renewed = Phone(client, phone.refresh().json())
    assert renewed.lives
    with time_machine.travel(clock.now().timestamp() + 30):  # later than an answer that was merely lost
        assert phone.refresh().status_code == 401
        assert renewed.is_dead


def test_a_disabled_account_is_out_at_once(client: TestClient, mother: Login) -> None:
    phone = sign_in(client, mother, "手机")
    with db.transaction(identity.PLATFORM_SCOPE) as session:
        identity.disable_account(session, identity.SYSTEM, mother.account_id, "账号被盗用")
    assert phone.is_dead
    refused = attempt(client, mother, mother.password)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")
    assert attempt(client, mother, WRONG).json()["code"] == "credentials_refused"


def test_guessing_locks_the_account_even_for_the_right_password(client: TestClient, mother: Login) -> None:
    phone = sign_in(client, mother, "手机")
    assert [attempt(client, mother, WRONG).status_code for _ in range(5)] == [401] * 5
    locked = attempt(client, mother, mother.password)
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
    assert 0 < int(locked.headers["retry-after"]) <= 15 * 60
    assert phone.lives  # who is in stays in: guessing must not throw parents out
    with time_machine.travel(clock.now().timestamp() + 15 * 60 + 5):
        assert attempt(client, mother, mother.password).status_code == 201
