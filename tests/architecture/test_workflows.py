"""Every machine: its table makes sense, and each move is tried from each state against the database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.bulletins.models import Bulletin, BulletinState
from app.checkins.models import CheckInImport, ImportFailure, ImportState
from app.entries.models import (
    EntryKind,
    EntryRequest,
    EntryStep,
    Purpose,
    RequestState,
    StepLevel,
    StepState,
    VisitInvitation,
)
from app.entries.models import InvitationState as VisitInvitationState
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.kernel import clock, discovery
from app.kernel.sheet_errors import ImportMode
from app.kernel.workflow import Machine, Move, MoveNotPossible, fire
from app.people.models import Invitation, InvitationState
from app.reports.models import DailyReport, FailureKind, FailureState, ReportFailure, ReportState
from tests.factories.people import add_student
from tests.factories.tree import Tree

Values = dict[str, Any]


@dataclass(frozen=True)
class Walk:
    """A machine's model; what a row in each state must hold besides; and how the rest of a row is made."""

    model: Any
    states: dict[StrEnum, Values]
    make: Callable[[Session, Tree], Values]


def _invitation(_session: Session, tree: Tree) -> Values:
    now = clock.now()
    return {
        "institution_id": tree.school,
        "student_id": add_student(tree, tree.classes[0]),
        "relation": "母亲",
        "code_fingerprint": b"x",
        "issued_at": now,
        "expires_at": now + timedelta(days=1),
    }


def _span() -> Values:
    return {"valid_from": clock.now(), "valid_until": clock.now() + timedelta(hours=8)}


def _request(_session: Session, tree: Tree) -> Values:
    asked = {"kind": EntryKind.SELF, "purpose": Purpose.WORK, "reason": "值班", "venue_ids": [], "account_id": 1}
    return {"institution_id": tree.school, **asked, **_span(), "round": 1, "submitted_at": clock.now()}


def _step(session: Session, tree: Tree) -> Values:
    request = EntryRequest(**_request(session, tree), state=RequestState.SUBMITTED)
    session.add(request)
    session.flush()
    place = {"request_id": request.id, "round": 1, "place": 1, "level": StepLevel.SCHOOL, "office_id": tree.school}
    asked = {"roles": ["principal"], "needs_all": False, "summary": {}, "lineage": [tree.school]}
    return {"institution_id": tree.school, **place, **asked, "opened_at": clock.now()}


def _visit_invitation(_session: Session, tree: Tree) -> Values:
    allowed = {"purpose": Purpose.REPAIR, "venue_ids": [], "uses_left": 1, "issued_at": clock.now()}
    return {"institution_id": tree.school, "code_fingerprint": b"x", **allowed, **_span()}


def _checkin_import(_session: Session, tree: Tree) -> Values:
    counts = dict.fromkeys(("rows", "done", "accepted", "duplicate", "failed"), 0)
    how = {"mode": ImportMode.PER_ROW, "dry_run": False, "errors": [], "imported_at": clock.now()}
    return {"institution_id": tree.school, **how, **counts}


def _daily_report(_session: Session, tree: Tree) -> Values:
    asked = {"owed": True, "asked_at": clock.now(), "due_at": clock.now(), "reminders": [], "reminded": 0}
    filled: Values = {"answers": {}, "stated": {}, "reasons": {}, "lineage": [tree.school]}
    return {"institution_id": tree.school, "day": clock.today(), "kind": InstitutionKind.SCHOOL, **asked, **filled}


def _report_failure(session: Session, tree: Tree) -> Values:
    report = DailyReport(**_daily_report(session, tree), state=ReportState.OWED, number=0)
    session.add(report)
    session.flush()
    found = {"kind": FailureKind.MISSING, "details": {}, "found_at": clock.now(), "lineage": [tree.school]}
    return {"institution_id": tree.school, "report_id": report.id, "day": clock.today(), **found}


def _bulletin(_session: Session, tree: Tree) -> Values:
    said: Values = {"title": "动态", "text": "一切正常。", "audience": ["offices"], "figures": {}, "edits": 1}
    return {"institution_id": tree.school, "day": clock.today(), "drafted_at": clock.now(), "lineage": [], **said}


_DECIDED = {RequestState.APPROVED, RequestState.REFUSED, RequestState.WITHDRAWN, RequestState.EXPIRED}
WALKS: dict[str, Walk] = {
    "bulletin": Walk(Bulletin, {state: {} for state in BulletinState}, _bulletin),
    "checkin_import": Walk(
        CheckInImport,
        {
            ImportState.RUNNING: {"finished_at": None},
            ImportState.DONE: {"finished_at": clock.now()},
            ImportState.CANCELLED: {"finished_at": clock.now()},
            ImportState.FAILED: {"finished_at": clock.now(), "failure": ImportFailure.GIVEN_UP},
        },
        _checkin_import,
    ),
    "daily_report": Walk(
        DailyReport,
        {
            ReportState.OWED: {"number": 0, "sent_at": None},
            ReportState.SENT: {"number": 1, "sent_at": clock.now()},
            ReportState.RETURNED: {"number": 1, "sent_at": clock.now()},
        },
        _daily_report,
    ),
    "report_failure": Walk(ReportFailure, {state: {} for state in FailureState}, _report_failure),
    "institution": Walk(
        Institution,
        {
            InstitutionState.OPEN: {"closed_on": None, "merged_into_id": None},
            InstitutionState.CLOSED: {"closed_on": clock.today(), "merged_into_id": None},
            InstitutionState.MERGED: {"closed_on": clock.today(), "merged_into_id": 0},
        },
        lambda _session, _tree: {},
    ),
    "invitation": Walk(
        Invitation,
        {
            InvitationState.ISSUED: {"accepted_by": None},
            InvitationState.ACCEPTED: {"accepted_by": 1},
            InvitationState.REVOKED: {"accepted_by": None},
        },
        _invitation,
    ),
    "entry_request": Walk(
        EntryRequest,
        {state: {"decided_at": clock.now() if state in _DECIDED else None} for state in RequestState},
        _request,
    ),
    "entry_step": Walk(EntryStep, {state: {} for state in StepState}, _step),
    "visit_invitation": Walk(VisitInvitation, {state: {} for state in VisitInvitationState}, _visit_invitation),
}
MACHINES = {one.subject: one for one in discovery.machines()}


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
    assert set(MACHINES) == set(WALKS)


@pytest.mark.parametrize("subject", sorted(WALKS))
def test_its_table_makes_sense(subject: str) -> None:
    machine = MACHINES[subject]
    assert list(faults(machine)) == []
    assert all(f"--> {move.target}: {move.name}" in machine.diagram() for move in machine.moves)
    assert set(WALKS[subject].states) == set(type(machine.moves[0].target))


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
    machine = MACHINES[subject]
    walk = WALKS[subject]
    for move in machine.moves:
        for state in walk.states:
            with Session(owner) as session:
                row = _row(session, tree, walk, state)
                values = _fitting(walk.states[move.target], tree)
                if state in move.sources:
                    decision = fire(session, machine, walk.model.state, row, move.name, account_id=1, **values)
                    assert (row.state, decision.source, decision.target) == (move.target, state, move.target)
                else:
                    with pytest.raises(MoveNotPossible):
                        fire(session, machine, walk.model.state, row, move.name, account_id=1, **values)
                session.rollback()


def _fitting(values: Values, tree: Tree) -> Values:
    return {name: tree.county if name == "merged_into_id" and value == 0 else value for name, value in values.items()}


def _row(session: Session, tree: Tree, walk: Walk, state: StrEnum) -> Any:
    """A row of the tree in that state."""
    row: Any
    values = {"state": state, **_fitting(walk.states[state], tree)}
    if walk.model is Institution:
        row = session.get_one(Institution, tree.school)
        for name, value in values.items():
            setattr(row, name, value)
    else:
        row = walk.model(**walk.make(session, tree), **values)
        session.add(row)
    session.flush()
    return row
