"""A fortnight of readings: mostly normal, some fevers and coughs, gaps, late ones, a typing error put right."""

import random
from collections.abc import Iterator
from datetime import date, time, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from app.access.service import SYSTEM
from app.checkins import service as checkins
from app.checkins.models import NotMeasured, Source
from app.checkins.service import CorrectionIn, Door, ReadingIn
from app.institutions import service as institutions
from app.kernel import clock, db
from app.kernel.db import Scope
from app.people.models import Person, PersonKind

_NAMES = UUID("6f5b2f6e-1f0b-4c55-9a55-3d5c0a6e7d11")  # ids follow from person and day: building twice lands once
SILENT_EVERY = 12  # every twelfth school has not reported today
_FAMILIES = Door(source=Source.GUARDIAN)
CARELESS_EVERY = 7  # every seventh misses many


def fill(institution_id: int, scope: Scope, serial: int, first_day: date) -> None:
    """Log every day from ``first_day`` to now for a school, one transaction a day, as if received in the morning."""
    with db.transaction(scope) as session:
        persons = session.execute(
            select(Person.id, Person.kind).where(Person.institution_id == institution_id).order_by(Person.id)
        ).all()
    day = first_day
    while day <= clock.today():
        if day < clock.today() or serial % SILENT_EVERY != SILENT_EVERY - 1:
            _log_day(institution_id, scope, _Morning(serial, day), [(row.id, row.kind) for row in persons])
        day += timedelta(days=1)


class _Morning:
    """What happens in one school on one day, drawn from a seed of its own."""

    def __init__(self, serial: int, day: date) -> None:
        self.day = day
        self.chance = random.Random(f"{serial} {day}")  # noqa: S311 - the same demo every time
        self.gaps = 0.3 if serial % CARELESS_EVERY == CARELESS_EVERY - 1 else 0.03

    def readings(self, persons: list[tuple[int, PersonKind]]) -> Iterator[ReadingIn]:
        """One for each person who is not missing."""
        for person_id, kind in persons:
            missing = self.gaps if kind is not PersonKind.HOUSEHOLD else 0.5
            if self.chance.random() >= missing:
                yield self._reading(person_id)

    def _reading(self, person_id: int) -> ReadingIn:
        late = self.chance.random() < 0.04  # noqa: PLR2004 - a share of the demo, like those below
        hour, minute = (9, self.chance.randrange(60)) if late else (6, 30 + self.chance.randrange(30))
        content: dict[str, object] = {"temperature": self._temperature()}
        if self.chance.random() < 0.01:  # noqa: PLR2004
            content = {"not_measured_reason": NotMeasured.NO_THERMOMETER}
        symptoms = ["cough"] if self.chance.random() < 0.01 else []  # noqa: PLR2004
        return ReadingIn.model_validate(
            {
                "id": uuid5(_NAMES, f"{person_id} {self.day}"),
                "person_id": person_id,
                "taken_at": clock.at(self.day, time(hour, minute, self.chance.randrange(60))),
                "answers": {"symptoms": symptoms, "whereabouts": "local", "contact": "none"},
                **content,
            }
        )

    def _temperature(self) -> float:
        if self.chance.random() < 0.004:  # noqa: PLR2004
            return round(self.chance.uniform(37.4, 39.4), 1)
        return round(self.chance.gauss(36.5, 0.18), 1)


def _log_day(institution_id: int, scope: Scope, morning: _Morning, persons: list[tuple[int, PersonKind]]) -> None:
    now = clock.now()
    readings = [one for one in morning.readings(persons) if one.taken_at is not None and one.taken_at <= now]
    # A reading is late by when it arrives: the early ones came at half past seven, the others when they were taken.
    in_time = clock.at(morning.day, time(7, 30))
    early = [one for one in readings if one.taken_at is not None and one.taken_at < in_time]
    late = [one for one in readings if one.taken_at is not None and one.taken_at >= in_time]
    with db.transaction(scope) as session:
        institutions.widen_to_ancestors(session, institution_id)
        for some, received_at in ((early, in_time), (late, clock.at(morning.day, time(10, 0)))):
            if some:
                checkins.submit(session, SYSTEM, _FAMILIES, some, received_at=min(received_at, now))
        fevers = [one for one in readings if one.temperature is not None and one.temperature > 38.9]  # noqa: PLR2004
        for one in fevers[:1]:
            checkins.correct(session, SYSTEM, one.id, _put_right(one))


def _put_right(reading: ReadingIn) -> CorrectionIn:
    return CorrectionIn(
        id=uuid5(_NAMES, f"correction {reading.id}"),
        person_id=reading.person_id,
        temperature=36.9,
        answers=reading.answers,
        reason="输入有误, 复测正常",
    )
