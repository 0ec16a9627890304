"""Outsiders without an account: a code, a confirmed phone, real names, and a ticket to follow it all."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.kernel import clock, settings
from tests.entries.steps import Cast, Row, decide, invite, open_step, outsider, rows, window
from tests.factories.tree import phone
from tests.identity.steps import caller_from
from tests.isolation.sessions import code_for


class Visitor:
    """Somebody at a phone of their own."""

    def __init__(self, client: TestClient, code: str) -> None:
        self.caller, self.code, self.phone = caller_from(client), code, phone()

    def ask(self, status: int = 201, **more: Any) -> Row:
        """File a visit, with a fresh one-time code."""
        someone = outsider()
        body = {
            **someone,
            "phone": self.phone,
            "code": self.code,
            "one_time_code": more.pop("one_time_code", None) or code_for(self.caller, self.phone),
            "reason": "修水管",
            **window(),
            **more,
        }
        return self.post("/visits", body, status)

    def post(self, path: str, body: Row, status: int = 200) -> Row:
        answer = self.caller.post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        found: Row = answer.json()
        return found


def request_of(cast: Cast) -> Row:
    """The newest visit, as the school sees it."""
    items = cast.principal.get(f"/institutions/{cast.tree.school}/entry-requests", limit=200)["items"]
    newest = max(one["id"] for one in items if one["kind"] == "visitor")
    found: Row = cast.principal.get(f"/entry-requests/{newest}")
    return found


def test_a_code_tells_what_may_be_asked_for(cast: Cast, client: TestClient) -> None:
    code = invite(cast)
    form = Visitor(client, code).post("/visit-forms", {"code": code.lower().replace("-", " ")})
    assert (form["institution_name"], form["purpose"], form["venues"]) == ("玄武第一小学", "repair", [])


def test_a_visitor_asks_and_two_of_the_school_decide(cast: Cast, client: TestClient, owner: Engine) -> None:
    visitor = Visitor(client, invite(cast))
    companion = outsider("小李")
    filed = visitor.ask(name="张师傅", companions=[companion])
    assert (filed["state"], [one["name"] for one in filed["persons"]]) == ("submitted", ["张师傅", "小李"])
    seen = request_of(cast)
    assert [one["roles"] for one in seen["steps"]] == [["school_reporter", "vice_principal"], ["principal"]]
    number = companion["identity_number"]
    assert number not in str(seen)
    assert seen["persons"][1]["identity_number"] == f"{number[:2]}{'*' * 14}{number[-2:]}"
    stored = str(rows(owner, "SELECT * FROM entry_person WHERE institution_id = :school", school=cast.tree.school))
    assert number not in stored
    assert visitor.phone not in stored
    decide(cast.reporter, seen)
    decide(cast.principal, seen)
    shown = visitor.post("/visits/lookups", {"ticket": filed["ticket"]})
    assert (shown["state"], {one["outcome"] for one in shown["persons"]}) == ("approved", {"approved"})


def test_a_visit_is_returned_changed_and_withdrawn_by_its_ticket(cast: Cast, client: TestClient) -> None:
    visitor = Visitor(client, invite(cast))
    ticket = visitor.ask()["ticket"]
    seen = request_of(cast)
    decide(cast.reporter, seen, "return", reason="请改到下午")
    assert visitor.post("/visits/lookups", {"ticket": ticket})["said"] == "请改到下午"
    changed = {"ticket": ticket, "reason": "下午来", **window(begins=13)}
    assert visitor.post("/visits/changes", changed)["state"] == "submitted"
    assert open_step(request_of(cast))["round"] == 2
    outside = visitor.post("/visits/changes", {**changed, **window(days=3)}, 422)
    assert outside["code"] == "visit_outside_invitation"
    assert visitor.post("/visits/withdrawals", {"ticket": ticket})["state"] == "withdrawn"
    assert visitor.post("/visits/withdrawals", {"ticket": ticket}, 409)["code"] == "move_not_possible"


def test_a_visit_stays_within_its_invitation(cast: Cast, client: TestClient) -> None:
    venue = cast.principal.post(f"/institutions/{cast.tree.school}/venues", {"kind": "library", "name": "图书馆"}, 201)[
        "id"
    ]
    visitor = Visitor(client, invite(cast, venue_ids=[venue]))
    assert visitor.ask(422)["code"] == "visit_outside_invitation"
    visitor.phone = phone()
    assert visitor.ask(422, venue_ids=[venue], **window(days=2))["code"] == "visit_outside_invitation"
    visitor.phone = phone()
    assert visitor.ask(venue_ids=[venue])["state"] == "submitted"


def test_the_phone_must_be_confirmed(cast: Cast, client: TestClient) -> None:
    visitor = Visitor(client, invite(cast, uses=1))
    right = code_for(visitor.caller, visitor.phone)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert visitor.ask(401, one_time_code=wrong)["code"] == "code_refused"
    assert visitor.ask(one_time_code=right)["state"] == "submitted"


def test_a_visitor_who_lost_the_answer_asks_again(cast: Cast, client: TestClient, owner: Engine) -> None:
    visitor = Visitor(client, invite(cast, uses=2))
    body = {
        **outsider(),
        "phone": visitor.phone,
        "code": visitor.code,
        "one_time_code": code_for(visitor.caller, visitor.phone),
        "reason": "修水管",
        **window(),
    }

    def send(sent: Row, key: str) -> Any:
        return visitor.caller.post("/api/v1/visits", json=sent, headers={"Idempotency-Key": key})

    first, again = send(body, "k1"), send(body, "k1")
    assert (first.status_code, again.status_code, again.text) == (201, 201, first.text)
    assert again.headers["idempotency-replayed"] == "true"
    assert visitor.post("/visits/lookups", {"ticket": again.json()["ticket"]})["state"] == "submitted"
    for other in (send({**body, "name": "李四"}, "k1"), send(body, "k2")):
        assert (other.status_code, other.json()["code"]) == (401, "code_refused")
    listed = cast.reporter.get(f"/institutions/{cast.tree.school}/visit-invitations")["items"]
    assert [one["uses_left"] for one in listed] == [1]
    (kept,) = rows(owner, "SELECT s::text AS row FROM stored_answer s WHERE account_id = 0")
    assert first.json()["ticket"] not in str(kept)


def test_codes_that_do_not_hold_are_refused_alike(cast: Cast, client: TestClient) -> None:
    used, revoked, over = invite(cast, uses=1), invite(cast), invite(cast)
    Visitor(client, used).ask()
    listed = cast.reporter.get(f"/institutions/{cast.tree.school}/visit-invitations")["items"]
    assert "code" not in listed[0]
    assert [one["uses_left"] for one in listed] == [0, 3, 3]
    cast.reporter.ask("DELETE", f"/visit-invitations/{listed[1]['id']}", 204)
    cast.reporter.ask("DELETE", f"/visit-invitations/{listed[1]['id']}", 409)
    unknown = used[:-1] + ("0" if used[-1] != "0" else "1")
    answers = [
        caller_from(client).post("/api/v1/visit-forms", json={"code": one}) for one in (used, revoked, unknown, "A")
    ]
    with time_machine.travel(clock.now() + timedelta(days=3)):
        answers.append(caller_from(client).post("/api/v1/visit-forms", json={"code": over}))
    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1


def test_guessing_codes_is_counted_by_address(cast: Cast, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    code = invite(cast)
    monkeypatch.setenv("LIANFANG_SIGN_IN_FAILURES_PER_ADDRESS", "3")
    settings.current.cache_clear()
    caller = caller_from(client)
    statuses = [
        caller.post("/api/v1/visits/lookups", json={"ticket": f"{code[:-1]}{one}"}).status_code for one in "0123"
    ]
    monkeypatch.undo()
    settings.current.cache_clear()
    assert statuses == [404, 404, 404, 429]


def test_two_visitors_with_the_last_use_of_a_code(cast: Cast, client: TestClient) -> None:
    code = invite(cast, uses=1)
    first, second = Visitor(client, code), Visitor(client, code)
    kept = code_for(second.caller, second.phone)
    assert first.ask()["state"] == "submitted"
    assert second.ask(404, one_time_code=kept)["code"] == "visit_code_not_valid"
