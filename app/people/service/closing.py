"""What becomes of persons when their school closes. The event may come twice: who has left is not found again."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.people.queries import persons as queries
from app.people.schemas import DepartureReason
from app.people.service.departures import depart


def close_roll(session: Session, institution_id: int, day: date) -> int:
    """Let everybody leave a school that has closed; how many did."""
    queries.locked_institution(session, institution_id)
    leavers = queries.enrolled(session, institution_id)
    gone = depart(session, leavers, day, DepartureReason.SCHOOL_CLOSED)
    if gone:
        trace(session, institution_id, "people.leave_all", {"persons": len(gone), "on": day.isoformat()})
    return len(gone)


def trace(session: Session, institution_id: int, act: str, details: dict[str, Any]) -> None:
    """One entry for what befell a whole school."""
    audit.record(session, SYSTEM, act, "institution", institution_id, institution_id=institution_id, details=details)
