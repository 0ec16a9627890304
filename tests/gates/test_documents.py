"""A guard without a scanner: whoever shows a document is found by its whole number, and nobody else."""

from typing import Any
from uuid import uuid4

import pytest

from app.institutions.models import UnitKind
from tests.closures.steps import admin, ordered
from tests.factories.people import add_student, valid_identity_number
from tests.factories.tree import Tree
from tests.gates.steps import Gate, ago, give_pass, stand_at
from tests.institutions.steps import get, post


@pytest.fixture
def gate(tree: Tree) -> Gate:
    return stand_at(tree)


def visit(tree: Tree, gate: Gate, **more: Any) -> dict[str, Any]:
    """Somebody whom the guard has registered."""
    body = {"id": str(uuid4()), "name": "陈师傅", "phone": "13800138000", "reason": "送教材", **more}
    answer = post(tree, gate.guard, f"/institutions/{tree.school}/walk-ups", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_pupil_is_found_by_identity_or_student_number(tree: Tree, gate: Gate) -> None:
    number = valid_identity_number()
    pupil = add_student(tree, tree.classes[0], name="王小明", identity_number=number, number=f"G{number}")
    numbered = add_student(tree, tree.classes[0], number=f"L{valid_identity_number()}")
    shown = get(tree, gate.head, f"/persons/{numbered}").json()["number"]
    for document, person in ((number, pupil), (f"g{number.lower()}", pupil), (shown, numbered)):
        (one,) = gate.send(gate.event(document_number=document))
        assert (one["decision"], one["findings"]) == ("admitted", []), one
        log = get(tree, gate.head, f"/institutions/{tree.school}/gate-events", person_id=person).json()["items"]
        assert log[-1]["id"] == one["id"]
    assert gate.scan(document_number=number, temperature=38.4) == ("turned_away", ["fever"])
    archive = get(tree, gate.head, f"/persons/{pupil}/checkins").json()["items"]
    assert max(one["temperature"] for one in archive) == 38.4
    ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    give_pass(tree, person_id=numbered)
    assert gate.scan(document_number=shown) == ("admitted", [])


def test_a_visitor_comes_and_goes_by_a_document(tree: Tree, gate: Gate) -> None:
    number = valid_identity_number()
    made = visit(tree, gate, identity_number=number)
    assert gate.scan(document_number=number) == ("admitted", [])
    assert [one["pass_id"] for one in gate.inside()] == [made["pass_id"]]
    assert gate.scan(code=made["code"]) == ("turned_away", ["pass_used"])
    assert gate.scan(document_number=number, direction="out", temperature=None) == ("admitted", [])
    assert gate.inside() == []
    again = visit(tree, gate, identity_number=number)
    assert gate.scan(document_number=number) == ("admitted", [])
    assert [one["pass_id"] for one in gate.inside()] == [again["pass_id"]]


def test_a_document_that_was_read_without_a_network_is_found_when_it_is_sent(tree: Tree, gate: Gate) -> None:
    number = valid_identity_number()
    made = visit(tree, gate, identity_number=number, registered_at=ago(60))
    event = gate.event(document_number=number, occurred_at=ago(50), decided="admitted")
    found = gate.send(event, event)
    assert [one["outcome"] for one in found] == ["accepted", "duplicate"]
    assert (found[0]["name"], found[0]["findings"]) == ("陈**", [])
    (one,) = gate.inside()
    assert one["pass_id"] == made["pass_id"]


def test_only_the_whole_number_finds_somebody_and_only_here(tree: Tree, gate: Gate) -> None:
    number = valid_identity_number()
    elsewhere = tree.add_school()
    unit = tree.add_unit(elsewhere, UnitKind.CLASS, "一1班")
    add_student(tree, unit, school=elsewhere, identity_number=number)
    add_student(tree, tree.classes[0], number="20200101")
    found = gate.send(
        gate.event(document_number=number),
        gate.event(document_number="20200101"),
        gate.event(document_number=number[:-1]),
        gate.event(document_number=number, person_id=1),
    )
    assert [one["problem"]["code"] for one in found] == ["holder_unknown", "invalid", "invalid", "invalid"]
    assert number not in str(found)


def test_a_visitor_on_the_roll_is_held_as_the_roll_knows(tree: Tree, gate: Gate) -> None:
    number = valid_identity_number()
    pupil = add_student(tree, tree.classes[0], identity_number=number)
    made = visit(tree, gate, identity_number=number)
    assert gate.scan(person_id=pupil, temperature=38.5) == ("turned_away", ["fever"])
    assert gate.scan(code=made["code"]) == ("turned_away", ["fever"])
