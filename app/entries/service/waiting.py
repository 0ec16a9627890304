"""What time does to a request that nobody decides on: reminders, and the end of its window."""

from sqlalchemy.orm import Session

from app.entries.events import EntryAwaitsDecision, EntryDecided
from app.entries.models import EntryRequest, RequestState, StepState
from app.entries.queries import requests, steps
from app.entries.service import stepping
from app.entries.workflow import ENTRY_REQUEST
from app.kernel import clock, events
from app.kernel.workflow import fire

_UNDECIDED = (RequestState.SUBMITTED, RequestState.RETURNED)


def remind(session: Session, institution_id: int, step_id: int) -> None:
    """Say once more that a step is open, if it still is, and look again later."""
    step = steps.find(session, step_id)
    if step is None or step.state is not StepState.OPEN:
        return
    request = requests.find(session, institution_id, step.request_id)
    if request is None:
        return
    awaits = EntryAwaitsDecision(institution_id, request.id, step.id, step.office_id, reminder=True)
    events.record(session, awaits)
    stepping.remind_later(session, request, step)


def expire(session: Session, institution_id: int, request_id: int) -> None:
    """End a request whose window is over without a decision."""
    request = requests.find(session, institution_id, request_id, lock=True)
    # The window may have been moved since this was planned.
    if request is None or request.state not in _UNDECIDED or request.valid_until > clock.now():
        return
    fire(
        session,
        ENTRY_REQUEST,
        EntryRequest.state,
        request,
        "expire",
        account_id=None,
        decided_at=clock.now(),
        version=request.version + 1,
    )
    stepping.drop_all(session, request)
    events.record(session, EntryDecided(institution_id, request_id, request.state.value))
