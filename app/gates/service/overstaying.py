"""Who should have left: looked at when the time comes, told once for each stay."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.gates.events import Overstayed, StayRunsOut
from app.gates.queries import events as rows
from app.kernel import clock, events
from app.policies import service as policies


def look_later(session: Session, institution_id: int, stays: Iterable[Mapping[str, Any]]) -> None:
    """Have each of these rows of presence looked at when it will have lasted too long."""
    grace = _grace(session, institution_id)
    for one in stays:
        if one["due_out_at"] is not None:
            key = (one["area_id"], one["person_id"], one["pass_id"], str(one["event_id"]))
            events.record(session, StayRunsOut(institution_id, *key), due_at=one["due_out_at"] + grace)


def look(session: Session, happened: StayRunsOut) -> None:
    """Tell of a stay that still lasts; where the policy grants more time by now, look again when that is over."""
    now, grace = clock.now(), _grace(session, happened.institution_id)
    stay = rows.stay(
        session,
        (happened.institution_id, happened.area_id, happened.person_id, happened.pass_id),
        UUID(happened.event_id),
    )
    if stay is None or stay.due_out_at is None or stay.overstayed_at is not None:
        return
    if stay.due_out_at + grace > now:
        events.record(session, happened, due_at=stay.due_out_at + grace)
        return
    stay.overstayed_at = now
    events.record(session, Overstayed(happened.institution_id, happened.area_id, happened.event_id))


def _grace(session: Session, institution_id: int) -> timedelta:
    return timedelta(minutes=policies.effective(session, institution_id).overstay_minutes)
