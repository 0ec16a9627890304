"""A morning at the first school's south gate: pupils and staff come in, one has a fever; somebody is on duty."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from app.access.service import SYSTEM
from app.closures import service as closures
from app.closures.models import VenueKind
from app.gates import service as gates
from app.gates.models import Direction
from app.gates.service import GateEventIn, GateEventsIn, Holder
from app.institutions import service as institutions
from app.kernel import clock, db
from app.kernel.db import Scope
from app.people.models import Person, PersonKind

_NAMES = UUID("0d9a7c8e-2b0f-4f6e-9f0e-6f4d1c1f7a52")  # ids follow from person and day: building twice lands once
_PEOPLE = 60
_FEVER_AT = 17  # who arrives after so many others


def open_gate(school_code: str) -> None:
    """Let the first people of a school in, up to now; some leave again."""
    with db.transaction() as session:
        school = institutions.scope_to_code(session, school_code) or 0
        db.bind(session, Scope(frozenset({school}), frozenset({school})))
        institutions.widen_to_ancestors(session, school)
        states = closures.venue_states(session, school, since=clock.now())
        gate = min(one for one, state in states.items() if state.kind is VenueKind.GATE)
        wanted = select(Person.id).where(Person.institution_id == school, Person.kind != PersonKind.HOUSEHOLD)
        people = list(session.scalars(wanted.order_by(Person.id).limit(_PEOPLE)))
        if not gates.passes_of(session, school, "duty_shift", 0):
            now = clock.now()
            leader = Holder(name="陈**", venue_ids=(), valid_from=now, valid_until=now + timedelta(days=1))
            gates.issue(session, SYSTEM, school, [leader], source="duty_shift", source_id=0)
        landed = gates.submit_events(session, SYSTEM, school, GateEventsIn(items=_passages(gate, people)))
        if any(one.outcome == "refused" for one in landed.items):
            raise RuntimeError("the demo's gate has refused an event")


def _passages(gate: int, people: list[int]) -> list[GateEventIn]:
    chance = random.Random(7)  # noqa: S311 - the same demo every time
    start, day = clock.now() - timedelta(hours=2), clock.today()
    passages = []
    for number, person_id in enumerate(people):
        warm = 38.3 if number == _FEVER_AT else round(chance.uniform(36.1, 36.9), 1)
        times: list[tuple[Direction, datetime, float | None]] = [
            (Direction.IN, start + timedelta(minutes=number), warm)
        ]
        if number % 5 == 0:
            times.append((Direction.OUT, start + timedelta(minutes=number + 50), None))
        passages += [
            GateEventIn(
                id=uuid5(_NAMES, f"{person_id} {day} {direction}"),
                venue_id=gate,
                direction=direction,
                person_id=person_id,
                temperature=temperature,
                occurred_at=at,
            )
            for direction, at, temperature in times
        ]
    return passages
