"""What a decision is worth at the gate: nobody before it, whoever is named by it afterwards, and nobody else."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.entries.service.rules import RULES, Rule
from app.kernel import clock
from app.people.service import HOLDS, Hold
from tests.entries.steps import Cast, Row, ask, close, decide, entry, invite, outsider, window
from tests.entries.test_visits import Visitor, request_of
from tests.factories.people import add_staff, add_student
from tests.people.steps import Office


class Gate:
    """The school's gate, tomorrow at nine."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.guard = cast, cast.speaker(Role.GATE_GUARD)
        body = {"kind": "gate", "name": "南门"}
        self.id = cast.principal.post(f"/institutions/{cast.tree.school}/venues", body, 201)["id"]

    def lets_in(self, **shown: Any) -> list[str]:
        """What speaks against somebody; nothing: they are in."""
        item = {"id": str(uuid4()), "venue_id": self.id, "direction": "in", "temperature": 36.5, **shown}
        with time_machine.travel(clock.at(clock.today() + timedelta(days=1), time(9))):
            guard = Office(
                self.cast.client, self.cast.tree, self.cast.tree.account(Role.GATE_GUARD, self.cast.tree.school)
            )
            (one,) = guard.post(f"/institutions/{self.cast.tree.school}/gate-events", {"items": [item]})["items"]
        assert one["outcome"] == "accepted", one
        found: list[str] = one["findings"]
        return found


@pytest.fixture
def gate(cast: Cast) -> Gate:
    cast.settle("entry_readings_days", 0)
    return Gate(cast)


def test_a_class_returns_early_nobody_before_approval(cast: Cast, gate: Gate, client: TestClient) -> None:
    close(cast.county.login, client, cast.tree.county)
    pupils = [add_student(cast.tree, cast.tree.classes[0], name=f"学生{one}") for one in range(3)]
    other = add_student(cast.tree, cast.tree.classes[1])
    body = {"purpose": "return", "reason": "提前返校", "person_ids": pupils[:2], **window()}
    made = cast.teacher.post(f"/units/{cast.tree.classes[0]}/entry-requests", body, 201)
    decide(cast.principal, made)
    assert [gate.lets_in(person_id=one) for one in pupils] == [["no_pass"]] * 3
    (waiting,) = cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")["items"]
    cast.county.post(f"/entry-referrals/{waiting['id']}/decisions", {"verdict": "approve"})
    assert [gate.lets_in(person_id=one) for one in (*pupils, other)] == [[], [], ["no_pass"], ["no_pass"]]


def test_a_list_is_asked_for_across_classes(cast: Cast, gate: Gate, client: TestClient) -> None:
    close(cast.principal.login, client, cast.tree.school)
    listed = [add_student(cast.tree, unit) for unit in cast.tree.classes]
    made = ask(cast.reporter, entry(*listed))
    assert (made["kind"], made["unit_id"], len(made["persons"])) == ("roll", None, 2)
    for step in (cast.vice, cast.principal):
        if cast.principal.get(f"/entry-requests/{made['id']}")["state"] == "submitted":
            decide(step, made)
    assert [gate.lets_in(person_id=one) for one in listed] == [[], []]


def test_duty_staff_enter_a_closed_campus_by_their_roster_alone(cast: Cast, gate: Gate, client: TestClient) -> None:
    close(cast.county.login, client, cast.tree.county)
    on_duty, off_duty = add_staff(cast.tree), add_staff(cast.tree)
    shifts = [{"person_id": on_duty, **window()}]
    cast.reporter.post(f"/institutions/{cast.tree.school}/duty-shifts", {"duty": "总值班", "shifts": shifts}, 201)
    assert [gate.lets_in(person_id=one) for one in (on_duty, off_duty)] == [[], ["no_pass"]]
    assert cast.principal.get(f"/institutions/{cast.tree.school}/entry-requests")["items"] == []


def test_a_visitor_and_each_companion_come_with_a_pass_or_a_document(
    cast: Cast, gate: Gate, client: TestClient
) -> None:
    close(cast.county.login, client, cast.tree.county, degree="closed_to_society")
    visitor, companion = Visitor(client, invite(cast)), outsider("小李")
    number = outsider()["identity_number"]
    filed = visitor.ask(companions=[companion], identity_number=number)
    assert [len(one["steps"]) for one in [request_of(cast)]] == [3]
    for decider in (cast.reporter, cast.principal):
        decide(decider, request_of(cast))
    (waiting,) = cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")["items"]
    assert (waiting["persons"], waiting["outsiders"]) == (2, 2)
    cast.county.post(f"/entry-referrals/{waiting['id']}/decisions", {"verdict": "approve"})
    shown = visitor.post("/visits/lookups", {"ticket": filed["ticket"]})
    assert len(shown["passes"]) == 2
    assert gate.lets_in(code=shown["passes"][1]["token"]) == []
    assert gate.lets_in(document_number=number) == []
    assert gate.lets_in(document_number=companion["identity_number"]) == []


def test_a_ladder_has_any_number_of_steps(cast: Cast) -> None:
    school = [
        {"level": "school", "roles": [role], "needs": "any"}
        for role in ("homeroom_teacher", "school_doctor", "school_reporter", "vice_principal", "principal")
    ]
    cast.settle("approval_chain", [*school, {"level": "above", "roles": ["county_admin"], "needs": "any"}])
    doctor = cast.speaker(Role.SCHOOL_DOCTOR)
    parent, child = cast.family()
    made = ask(parent, entry(child))
    assert [one["level"] for one in made["steps"]] == [*["school"] * 5, "above"]
    for decider in (cast.teacher, doctor, cast.reporter, cast.vice, cast.principal):
        assert decide(decider, made)["state"] == "submitted"
    (waiting,) = cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")["items"]
    cast.county.post(f"/entry-referrals/{waiting['id']}/decisions", {"verdict": "approve"})
    shown = parent.get(f"/me/entry-requests/{made['id']}")
    assert (shown["state"], {one["state"] for one in shown["steps"]}) == ("approved", {"passed"})


def test_every_rule_says_why_and_who_can_lift_it_in_both_languages() -> None:
    rules: list[Rule | Hold] = [*RULES, *HOLDS.values()]
    for rule in rules:
        for text in (rule.zh, rule.en, rule.lifted_by_zh, rule.lifted_by_en):
            assert text.strip(), rule.name


def test_a_refusal_speaks_the_language_of_whoever_reads_it(cast: Cast) -> None:
    parent, child = cast.family()
    body = {**entry(child), **window(begins=5)}
    path = f"/institutions/{cast.tree.school}/entry-requests"
    made: Row = parent.ask("POST", path, 201, json=body, headers={"Accept-Language": "en"})
    (refusal,) = made["persons"][0]["refusals"]
    assert (refusal["rule"], refusal["detail"]) == ("outside_hours", "Entry is allowed between 06:00 and 22:00 only.")
    assert "level above" in refusal["lifted_by"]
    again = parent.get(f"/me/entry-requests/{made['id']}")["persons"][0]["refusals"][0]
    assert again["detail"] == "只允许在 06:00–22:00 之间入校"
