"""What the tests of identity do again and again."""

import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx2
import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.identity import service
from app.identity.models import AccountKind
from app.kernel import db
from tests.factories.tree import PASSWORD, phone

T = TypeVar("T")
_addresses = itertools.count(1)


def caller_from(client: TestClient, address: str | None = None) -> TestClient:
    """The application as it is seen from an address; by default one that no other test has."""
    number = next(_addresses)
    peer = address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return TestClient(client.app, client=(peer, 50000), raise_server_exceptions=False)


def add_account(
    kind: AccountKind = AccountKind.FAMILY, password: str | None = PASSWORD, *, must_change: bool = False
) -> tuple[int, str]:
    """A new account; its id and phone."""
    number = phone()
    with db.transaction() as session:
        account = service.create_account(
            session,
            service.SYSTEM,
            kind=kind,
            display_name="测试账号",
            phone=number,
            password=password,
            must_change=must_change,
        )
        return account.id, number


def sign_in(client: TestClient, number: str, password: str = PASSWORD, **more: Any) -> httpx2.Response:
    """The answer to a sign-in by password."""
    return client.post("/api/v1/sessions", json={"phone": number, "password": password, **more})


def tokens(client: TestClient, number: str, password: str = PASSWORD) -> dict[str, Any]:
    """An open session."""
    answer = sign_in(client, number, password)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(session: dict[str, Any]) -> dict[str, str]:
    """The header for an open session."""
    return {"Authorization": f"Bearer {session['access_token']}"}


def lives(client: TestClient, session: dict[str, Any]) -> bool:
    """Whether the access token of a session still holds."""
    answer = client.get("/api/v1/me", headers=bearer(session))
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def refresh(client: TestClient, token: str) -> httpx2.Response:
    """The answer to a refresh."""
    return client.post("/api/v1/sessions/refresh", json={"refresh_token": token})


def code_for(client: TestClient, number: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Ask for a code and read it off the console."""
    capsys.readouterr()
    answer = client.post("/api/v1/one-time-codes", json={"phone": number})
    assert answer.status_code == 202, answer.text
    found = re.search(r"\b(\d{6})\b", capsys.readouterr().out)
    assert found
    return found[1]


def another_code(code: str) -> str:
    """Six digits that are not ``code``."""
    return f"{(int(code) + 1) % 10**6:06d}"


def at_once(count: int, call: Callable[[int], T]) -> list[T]:
    """The results of ``call(0)`` … from as many threads, let go together."""
    barrier = threading.Barrier(count)

    def run(number: int) -> T:
        barrier.wait(timeout=30)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def audited(owner: Engine, act: str, subject_id: object) -> list[dict[str, Any]]:
    """Details of the platform's audit entries of this act on this subject."""
    with owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT details FROM audit_entry WHERE institution_id = 0 AND act = :act AND subject_id = :subject"
                " ORDER BY seq"
            ),
            {"act": act, "subject": str(subject_id)},
        )
        return [row.details for row in rows]
