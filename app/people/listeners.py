"""What persons do when their school ends; and who recounts the roll."""

from datetime import date

from sqlalchemy.orm import Session

from app.institutions.events import InstitutionClosed, InstitutionMerged
from app.kernel.events import listen
from app.people import service
from app.rollups.service import register_recount


def leave_closed_school(session: Session, happened: InstitutionClosed) -> None:
    """Everybody leaves on the day on which the school closed."""
    service.close_roll(session, happened.institution_id, date.fromisoformat(happened.closed_on))


def follow_merger(session: Session, happened: InstitutionMerged) -> None:
    """Everybody stands in the school that goes on."""
    service.carry_over(session, happened.institution_id, happened.into_id, date.fromisoformat(happened.on))


listen(InstitutionClosed, leave_closed_school)
listen(InstitutionMerged, follow_merger)
register_recount("people", service.count)
