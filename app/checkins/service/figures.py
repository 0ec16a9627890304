"""The last step down: from a figure of a school or class to the persons whom it counts."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.checkins import forms
from app.checkins.errors import NoSuchFigure
from app.checkins.models import CheckIn
from app.checkins.queries import lists
from app.checkins.schemas.figures import FigurePersonOut, FigurePersonsOut
from app.checkins.service.archive import degrees, worst
from app.institutions.models import Institution, Unit
from app.kernel import clock, paging
from app.kernel.errors import NotFound
from app.people.models import Person
from app.rollups.models import NOBODY


def figure_persons(
    session: Session,
    actor: Actor,
    institution_id: int,
    metric: str,
    *,
    day: date | None,
    unit_id: int | None,
    page: paging.PageQuery,
) -> FigurePersonsOut:
    """The persons behind a figure of a day, in a unit (0: in none) or in the whole school; the look leaves a trace.

    They are found from the rows, not from the stored figure, by the same words: ``total`` equals the figure.
    Raises `NoSuchFigure` for figures that count no persons.
    """
    _may_open(session, actor, institution_id, unit_id)
    if metric not in lists.FIGURES:
        raise NoSuchFigure
    on = day or clock.today()
    statement = lists.behind(institution_id, metric, on, unit_id)
    total = lists.size(session, statement)
    people, following = paging.fetch(session, statement, [Person.id], page)
    readings = lists.standing_readings(session, [institution_id], [one.id for one in people], [on]) if people else ()
    details = {"figure": metric, "day": on.isoformat(), "unit": unit_id, "persons": [one.id for one in people]}
    audit.record(
        session, actor, "figures.open", "institution", institution_id, institution_id=institution_id, details=details
    )
    items = [_person(one, [reading for reading in readings if reading.person_id == one.id]) for one in people]
    return FigurePersonsOut(metric=metric, day=on, total=total, items=items, next=following)


def _may_open(session: Session, actor: Actor, institution_id: int, unit_id: int | None) -> None:
    if unit_id in (None, NOBODY):
        obtain(session, actor, Action.ROLLUPS_OPEN, Institution, institution_id)
    elif obtain(session, actor, Action.ROLLUPS_OPEN, Unit, unit_id).institution_id != institution_id:
        raise NotFound


def _person(person: Person, readings: Sequence[CheckIn]) -> FigurePersonOut:
    symptoms = 0
    for reading in readings:
        symptoms |= reading.symptoms
    measured = [reading.temperature for reading in readings if reading.temperature is not None]
    return FigurePersonOut(
        person_id=person.id,
        name=person.name,
        kind=person.kind,
        unit_id=person.unit_id,
        status=worst([reading.status for reading in readings]),
        temperature=degrees(max(measured, default=None)),
        symptoms=forms.codes(symptoms),
        late=all(reading.late for reading in readings) if readings else None,
        implausible=any(reading.implausible for reading in readings),
    )
