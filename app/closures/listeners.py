"""Venues and orders follow the tree. Each listener may run twice, and late."""

from datetime import date

from sqlalchemy.orm import Session

from app.closures import service
from app.institutions.events import InstitutionMerged, InstitutionMoved
from app.kernel.events import listen


def _moved(session: Session, event: InstitutionMoved) -> None:
    service.relocate(session, event.institution_id)


def _merged(session: Session, event: InstitutionMerged) -> None:
    service.relocate(session, event.into_id)
    service.inherit(session, event.institution_id, event.into_id, date.fromisoformat(event.on))


listen(InstitutionMoved, _moved)
listen(InstitutionMerged, _merged)
