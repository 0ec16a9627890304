"""Who is inside is counted where the school stands. Each listener may run twice, and late."""

from sqlalchemy.orm import Session

from app.gates import service
from app.institutions.events import InstitutionMerged, InstitutionMoved
from app.kernel.events import listen


def _moved(session: Session, event: InstitutionMoved) -> None:
    service.relocate(session, event.institution_id)


def _merged(session: Session, event: InstitutionMerged) -> None:
    service.relocate(session, event.into_id)


listen(InstitutionMoved, _moved)
listen(InstitutionMerged, _merged)
