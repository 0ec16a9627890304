"""The gate beside everything else that counts in a school's day: nobody waits in a circle."""

import threading
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from app.kernel import clock
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.gates.steps import Gate, give_pass, pass_out, stand_at

_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def hold_unit(connection: Connection, tree: Tree, unit: int) -> None:
    """Be somebody whose reading counts in a class, before its school is counted."""
    statement = "SELECT 1 FROM unit_day WHERE institution_id = :id AND day = :day AND unit_id = :unit FOR UPDATE"
    assert connection.scalar(text(statement), {"id": tree.school, "day": clock.today(), "unit": unit}) == 1


def take_school(connection: Connection, tree: Tree) -> None:
    """Go on to the school; fails at once where somebody holds it."""
    statement = "SELECT 1 FROM school_day WHERE institution_id = :id AND day = :day FOR UPDATE NOWAIT"
    assert connection.scalar(text(statement), {"id": tree.school, "day": clock.today()}) == 1


@pytest.mark.parametrize("known_by", ["code", "person_id"])
def test_the_gate_locks_a_class_before_its_school(tree: Tree, owner: Engine, known_by: str) -> None:
    """A pupil is measured at the gate, known by a pass or by name, while a reading of the class is counted."""
    gate: Gate = stand_at(tree)
    pupil = add_student(tree, tree.classes[0])
    shown: dict[str, Any] = {
        "code": {"code": pass_out(tree, give_pass(tree, person_id=pupil)).token},
        "person_id": {"person_id": pupil},
    }[known_by]
    assert gate.scan(person_id=pupil) == ("admitted", [])
    decisions: list[tuple[str, list[str]]] = []
    with owner.connect() as other:
        hold_unit(other, tree, tree.classes[0])
        scan = threading.Thread(target=lambda: decisions.append(gate.scan(**shown)))
        scan.start()
        with owner.connect() as watcher:
            while scan.is_alive() and not watcher.scalar(_WAITS):
                watcher.rollback()
        take_school(other, tree)
        other.commit()
        scan.join()
    assert decisions == [("admitted", [])]
