"""A plumber on Sunday, an approver on leave, a class that returns early: from the first question to the last answer."""

import contextlib
import io
import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from jose import JWTError, jwt
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_student, valid_identity_number
from tests.factories.tree import Tree, phone
from tests.journeys.steps import Caller, moment, reading

PLUMBER = "王管道"


def span(day: date, begins: int, ends: int) -> dict[str, str]:
    """Between two hours of a day."""
    return {"valid_from": clock.at(day, time(begins)).isoformat(), "valid_until": clock.at(day, time(ends)).isoformat()}


def approve(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    """Approve the open step, as seen by the school."""
    steps = caller.get(f"/entry-requests/{request['id']}")["steps"]
    step = next(one for one in steps if one["state"] == "open")
    found: dict[str, Any] = caller.post(
        f"/entry-requests/{request['id']}/decisions", {"step_id": step["id"], "verdict": "approve"}
    )
    return found


def texted(client: TestClient, number: str) -> str:
    """The one-time code that a phone has received."""
    with contextlib.redirect_stdout(io.StringIO()) as console:
        answer = client.post("/api/v1/one-time-codes", json={"phone": number})
    assert answer.status_code == 202, answer.text
    found = re.search(r"\b(\d{6})\b", console.getvalue())
    assert found
    return found[1]


@dataclass
class Plumber:
    """Somebody without an account, at a phone of their own."""

    client: TestClient
    phone: str
    identity_number: str
    ticket: str = ""

    def ask(self, reporter: Caller, school: int, gate: int, day: date) -> None:
        """Ask for entry by the link that the school has sent."""
        wanted = {"purpose": "repair", "venue_ids": [gate], **span(day, 7, 20)}
        code = reporter.post(f"/institutions/{school}/visit-invitations", wanted, 201)["code"]
        form = self.client.post("/api/v1/visit-forms", json={"code": code}).json()
        assert [one["name"] for one in form["venues"]] == ["东门"]
        visit = {
            "code": code,
            "phone": self.phone,
            "one_time_code": texted(self.client, self.phone),
            "name": PLUMBER,
            "identity_number": self.identity_number,
            "reason": "食堂水管爆裂",
            "venue_ids": [gate],
            **span(day, 9, 12),
        }
        filed = self.client.post("/api/v1/visits", json=visit)
        assert filed.status_code == 201, filed.text
        self.ticket = filed.json()["ticket"]

    def look(self) -> dict[str, Any]:
        """How the visit stands."""
        found: dict[str, Any] = self.client.post("/api/v1/visits/lookups", json={"ticket": self.ticket}).json()
        return found


def on_friday() -> time_machine.travel:
    """The afternoon of the coming Friday: the plumber comes on the Sunday after it."""
    days = (4 - clock.today().weekday()) % 7 or 7
    return time_machine.travel(moment(15, 0, days=days))


def test_a_plumber_on_sunday(client: TestClient, tree: Tree) -> None:
    """The county has closed its schools; a pipe has burst.

    Link, request, two approvals in the school and one above, pass, in and out at a gate without network, synced twice.
    """
    with on_friday():
        people = {
            role: Caller(client, tree.account(role, tree.school))
            for role in (Role.SCHOOL_REPORTER, Role.PRINCIPAL, Role.GATE_GUARD)
        }
        county = Caller(client, tree.account(Role.COUNTY_ADMIN, tree.county))
        county.post(
            f"/institutions/{tree.county}/closure-orders",
            {"number": "区疫防7号", "text": "封闭管理", "degree": "closed"},
            201,
        )
        gate = people[Role.PRINCIPAL].post(f"/institutions/{tree.school}/venues", {"kind": "gate", "name": "东门"}, 201)
        sunday = clock.today() + timedelta(days=2)
        reporter = people[Role.SCHOOL_REPORTER]
        plumber = Plumber(client, phone(), valid_identity_number())
        plumber.ask(reporter, tree.school, gate["id"], sunday)
        (request,) = reporter.get(f"/institutions/{tree.school}/entry-requests")["items"]
        assert approve(reporter, request)["state"] == "submitted"
        assert approve(people[Role.PRINCIPAL], request)["state"] == "submitted"
        (waiting,) = county.get(f"/institutions/{tree.county}/entry-referrals")["items"]
        assert (waiting["purpose"], waiting["venues"], waiting["order_numbers"]) == ("repair", ["gate"], ["区疫防7号"])
        county.post(f"/entry-referrals/{waiting['id']}/decisions", {"verdict": "approve"})
        shown = plumber.look()
        assert (shown["state"], [one["outcome"] for one in shown["persons"]]) == ("approved", ["approved"])
        for personal in (PLUMBER, plumber.phone, plumber.identity_number, "食堂"):
            assert not [text for text in county.heard if personal in text]
        for caller in (reporter, people[Role.PRINCIPAL]):
            assert not [text for text in caller.heard if plumber.phone in text or plumber.identity_number in text]
        (shown_pass,) = shown["passes"]
        assert shown_pass["name"] == "王**"
        keys = client.get("/.well-known/jwks.json").json()
    _checked_alone(keys, shown_pass["token"], tree.school, gate["id"], sunday)
    _through_the_gate(people[Role.GATE_GUARD], tree.school, gate["id"], shown_pass["token"], sunday)


def _checked_alone(keys: Any, token: str, school: int, gate: int, sunday: date) -> None:
    """What a guard's phone makes of the code on Sunday, with nothing but the keys that it fetched on Friday."""
    with time_machine.travel(clock.at(sunday, time(9, 30))):
        claims = jwt.decode(token, keys, algorithms=["ES256"], audience=str(school))
        assert {name: claims[name] for name in ("name", "venues")} == {"name": "王**", "venues": [gate]}
        # The number of the pass and its hours; nothing else of whoever carries it.
        assert set(claims) <= {"aud", "exp", "jti", "name", "nbf", "venues", "single", "rotating"}
        with pytest.raises(JWTError):
            jwt.decode(token, keys, algorithms=["ES256"], audience=str(school + 1))
        with pytest.raises(JWTError):
            jwt.decode(token[:-8] + "AAAAAAAA", keys, algorithms=["ES256"], audience=str(school))
    for early_or_late in (time(8, 59), time(12, 1)):
        with time_machine.travel(clock.at(sunday, early_or_late)), pytest.raises(JWTError):
            jwt.decode(token, keys, algorithms=["ES256"], audience=str(school))


def _through_the_gate(guard: Caller, school: int, gate: int, token: str, sunday: date) -> None:
    """The guard's phone has no network on Sunday; it sends what happened on Monday, twice."""
    came, left = (clock.at(sunday, time(hour, 30)).isoformat() for hour in (9, 11))
    scanned = {"venue_id": gate, "code": token, "decided": "admitted"}
    items = [
        {"id": str(uuid4()), "direction": "in", "temperature": 36.4, "occurred_at": came, **scanned},
        {"id": str(uuid4()), "direction": "out", "occurred_at": left, **scanned},
    ]
    with time_machine.travel(clock.at(sunday + timedelta(days=1), time(7, 30))):
        guard.sign_in()
        path = f"/institutions/{school}/gate-events"
        first = guard.post(path, {"items": items[::-1]})["items"]
        assert {one["outcome"] for one in first} == {"accepted"}
        again = guard.post(path, {"items": items})["items"]
        assert {one["outcome"] for one in again} == {"duplicate"}
        logged = guard.get(path, day=str(sunday))["items"]
        assert sorted((one["direction"], one["outcome"]) for one in logged) == [
            ("in", "admitted"),
            ("out", "admitted"),
        ]
        assert guard.get(f"/institutions/{school}/insiders")["items"] == []


def test_an_approver_on_leave(client: TestClient, tree: Tree) -> None:
    """The principal is away for a week; the dean decides meanwhile, and afterwards no more."""
    principal = Caller(client, tree.account(Role.PRINCIPAL, tree.school))
    dean_login = tree.account(Role.STAFF, tree.school)
    dean = Caller(client, dean_login)
    teacher = Caller(client, tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0]))
    children = [add_student(tree, tree.classes[0], name=f"学生{one}") for one in range(2)]
    parent = Caller(client, tree.account(Role.GUARDIAN, tree.school, person_id=children[0]))
    leave = {"since": clock.today().isoformat(), "until": (clock.today() + timedelta(days=6)).isoformat()}
    lent = {"role": "principal", "deputy_account_id": dean_login.account_id, **leave}
    delegation = principal.post(f"/institutions/{tree.school}/entry-delegations", lent, 201)

    def asked(day: date) -> dict[str, Any]:
        body = {"purpose": "return", "reason": "取教材", "persons": [{"person_id": children[0]}], **span(day, 9, 11)}
        made: dict[str, Any] = parent.post(f"/institutions/{tree.school}/entry-requests", body, 201)
        approve(teacher, made)
        return made

    path = f"/me/entry-delegations/{delegation['id']}"
    request = asked(clock.today() + timedelta(days=1))
    (waiting,) = dean.get(f"{path}/referrals")["items"]
    dean.post(f"{path}/decisions", {"step_id": waiting["id"], "verdict": "approve"})
    shown = parent.get(f"/me/entry-requests/{request['id']}")
    assert shown["state"] == "approved"
    assert shown["steps"][-1]["votes"][0]["deputised"]
    with time_machine.travel(moment(8, 0, days=8)):
        for caller in (principal, dean, teacher, parent):
            caller.sign_in()
        for back in (1, 2, 3):
            taken = moment(7, 0, days=-back)
            parent.post("/checkins", reading(children[0], 36.5, taken), 201)
        late = asked(clock.today() + timedelta(days=1))
        dean.get(f"{path}/referrals", 403)
        assert approve(principal, late)["state"] == "approved"


def test_a_class_returns_early(client: TestClient, tree: Tree) -> None:
    """The teacher asks for the class; two pupils are held back by rule and named, the head decides on the rest."""
    teacher = Caller(client, tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0]))
    principal = Caller(client, tree.account(Role.PRINCIPAL, tree.school))
    pupils = [add_student(tree, tree.classes[0], name=f"学生{one}") for one in range(6)]
    parents = [Caller(client, tree.account(Role.GUARDIAN, tree.school, person_id=one)) for one in pupils[:2]]
    now = clock.now()
    parents[0].post("/checkins", reading(pupils[0], 38.1, now), 201)
    parents[1].post("/checkins", reading(pupils[1], 36.4, now, answers={"contact": "case"}), 201)
    body = {"purpose": "return", "reason": "毕业年级提前返校", **span(clock.today() + timedelta(days=1), 7, 18)}
    made = teacher.post(f"/units/{tree.classes[0]}/entry-requests", body, 201)
    assert [[one["rule"] for one in person["refusals"]] for person in made["persons"]] == [
        ["fever"],
        ["key_area"],
        *[[]] * 4,
    ]
    assert all(one["lifted_by"] for person in made["persons"] for one in person["refusals"])
    health = principal.get(f"/entry-requests/{made['id']}/health-records")["items"]
    assert len(health) == len(pupils)
    assert approve(principal, made)["state"] == "approved"
    shown = teacher.get(f"/entry-requests/{made['id']}")
    assert [one["outcome"] for one in shown["persons"]] == ["refused", "refused", *["approved"] * 4]


@pytest.mark.parametrize("role", [Role.HOMEROOM_TEACHER, Role.GUARDIAN])
def test_a_class_is_asked_for_by_those_who_answer_for_it(client: TestClient, tree: Tree, role: Role) -> None:
    held = {"unit_id": tree.classes[1]} if role is Role.HOMEROOM_TEACHER else {"person_id": 1}
    other = Caller(client, tree.account(role, tree.school, **held))
    add_student(tree, tree.classes[0])
    body = {"purpose": "return", "reason": "返校", **span(clock.today() + timedelta(days=1), 7, 18)}
    other.post(f"/units/{tree.classes[0]}/entry-requests", body, 404)
