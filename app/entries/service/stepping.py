"""Laying the steps of a request, opening one after the other, ending those that are left."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.closures.models import Degree
from app.closures.service import VenueState
from app.entries.events import EntryAwaitsDecision, EntryReminderDue
from app.entries.models import EntryPerson, EntryRequest, EntryStep, StepLevel, StepState
from app.entries.queries import steps as queries
from app.entries.service import ladder
from app.entries.service.ladder import Rung
from app.entries.workflow import ENTRY_STEP
from app.institutions import service as institutions
from app.kernel import clock, events
from app.kernel.workflow import fire
from app.policies import service as policies


def lay(session: Session, request: EntryRequest, persons: Sequence[EntryPerson], states: Sequence[VenueState]) -> None:
    """Make the steps of this round and open the first."""
    asking = [one for one in persons if not one.holds]
    outsiders, insiders = any(not one.on_roll for one in asking), any(one.on_roll for one in asking)
    rungs = ladder.rungs(session, request, states, outsiders=outsiders, insiders=insiders)
    summary = _summary(request, asking, states)
    made = [_step(session, request, place, rung, summary) for place, rung in enumerate(rungs, 1)]
    session.add_all(made)
    session.flush()
    open_step(session, request, made[0], None)


def open_step(session: Session, request: EntryRequest, step: EntryStep, note: str | None) -> None:
    """Let a step be decided on; ``note`` is what its deciders are told by those before."""
    fire(
        session,
        ENTRY_STEP,
        EntryStep.state,
        step,
        "open",
        account_id=None,
        opened_at=clock.now(),
        summary={**step.summary, "note": note},
    )
    awaits = EntryAwaitsDecision(step.institution_id, request.id, step.id, step.office_id, reminder=False)
    events.record(session, awaits)
    remind_later(session, request, step)


def remind_later(session: Session, request: EntryRequest, step: EntryStep) -> None:
    """Have an open step looked at again after the hours that the policy says, if its request can wait so long."""
    hours = policies.effective(session, request.institution_id).entry_reminder_hours
    due_at = clock.now() + timedelta(hours=hours)
    if due_at < request.valid_until:
        events.record(session, EntryReminderDue(step.institution_id, step.id), due_at=due_at)


def add_issuer(
    session: Session,
    request: EntryRequest,
    steps: Sequence[EntryStep],
    persons: Sequence[EntryPerson],
    states: Sequence[VenueState],
) -> EntryStep | None:
    """One more step for a level that has closed the place since the steps were laid; None where there is none."""
    lineage = institutions.widen_to_ancestors(session, request.institution_id)
    asking = [one for one in persons if not one.holds]
    outsiders, insiders = any(not one.on_roll for one in asking), any(one.on_roll for one in asking)
    asked = {one.office_id for one in steps if one.round == request.round and one.level is not StepLevel.SCHOOL}
    closing = ladder.issuers(lineage, states, outsiders=outsiders, insiders=insiders)
    office = next((one for one in closing if one.id not in asked), None)
    if office is None:
        return None
    rung = ladder.issuer_rung(session, request, office)
    place = 1 + max(one.place for one in steps if one.round == request.round)
    step = _step(session, request, place, rung, _summary(request, asking, states))
    session.add(step)
    session.flush()
    return step


def drop(session: Session, steps: Sequence[EntryStep]) -> None:
    """End the steps that are not decided: their request has gone another way."""
    for step in steps:
        if step.state in (StepState.WAITING, StepState.OPEN):
            fire(session, ENTRY_STEP, EntryStep.state, step, "drop", account_id=None)


def drop_all(session: Session, request: EntryRequest) -> None:
    """The same for whatever a request has open."""
    drop(session, queries.of_request(session, request.institution_id, request.id))


def _step(session: Session, request: EntryRequest, place: int, rung: Rung, summary: dict[str, Any]) -> EntryStep:
    lineage = institutions.widen_to_ancestors(session, request.institution_id)[-1].lineage
    return EntryStep(
        institution_id=request.institution_id,
        lineage=lineage,
        request_id=request.id,
        round=request.round,
        place=place,
        level=rung.level,
        office_id=rung.office_id,
        roles=list(rung.roles),
        needs_all=rung.needs_all,
        state=StepState.WAITING,
        summary=summary,
    )


def _summary(request: EntryRequest, asking: Sequence[EntryPerson], states: Sequence[VenueState]) -> dict[str, Any]:
    """All that the level above is told of a request: kinds and figures."""
    return {
        "purpose": request.purpose.value,
        "persons": len(asking),
        "outsiders": sum(not one.on_roll for one in asking),
        "venues": sorted({state.kind.value for state in states if state.kind is not None}),
        "order_numbers": sorted({state.number for state in states if state.number and state.degree is not Degree.OPEN}),
        "valid_from": request.valid_from.isoformat(),
        "valid_until": request.valid_until.isoformat(),
        "note": None,
    }
