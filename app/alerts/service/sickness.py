"""A fever or a listed symptom: told at once, at any hour, to those of the school who act on it (H7).

One person's fever of one day is told once, whether a parent, a teacher or the gate has found it, and however often.
"""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.roles import Role
from app.access.service import holders
from app.alerts import queries
from app.checkins import service as checkins
from app.kernel import clock
from app.notifications import service as notifications
from app.notifications.service import Notice, Template

_NEWS: Final = timedelta(days=1)
_CLASS = (Role.HOMEROOM_TEACHER,)
_SCHOOL = (Role.SCHOOL_DOCTOR, Role.PRINCIPAL, Role.VICE_PRINCIPAL)


def tell_fever(session: Session, institution_id: int, person_id: int, day: str) -> None:
    """Tell of a reading with a fever."""
    if _is_news(day):
        _tell(session, institution_id, person_id, Template.FEVER, f"fever:{person_id}:{day}")


def tell_symptom(session: Session, institution_id: int, person_id: int, day: str) -> None:
    """Tell of a reading with symptoms, if one of them is listed by the policy."""
    if _is_news(day) and checkins.has_listed_symptom(session, institution_id, person_id, date.fromisoformat(day)):
        _tell(session, institution_id, person_id, Template.SYMPTOM, f"symptom:{person_id}:{day}")


def tell_fever_at_gate(session: Session, institution_id: int, event_id: str, day: str) -> None:
    """Tell of somebody who was turned away with a fever: of a person on the roll as of any fever."""
    found = queries.at_gate(session, institution_id, UUID(event_id))
    if found is None or not _is_news(day):
        return
    if found.person_id is not None:
        tell_fever(session, institution_id, found.person_id, day)
        return
    notice = Notice(
        institution_id,
        _receivers(session, institution_id, None),
        Template.FEVER_AT_GATE,
        {"place": found.name},
        key=f"fever_at_gate:{event_id}",
        link="/gate-events",
    )
    notifications.notify(session, notice)


def _is_news(day: str) -> bool:
    """Whether somebody has to act at once: what a list of last week tells stands in the archive and in the figures."""
    return clock.today() - date.fromisoformat(day) <= _NEWS


def _tell(session: Session, institution_id: int, person_id: int, template: Template, key: str) -> None:
    place = queries.place_of_person(session, institution_id, person_id)
    if place is None:
        return
    receivers = _receivers(session, institution_id, place.unit_id)
    values = {"place": place.name}
    notifications.notify(
        session, Notice(institution_id, receivers, template, values, key=key, link=f"/persons/{person_id}")
    )


def _receivers(session: Session, institution_id: int, unit_id: int | None) -> set[int]:
    return {
        one.account_id
        for one in holders(session, {institution_id}, (*_CLASS, *_SCHOOL))
        if one.role in _SCHOOL or (unit_id is not None and one.unit_id == unit_id)
    }
