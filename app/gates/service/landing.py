"""Takes events of a guard's phone: decided now, or decided before without a network; each lands once, in any order.

Lock, then look, then write: the day's figures of the school come first, as for check-ins. Today's are always among
them, so that all that happens at the gates of one school is decided one after the other.
"""

import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.checkins import service as checkins
from app.checkins.models import Source as ReadingSource
from app.checkins.service import Door, ReadingIn
from app.closures import service as closures
from app.closures.service import Then
from app.gates.errors import GateUnknown, HolderUnknown
from app.gates.events import FeverAtGate
from app.gates.models import Direction, GateEvent, GateOutcome
from app.gates.queries import events as rows
from app.gates.queries import passes as pass_rows
from app.gates.schemas.events import GateEventIn, GateEventsIn, GateEventsOut, GateProblemOut, Landed
from app.gates.service import clocks, documents, overstaying, reasons
from app.gates.service.deciding import Arrival, Placed
from app.gates.service.documents import Documents
from app.gates.service.judging import judge
from app.identity import service as identity
from app.identity.service import PassClaims
from app.institutions.models import Institution
from app.kernel import clock, events
from app.kernel.errors import Invalid, Problem
from app.kernel.schemas import FieldErrorOut
from app.kernel.validation import Unreadable
from app.people.models import Person
from app.rollups import service as rollups
from app.rollups.models import NOBODY

_ORDER = {Direction.IN: 0, Direction.OUT: 1}


@dataclass(slots=True)
class _Batch:
    """Events of one phone at one school, with all that decides about them."""

    session: Session
    actor: Actor
    school: Institution
    received_at: datetime
    sent_at: datetime | None
    then: Mapping[datetime, Then] = field(default_factory=dict)
    claims: dict[str, PassClaims | None] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    passes: Mapping[int, int | None] = field(default_factory=dict)  # their holders on the roll
    documents: Documents = field(default_factory=lambda: Documents({}, {}))
    answers: dict[int, Landed] = field(default_factory=dict)


def submit_events(session: Session, actor: Actor, institution_id: int, body: GateEventsIn) -> GateEventsOut:
    """Take what has happened at the gates of a school; says of each item whether to let in. Raises `NotFound`."""
    school = obtain(session, actor, Action.GATE_WORK, Institution, institution_id)
    batch = _Batch(session, actor, school, clock.now(), body.sent_at)
    items = body.read()
    placed: list[Placed] = []
    for index, item in enumerate(items):
        try:
            if isinstance(item, Unreadable):
                raise Invalid(errors=item.errors)
            placed.append(_placed(batch, index, item))
        except Problem as problem:
            batch.answers[index] = _refused(index, item.id, problem)
    _look_up(batch, placed)
    arrivals: list[Arrival] = []
    for one in placed:
        try:
            arrivals.append(_arrival(batch, one))
        except Problem as problem:
            batch.answers[one.index] = _refused(one.index, one.event.id, problem)
    if arrivals:
        _land(batch, arrivals)
    return GateEventsOut(received_at=batch.received_at, items=[batch.answers[index] for index in range(len(items))])


def _placed(batch: _Batch, index: int, event: GateEventIn) -> Placed:
    """The event in its place in time; raises the problem why it has none."""
    at, skewed = clocks.placed(event.occurred_at, batch.sent_at, batch.received_at)
    queued = event.decided is not None or clocks.is_past(at, batch.received_at)
    return Placed(index, event, at, at if queued else batch.received_at, queued=queued, skewed=skewed)


def _look_up(batch: _Batch, placed: Sequence[Placed]) -> None:
    session, school = batch.session, batch.school.id
    items = [one.event for one in placed]
    batch.then = closures.states_then(session, school, {one.judged_at for one in placed})
    tokens = sorted({one.code.partition("~")[0] for one in items if one.code is not None})
    batch.claims = dict(zip(tokens, identity.verify_passes(session, tokens), strict=True))
    given = {one.pass_id for one in batch.claims.values() if one is not None and one.institution_id == school}
    batch.passes = pass_rows.holders(session, school, given)
    numbers = {one.document_number for one in items if one.document_number is not None}
    batch.documents = documents.find(session, school, numbers)
    ids = {one.person_id for one in items if one.person_id is not None} | {*batch.documents.persons.values()}
    batch.people = rows.persons(session, visible(batch.actor, Action.GATE_WORK, Person), school, ids)


def _arrival(batch: _Batch, placed: Placed) -> Arrival:
    """The event with what held there, and whoever it is about; raises the problem why it cannot be taken."""
    event, then = placed.event, batch.then[placed.judged_at]
    venue = then.venues.get(event.venue_id)
    if venue is None:
        raise GateUnknown
    arrival = Arrival(
        placed.index,
        event,
        placed.occurred_at,
        placed.judged_at,
        queued=placed.queued,
        skewed=placed.skewed,
        venue=venue,
        campus=then.campus,
    )
    if event.code is not None:
        arrival.claims = batch.claims[event.code.partition("~")[0]]
        arrival.pass_id = _ours(batch, arrival.claims)
    elif event.document_number is not None:
        person_id = batch.documents.persons.get(event.document_number)
        arrival.person = batch.people.get(person_id or 0)
        shown = batch.documents.pass_at(event.document_number, placed.occurred_at)
        arrival.pass_id = shown.id if shown is not None and arrival.person is None else None
    else:
        arrival.person = batch.people.get(event.person_id or 0)
    if arrival.person is None and arrival.pass_id is None:
        raise HolderUnknown
    return arrival


def _ours(batch: _Batch, claims: PassClaims | None) -> int | None:
    """The pass of a code, if it is one of this school's."""
    ours = claims is not None and claims.institution_id == batch.school.id and claims.pass_id in batch.passes
    return claims.pass_id if claims is not None and ours else None


def _land(batch: _Batch, arrivals: list[Arrival]) -> None:
    session, school = batch.session, batch.school.id
    _lock(batch, arrivals)
    known = rows.known(session, school, {one.id for one in arrivals})
    fresh: dict[UUID, Arrival] = {}
    for one in sorted(arrivals, key=lambda one: (one.occurred_at, _ORDER[one.event.direction], str(one.id))):
        if one.id in known or one.id in fresh:
            continue
        fresh[one.id] = one
    landing = list(fresh.values())
    judge(session, school, batch.received_at, landing)
    session.flush()
    if landing:
        rows.add(session, [_row(batch, one) for one in landing])
        # Readings first: they may want the lock of one more class, and whoever counts holds the school.
        _measure(batch, landing)
        _keep(batch, landing)
    for one in arrivals:
        batch.answers[one.index] = _answer(one, known.get(one.id), fresh.get(one.id))


class _CountedElsewhere(Exception):  # noqa: N818 - it names a finding
    """Readings will count in units that were not locked."""


def _lock(batch: _Batch, arrivals: Sequence[Arrival]) -> None:
    """The figures of every day at hand, the units in which the readings will count among them.

    Only under the lock is it certain which these are. Where one is missing, all locks are given back and taken once
    more with it, as check-ins do: a unit that is locked after its school waits for whoever does it the other way.
    """
    session, school = batch.session, batch.school.id
    days = {clock.school_day(one.occurred_at) for one in arrivals} | {clock.school_day(batch.received_at)}
    measured = {holder for one in arrivals if one.tenths is not None and (holder := _holder(batch, one)) is not None}
    units = {NOBODY} | checkins.units_of(session, school, measured, days)
    while True:
        with contextlib.suppress(_CountedElsewhere), session.begin_nested():
            rollups.lock_days(session, {(school, day, unit) for day in days for unit in units})
            counted = checkins.units_of(session, school, measured, days)
            if counted <= units:
                return
            units |= counted
            raise _CountedElsewhere


def _holder(batch: _Batch, one: Arrival) -> int | None:
    return one.person.id if one.person else batch.passes.get(one.pass_id or 0)


def _row(batch: _Batch, one: Arrival) -> dict[str, object]:
    return {
        "institution_id": batch.school.id,
        "id": one.id,
        "venue_id": one.event.venue_id,
        "area_id": one.area_id,
        "at_gate": one.at_gate,
        "pass_id": one.entry_pass.id if one.entry_pass else None,
        "person_id": one.person_id,
        "name": one.name,
        "direction": one.event.direction,
        "outcome": one.outcome,
        "findings": one.findings,
        "temperature": one.tenths,
        "day": clock.school_day(one.occurred_at),
        "occurred_at": one.occurred_at,
        "received_at": batch.received_at,
        "queued": one.queued,
        "skewed": one.skewed,
        "account_id": batch.actor.account_id,
    }


def _keep(batch: _Batch, landing: Sequence[Arrival]) -> None:
    """Who is inside, and the figures of the days."""
    last: dict[tuple[int, int, int], dict[str, object]] = {}
    counts: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in landing:
        enters = one.enters
        admitted = one.outcome is GateOutcome.ADMITTED
        if admitted:
            person_id = one.person_id or 0
            pass_id = one.entry_pass.id if one.entry_pass and not person_id else 0
            last[one.area_id, person_id, pass_id] = _presence(batch, one, person_id, pass_id, inside=enters)
        if one.at_gate:
            name = "turned_away" if not admitted else "entries" if enters else "exits"
            counts[clock.school_day(one.occurred_at)][name] += 1
    if last:
        rows.keep_presence(batch.session, list(last.values()))
        overstaying.look_later(batch.session, batch.school.id, last.values())
        rows.count_inside(batch.session, batch.school.id, batch.school.lineage)
    rollups.add_days(batch.session, {(batch.school.id, day, NOBODY): count for day, count in counts.items()})


def _presence(batch: _Batch, one: Arrival, person_id: int, pass_id: int, *, inside: bool) -> dict[str, object]:
    return {
        "institution_id": batch.school.id,
        "area_id": one.area_id,
        "person_id": person_id,
        "pass_id": pass_id,
        "inside": inside,
        "at_gate": one.at_gate,
        "name": one.name,
        "at": one.occurred_at,
        "event_id": one.id,
        "day": clock.school_day(one.occurred_at),
        "due_out_at": one.entry_pass.valid_until if one.entry_pass and inside else None,
        "overstayed_at": None,
    }


def _measure(batch: _Batch, landing: Sequence[Arrival]) -> None:
    """A reading for everybody on the roll whose temperature was taken; an alert for every fever.

    A reading that is refused (too long ago, say) leaves the event as it is: somebody did stand at the gate.
    """
    readings = [
        ReadingIn(
            id=one.id,
            person_id=one.person_id,
            temperature=one.event.temperature,
            site=one.event.site,
            taken_at=one.occurred_at,
        )
        for one in landing
        if one.person_id is not None and one.event.temperature is not None
    ]
    if readings:
        door = Door(Action.CHECKINS_GATE, ReadingSource.GATE, institution_id=batch.school.id)
        checkins.submit(batch.session, batch.actor, door, readings, received_at=batch.received_at)
    for one in landing:
        if one.feverish:
            day = clock.school_day(one.occurred_at).isoformat()
            events.record(batch.session, FeverAtGate(batch.school.id, str(one.id), day))


def _answer(one: Arrival, known: GateEvent | None, fresh: Arrival | None) -> Landed:
    landed = known or fresh
    if landed is None:
        raise RuntimeError("an event neither known nor landed")
    return Landed(
        index=one.index,
        id=one.id,
        outcome="accepted" if landed is one else "duplicate",
        decision=landed.outcome,
        findings=list(landed.findings),
        reasons=reasons.told(landed.findings, fresh),
        name=landed.name,
    )


def _refused(index: int, id_: UUID | None, problem: Problem) -> Landed:
    told = GateProblemOut(
        code=problem.code,
        detail=problem.detail(),
        errors=[FieldErrorOut(pointer=one.pointer, code=one.code, detail=one.detail) for one in problem.errors],
    )
    return Landed(index=index, id=id_, outcome="refused", problem=told)
