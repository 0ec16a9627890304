"""Leaves follow the tree and the units. Each listener may run twice, and late."""

from datetime import date

from sqlalchemy.orm import Session

from app.institutions.events import (
    InstitutionClosed,
    InstitutionMerged,
    InstitutionMoved,
    InstitutionOpened,
    UnitsChanged,
)
from app.kernel.events import listen
from app.rollups import service


def _opened(session: Session, event: InstitutionOpened) -> None:
    service.open_school(session, event.institution_id)


def _moved(session: Session, event: InstitutionMoved) -> None:
    service.relocate(session, event.institution_id, date.fromisoformat(event.effective_on))


def _closed(session: Session, event: InstitutionClosed) -> None:
    service.close_school(session, event.institution_id, date.fromisoformat(event.closed_on))


def _merged(session: Session, event: InstitutionMerged) -> None:
    service.absorb(session, event.institution_id, event.into_id, date.fromisoformat(event.on))


def _units_changed(session: Session, event: UnitsChanged) -> None:
    service.count_units(session, event.institution_id)


listen(InstitutionOpened, _opened)
listen(InstitutionMoved, _moved)
listen(InstitutionClosed, _closed)
listen(InstitutionMerged, _merged)
listen(UnitsChanged, _units_changed)
