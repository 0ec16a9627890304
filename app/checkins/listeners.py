"""Readings follow the roll."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.checkins import service
from app.kernel import clock, events
from app.people.events import PersonLeft, PersonMoved, RollImported

_BACK = timedelta(days=60)  # further back than a roll can be changed


def _person_left(session: Session, happened: PersonLeft) -> None:
    service.rehome(session, happened.institution_id, date.fromisoformat(happened.left_on), [happened.person_id])


def _person_moved(session: Session, happened: PersonMoved) -> None:
    service.rehome(session, happened.institution_id, date.fromisoformat(happened.effective_on), [happened.person_id])


def _roll_imported(session: Session, happened: RollImported) -> None:
    service.rehome(session, happened.institution_id, clock.today() - _BACK)


events.listen(PersonLeft, _person_left)
events.listen(PersonMoved, _person_moved)
events.listen(RollImported, _roll_imported)
