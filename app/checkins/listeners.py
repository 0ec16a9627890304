"""Readings follow the roll; imports are worked on; what the last days say holds back from entering."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.checkins import service
from app.checkins.events import ReadingsQueued
from app.kernel import clock, events
from app.people import service as people
from app.people.events import PersonLeft, PersonMoved, RollImported, RollRulesChanged

_BACK = timedelta(days=60)  # further back than a roll can be changed


def _person_left(session: Session, happened: PersonLeft) -> None:
    service.rehome(session, happened.institution_id, date.fromisoformat(happened.left_on), [happened.person_id])


def _person_moved(session: Session, happened: PersonMoved) -> None:
    service.rehome(session, happened.institution_id, date.fromisoformat(happened.effective_on), [happened.person_id])


def _roll_imported(session: Session, happened: RollImported) -> None:
    service.rehome(session, happened.institution_id, clock.today() - _BACK)


def _rules_changed(session: Session, happened: RollRulesChanged) -> None:
    # People hear this too, in no certain order; readings can only follow a roll that has followed the rules.
    people.follow_rules(session, happened.institution_id)
    service.rehome(session, happened.institution_id, clock.today())


def _readings_queued(session: Session, happened: ReadingsQueued) -> None:
    service.carry_on(session, happened.institution_id, happened.import_id)


def _readings_abandoned(session: Session, happened: ReadingsQueued) -> None:
    service.give_up(session, happened.institution_id, happened.import_id)


events.listen(PersonLeft, _person_left)
events.listen(PersonMoved, _person_moved)
events.listen(RollImported, _roll_imported)
events.listen(RollRulesChanged, _rules_changed)
events.listen(ReadingsQueued, _readings_queued)
events.listen_abandoned(ReadingsQueued, _readings_abandoned)
for _hold in service.HOLDS:
    people.register_hold(_hold)
