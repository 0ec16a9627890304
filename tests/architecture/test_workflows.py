"""Every machine: its table makes sense, and each move is tried from each state against the database."""

import importlib
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.checkins.models import CheckInImport, ImportState
from app.institutions.models import Institution, InstitutionState
from app.kernel import clock
from app.kernel.sheet_errors import ImportMode
from app.kernel.workflow import Machine, Move, MoveNotPossible, fire
from app.people.models import Invitation, InvitationState
from tests.architecture.source import APP
from tests.factories.people import add_student
from tests.factories.tree import Tree

# For each machine its model, and what a row in each state must hold besides.
WALKS: dict[str, tuple[Any, dict[StrEnum, dict[str, Any]]]] = {
    "checkin_import": (
        CheckInImport,
        {
            ImportState.RUNNING: {"finished_at": None},
            ImportState.DONE: {"finished_at": clock.now()},
            ImportState.CANCELLED: {"finished_at": clock.now()},
        },
    ),
    "institution": (
        Institution,
        {
            InstitutionState.OPEN: {"closed_on": None, "merged_into_id": None},
            InstitutionState.CLOSED: {"closed_on": clock.today(), "merged_into_id": None},
            InstitutionState.MERGED: {"closed_on": clock.today(), "merged_into_id": 0},
        },
    ),
    "invitation": (
        Invitation,
        {
            InvitationState.ISSUED: {"accepted_by": None},
            InvitationState.ACCEPTED: {"accepted_by": 1},
            InvitationState.REVOKED: {"accepted_by": None},
        },
    ),
}


def machines() -> dict[str, Machine]:
    """Every machine that a feature declares."""
    found: dict[str, Machine] = {}
    for path in sorted(Path(APP).glob("*/workflow.py")):
        module = importlib.import_module(f"app.{path.parent.name}.workflow")
        found |= {one.subject: one for one in vars(module).values() if isinstance(one, Machine)}
    return found


def faults(machine: Machine) -> Iterator[str]:
    """What makes no sense in a table of moves."""
    names = [move.name for move in machine.moves]
    yield from (f"{name} comes twice" for name in sorted({name for name in names if names.count(name) > 1}))
    states = type(machine.moves[0].target)
    yield from (f"{move.name} starts nowhere" for move in machine.moves if not move.sources)
    reached = set(states) - {move.target for move in machine.moves}
    if len(reached) != 1:
        yield f"begins in {len(reached)} states"
    for _ in states:
        reached |= {move.target for move in machine.moves if move.sources & reached}
    yield from (f"{state} is never reached" for state in states if state not in reached)


def test_every_machine_is_walked() -> None:
    assert set(machines()) == set(WALKS)


@pytest.mark.parametrize("subject", sorted(WALKS))
def test_its_table_makes_sense(subject: str) -> None:
    machine = machines()[subject]
    assert list(faults(machine)) == []
    assert all(f"--> {move.target}: {move.name}" in machine.diagram() for move in machine.moves)
    assert set(WALKS[subject][1]) == set(type(machine.moves[0].target))


def test_a_table_that_makes_no_sense_is_caught() -> None:
    class State(StrEnum):
        A = "a"
        B = "b"
        C = "c"

    machine = Machine("thing", (Move("go", frozenset({State.A}), State.B), Move("go", frozenset(), State.B)))
    assert set(faults(machine)) == {"go comes twice", "go starts nowhere", "begins in 2 states"}
    apart = (Move("go", frozenset({State.A}), State.B), Move("spin", frozenset({State.C}), State.C))
    assert set(faults(Machine("thing", apart))) == {"c is never reached"}


@pytest.mark.parametrize("subject", sorted(WALKS))
def test_each_move_from_each_state(tree: Tree, owner: Engine, subject: str) -> None:
    machine = machines()[subject]
    model, states = WALKS[subject]
    for move in machine.moves:
        for state in states:
            with Session(owner) as session:
                row = _row(session, tree, model, state, states)
                values = _fitting(states[move.target], tree)
                if state in move.sources:
                    decision = fire(session, machine, model.state, row, move.name, account_id=1, **values)
                    assert (row.state, decision.source, decision.target) == (move.target, state, move.target)
                else:
                    with pytest.raises(MoveNotPossible):
                        fire(session, machine, model.state, row, move.name, account_id=1, **values)
                session.rollback()


def _fitting(values: dict[str, Any], tree: Tree) -> dict[str, Any]:
    return {name: tree.county if name == "merged_into_id" and value == 0 else value for name, value in values.items()}


def _row(session: Session, tree: Tree, model: Any, state: StrEnum, states: dict[StrEnum, dict[str, Any]]) -> Any:
    """A row of the tree in that state."""
    row: Any
    if model is Institution:
        row = session.get_one(Institution, tree.school)
        for name, value in {"state": state, **_fitting(states[state], tree)}.items():
            setattr(row, name, value)
    elif model is CheckInImport:
        counts = dict.fromkeys(("rows", "done", "accepted", "duplicate", "failed"), 0)
        how = {"mode": ImportMode.PER_ROW, "dry_run": False, "errors": [], "imported_at": clock.now()}
        row = model(institution_id=tree.school, state=state, **how, **counts, **states[state])
        session.add(row)
    else:
        now = clock.now()
        row = model(
            institution_id=tree.school,
            student_id=add_student(tree, tree.classes[0]),
            relation="母亲",
            code_fingerprint=b"x",
            issued_at=now,
            expires_at=now + timedelta(days=1),
            state=state,
            **states[state],
        )
        session.add(row)
    session.flush()
    return row
