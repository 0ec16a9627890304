"""Actors' own sessions: tokens that are fresh, and spare ones for what ends a session."""

import contextlib
import io
import re
from collections.abc import Mapping
from typing import Any

from starlette.testclient import TestClient

from app.identity import service as identity
from app.identity.models import Account
from app.kernel import clock, db
from tests.factories.tree import Login

FRESH_SECONDS = 300  # half of an access token's life
# What ends the caller's own session; and what changes the account, so that each call has an account of its own.
ENDS_SESSION = {"close_session", "revoke_device"}
CHANGES_ACCOUNT = {"close_all_sessions", "change_password", "accept_invitation", "link_wechat", "unlink_wechat"}


class Sessions:
    """Hands out headers with a token that holds."""

    def __init__(self) -> None:
        self._tokens: dict[int, tuple[float, str]] = {}

    def headers(self, login: Login, *, spare: bool = False) -> Mapping[str, str]:
        """The header of a session of the account; with ``spare`` one that nothing else uses."""
        now = clock.now().timestamp()
        since, token = self._tokens.get(login.account_id, (0.0, ""))
        if spare or now - since > FRESH_SECONDS:
            token = open_session(login.account_id).access_token
            if not spare:
                self._tokens[login.account_id] = (now, token)
        return {"Authorization": f"Bearer {token}"}


def open_session(account_id: int) -> Any:
    """A session of the account on a device of its own."""
    with db.transaction() as session:
        return identity.open_session(session, session.get_one(Account, account_id), device_name="手机")


def code_for(client: TestClient, phone: str) -> str:
    """A one-time code for the phone, read off the console."""
    with contextlib.redirect_stdout(io.StringIO()) as console:
        assert client.post("/api/v1/one-time-codes", json={"phone": phone}).status_code == 202
    found = re.search(r"\b(\d{6})\b", console.getvalue())
    assert found
    return found[1]
