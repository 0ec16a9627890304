"""What a phone sends later is judged by what held when it happened, as far as it was known then; in any order."""

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.kernel import clock
from tests.closures.steps import add_venue, admin, lift, ordered
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.gates.steps import Gate, ago, give_pass, pass_out, stand_at, token
from tests.institutions.steps import get, post


@pytest.fixture
def gate(tree: Tree) -> Gate:
    return stand_at(tree)


@pytest.fixture
def hours() -> dict[int, datetime]:
    """Some moments of the last hours, by how long ago they were."""
    now = clock.now()
    return {back: now - timedelta(hours=back) for back in range(1, 7)}


def queued(gate: Gate, at: datetime, **more: Any) -> list[str]:
    """What is found of somebody who was let in at a moment, now that it is sent."""
    (one,) = gate.send(gate.event(occurred_at=at.isoformat(), decided="admitted", **more))
    assert (one["outcome"], one["decision"]) == ("accepted", "admitted"), one
    found: list[str] = one["findings"]
    return found


def log(gate: Gate) -> dict[str, list[str]]:
    """Findings by event, as they stand in the end."""
    items = get(gate.tree, gate.head, f"/institutions/{gate.tree.school}/gate-events").json()["items"]
    return {one["id"]: one["findings"] for one in items}


def test_the_closures_of_the_moment_count(tree: Tree, gate: Gate, hours: dict[int, datetime]) -> None:
    """Closed from four hours ago until two hours ago: what lies before, within and after is judged each for itself."""
    student = add_student(tree, tree.classes[0])
    with time_machine.travel(hours[4]):
        given = ordered(tree, admin(tree, "county"), tree.county, degree="closed", exceptions=False)
    with time_machine.travel(hours[2]):
        assert lift(tree, admin(tree, "county"), given).status_code == 201
    firm = ["no_pass", "closed_without_exception"]
    assert [queued(gate, hours[back], person_id=student) for back in (1, 3, 5)] == [[], firm, []]
    assert gate.scan(person_id=student) == ("admitted", [])


def test_what_was_closed_or_opened_for_a_time_that_was_over_is_held_against_nobody(
    tree: Tree, gate: Gate, hours: dict[int, datetime]
) -> None:
    """An order of now that says it has held since this morning; a lifting of now that says it was lifted before."""
    student = add_student(tree, tree.classes[0])
    with time_machine.travel(hours[6]):
        known = ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    county = admin(tree, "county")
    assert queued(gate, hours[4], person_id=student) == ["no_pass"]
    assert lift(tree, county, known, since=hours[5].isoformat()).status_code == 201
    assert queued(gate, hours[3], person_id=student) == ["no_pass"]
    ordered(tree, county, tree.county, degree="closed", exceptions=False, since=hours[2].isoformat())
    assert queued(gate, hours[2] + timedelta(minutes=30), person_id=student) == ["no_pass"]
    assert gate.scan(person_id=student) == ("turned_away", ["no_pass", "closed_without_exception"])


def test_a_queue_without_decisions_is_judged_by_its_time_too(
    tree: Tree, gate: Gate, hours: dict[int, datetime]
) -> None:
    student = add_student(tree, tree.classes[0])
    with time_machine.travel(hours[4]):
        given = ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    with time_machine.travel(hours[2]):
        lift(tree, admin(tree, "county"), given)
    found = gate.send(*(gate.event(person_id=student, occurred_at=hours[back].isoformat()) for back in (3, 1)))
    assert [(one["decision"], one["findings"]) for one in found] == [("turned_away", ["no_pass"]), ("admitted", [])]
    items = get(tree, gate.head, f"/institutions/{tree.school}/gate-events").json()["items"]
    assert [one["queued"] for one in items] == [True, True]


def test_a_pass_counts_from_when_it_was_given_until_it_was_revoked(
    tree: Tree, gate: Gate, hours: dict[int, datetime]
) -> None:
    student = add_student(tree, tree.classes[0])
    with time_machine.travel(hours[6]):
        ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    with time_machine.travel(hours[4]):
        pass_id = give_pass(tree, person_id=student, valid_from=hours[6])
        code = pass_out(tree, pass_id).token
    with time_machine.travel(hours[2]):
        head = tree.account(Role.PRINCIPAL, tree.school)
        assert post(tree, head, f"/passes/{pass_id}/revocations", {"reason": "取消"}).status_code == 201
    by_name = [queued(gate, hours[back], person_id=student) for back in (5, 3, 1)]
    assert by_name == [["no_pass"], [], ["no_pass"]]
    assert [queued(gate, hours[back], code=code) for back in (3, 1)] == [[], ["pass_revoked"]]


def test_a_reading_that_came_later_is_held_against_no_guard(
    tree: Tree, gate: Gate, hours: dict[int, datetime], owner: Engine
) -> None:
    student = add_student(tree, tree.classes[0])
    with time_machine.travel(hours[6]):
        ordered(tree, admin(tree, "county"), tree.county, degree="closed")
        code = token(tree, person_id=student, valid_until=clock.now() + timedelta(hours=9))
    with time_machine.travel(hours[2]):
        doctor = tree.account(Role.SCHOOL_DOCTOR, tree.school)
        reading = {"id": str(uuid4()), "person_id": student, "temperature": 38.4, "taken_at": hours[2].isoformat()}
        assert post(tree, doctor, "/checkins", reading).status_code == 201
    assert [queued(gate, hours[back], code=code) for back in (1, 4)] == [["fever"], []]
    with owner.connect() as connection:
        at_gate = text("SELECT count(*) FROM outbox WHERE institution_id = :id AND name = 'FeverAtGate'")
        # The thermometer of the gate has found none.
        assert connection.scalar(at_gate, {"id": tree.school}) == 0


def test_a_gate_that_is_in_use_no_more_still_says_what_happened_there(tree: Tree, gate: Gate) -> None:
    student = add_student(tree, tree.classes[0])
    old = add_venue(tree, gate.head, "gate", name="旧门")["id"]
    assert post(tree, gate.head, f"/venues/{old}/retirements").status_code == 201
    assert queued(gate, clock.now() - timedelta(minutes=10), venue_id=old, person_id=student) == []
    with time_machine.travel(clock.now() + timedelta(days=1)):
        gate.guard = tree.account(Role.GATE_GUARD, tree.school)
        (gone,) = gate.send(gate.event(venue_id=old, person_id=student))
        assert gone["problem"]["code"] == "gate_unknown"
        assert queued(gate, clock.now() - timedelta(days=1), venue_id=old, person_id=student) == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whoever_came_first_has_used_a_pass_in_whatever_order_it_is_told(
    tree: Tree, gate: Gate, order: tuple[int, ...]
) -> None:
    """Three phones without a network let in by one single-use pass."""
    code = token(tree, single_use=True)
    came = [gate.event(code=code, occurred_at=ago(minutes), decided="admitted") for minutes in (30, 20, 10)]
    for one in order:
        gate.send(came[one])
    assert [log(gate)[one["id"]] for one in came] == [[], ["pass_used"], ["pass_used"]]
    assert gate.scan(code=code) == ("turned_away", ["pass_used"])
    assert [one["outcome"] for one in gate.send(*came)] == ["duplicate"] * 3
    assert [log(gate)[one["id"]] for one in came] == [[], ["pass_used"], ["pass_used"]]


def test_somebody_known_by_name_uses_a_pass_up_and_goes_where_it_leads(tree: Tree, gate: Gate) -> None:
    library, gym = (add_venue(tree, gate.head, kind)["id"] for kind in ("library", "gymnasium"))
    student = add_student(tree, tree.classes[0])
    ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    pass_id = give_pass(tree, person_id=student, single_use=True, venue_ids=(library,))
    assert gate.scan(person_id=student, venue_id=gym) == ("turned_away", ["no_pass"])
    assert gate.scan(person_id=student) == ("admitted", [])
    assert gate.scan(person_id=student, venue_id=library) == ("admitted", [])
    assert {one["due_out_at"] for one in gate.inside()} == {
        pass_out(tree, pass_id).valid_until.isoformat().replace("+00:00", "Z")
    }
    assert gate.scan(person_id=student, direction="out") == ("admitted", [])
    assert gate.scan(person_id=student) == ("turned_away", ["no_pass"])
    assert gate.scan(code=pass_out(tree, pass_id).token) == ("turned_away", ["pass_used"])
