"""E-mail addresses of staff: confirmed by a code, masked, encrypted, gone with the account; families need none."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.identity import service
from app.identity.models import AccountKind
from app.kernel import clock, db
from app.notifications import service as notifications
from app.notifications.service import Channel
from tests.identity.steps import add_account, audited, bearer, tokens
from tests.notifications.stand_ins import MailServer, mail_set_up

_numbers = itertools.count(1)


@pytest.fixture
def mail(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    assert client is not None
    with mail_set_up(monkeypatch) as server:
        yield server


class Person:
    """An account that is signed in."""

    def __init__(self, client: TestClient, kind: AccountKind = AccountKind.STAFF) -> None:
        self.client = client
        self.id, number = add_account(kind)
        self.headers = bearer(tokens(client, number))
        self.address = f"Li.Ming{next(_numbers)}@Office.School.example"
        self.normal = self.address.replace("@Office.School", "@office.school")

    def ask(self, address: str | None = None) -> httpx2.Response:
        return self.client.post("/api/v1/me/email-codes", json={"email": address or self.address}, headers=self.headers)

    def confirm(self, code: str, address: str | None = None) -> httpx2.Response:
        return self.client.put(
            "/api/v1/me/email", json={"email": address or self.address, "code": code}, headers=self.headers
        )

    def me(self) -> Any:
        return self.client.get("/api/v1/me", headers=self.headers).json()

    def channel(self) -> Any:
        items = self.client.get("/api/v1/me/channels", headers=self.headers).json()["items"]
        return next(one for one in items if one["channel"] == "email")


def reached(account_id: int) -> str | None:
    with db.transaction() as session:
        book = notifications.BOOKS[Channel.EMAIL]
        return book.address(session, account_id) if account_id in book.having(session, [account_id]) else None


def test_an_address_is_confirmed_by_the_code_that_was_sent_there(
    client: TestClient, owner: Engine, mail: MailServer
) -> None:
    person = Person(client)
    assert person.ask().status_code == 202
    assert (person.me()["email_masked"], reached(person.id)) == (None, None)
    assert person.confirm("000000").json()["code"] == "code_refused"
    assert person.confirm(mail.code_for(person.normal)).json()["email_masked"] == "L***@office.school.example"
    assert (person.channel()["address"], person.channel()["available"]) == ("L***@office.school.example", True)
    assert reached(person.id) == person.normal
    assert person.confirm(mail.code_for(person.normal)).status_code == 401  # used up
    assert len(audited(owner, "email.confirm", str(person.id))) == 1
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT * FROM email_address WHERE account_id = :id"), {"id": person.id}).one()
    assert b"Li.Ming" not in kept.address_cipher


def test_a_code_confirms_for_its_account_and_its_address_alone(client: TestClient, mail: MailServer) -> None:
    mine, other = Person(client), Person(client)
    address = "shared@school.example"
    assert mine.ask(address).status_code == 202
    code = mail.code_for(address)
    assert other.confirm(code, address).status_code == 401
    assert mine.confirm(code, "another@school.example").status_code == 401
    assert mine.confirm(code, address).status_code == 200


def test_codes_are_limited_for_the_address_and_for_the_account(client: TestClient, mail: MailServer) -> None:
    one, other = Person(client), Person(client)
    address = "busy@school.example"
    assert one.ask(address).status_code == 202
    assert other.ask(address).json()["code"] == "codes_limited"
    assert one.ask("second@school.example").json()["code"] == "codes_limited"
    with time_machine.travel(clock.now() + timedelta(minutes=1, seconds=1), tick=True):
        assert one.ask("second@school.example").status_code == 202
    assert [mail["To"] for mail in mail.mails] == [address, "second@school.example"]


def test_families_need_none(client: TestClient, mail: MailServer) -> None:
    parent = Person(client, AccountKind.FAMILY)
    assert parent.ask().json()["code"] == "email_not_wanted"
    assert parent.confirm("123456").json()["code"] == "email_not_wanted"
    assert mail.mails == []


@pytest.mark.parametrize(
    "wrong",
    ["office", "a@b", "a@localhost", "a b@school.cn", "a@school.cn\nBcc: b@school.cn", "王@school.cn", "a@[1.2.3.4]"],
)
def test_what_is_no_address(client: TestClient, mail: MailServer, wrong: str) -> None:
    answer = Person(client).ask(wrong)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/email")
    assert wrong not in answer.text
    assert mail.mails == []


def test_a_mailbox_that_is_not_there_and_a_server_that_is_away(client: TestClient, mail: MailServer) -> None:
    person = Person(client)
    mail.replies = ["550 no such user", "451 later"]
    assert person.ask().json()["code"] == "mailbox_refused"
    assert person.ask().json()["code"] == "mail_unavailable"
    assert person.ask().status_code == 202  # what was not sent is not counted


def test_without_a_mail_server_nothing_is_promised(client: TestClient) -> None:
    answer = Person(client).ask()
    assert (answer.status_code, answer.json()["code"]) == (503, "mail_unavailable")


def test_it_is_taken_back_and_gone_with_the_account(client: TestClient, owner: Engine, mail: MailServer) -> None:
    person = Person(client)
    for last in ("removed", "disabled"):
        with time_machine.travel(clock.now() + timedelta(minutes=2 if last == "disabled" else 0), tick=True):
            person.ask()
            assert person.confirm(mail.code_for(person.normal)).status_code == 200
            if last == "removed":
                assert client.delete("/api/v1/me/email", headers=person.headers).status_code == 204
                assert person.me()["email_masked"] is None
            else:
                with db.transaction(service.PLATFORM_SCOPE) as session:
                    service.disable_account(session, service.SYSTEM, person.id, "left")
    assert reached(person.id) is None
    with owner.begin() as connection:
        count = text("SELECT count(*) FROM email_address WHERE account_id = :id")
        assert connection.scalar(count, {"id": person.id}) == 0
