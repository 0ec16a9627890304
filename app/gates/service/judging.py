"""Holds against each event what held when it happened, as far as it was known then: closures, passes, holds.

An event that was decided without a network is judged by its own moment, whenever and in whatever order it is sent. What
happens now is judged by now.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.gates.models import EntryPass, GateEvent
from app.gates.queries import events as rows
from app.gates.queries import passes as pass_rows
from app.gates.service import clocks
from app.gates.service.deciding import Arrival, decide, masked
from app.people import service as people
from app.policies import service as policies

_USED: Final = "pass_used"
# Holds are looked at once for so much of a queue: a reading that came within it was known to no guard's phone.
_GRAIN: Final = timedelta(minutes=5)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_Use = tuple[datetime, str]


def judge(session: Session, institution_id: int, received_at: datetime, landing: Sequence[Arrival]) -> None:
    """Set the findings and the outcome of each event, in order of time; whoever calls holds the school's day."""
    rules = policies.effective(session, institution_id)
    passes = pass_rows.locked(session, institution_id, {one.pass_id for one in landing if one.pass_id is not None})
    own = _own(session, institution_id, landing)
    uses = _uses(session, institution_id, [*passes.values(), *(one for found in own.values() for one in found)])
    for one in landing:
        if one.pass_id is not None:
            one.entry_pass = passes[one.pass_id]
            one.name = one.entry_pass.name
        elif one.person is not None:
            one.name = masked(one.person.name)
    held = _held_back(session, institution_id, received_at, landing)
    for one in landing:
        before = {pass_id for pass_id, use in uses.items() if _is_before(one, use)}
        decide(one, rules, own.get(one.person_id or 0, []), held.get((one.id), ()), before)
        if one.uses_pass and one.entry_pass is not None:
            _use(session, one, one.entry_pass, uses)


def _own(session: Session, institution_id: int, landing: Sequence[Arrival]) -> Mapping[int, list[EntryPass]]:
    """The passes of those who are known by name: what each may show."""
    known = {one.person.id for one in landing if one.person is not None}
    found: dict[int, list[EntryPass]] = defaultdict(list)
    if known:
        first = min(one.occurred_at for one in landing)
        for given in pass_rows.of_persons(session, institution_id, known, first):
            found[given.person_id or 0].append(given)
    return found


def _uses(session: Session, institution_id: int, passes: Collection[EntryPass]) -> dict[int, _Use]:
    """When each of these single-use passes was used, and by which event."""
    ids = {one.used_by for one in passes if one.used_by is not None}
    known = rows.known(session, institution_id, ids) if ids else {}
    return {one.id: _when(one.used_by, known) for one in passes if one.used_by is not None}


def _when(event_id: UUID, known: Mapping[UUID, GateEvent]) -> _Use:
    # An event that is forgotten by now lies before all that may still be sent.
    return (known[event_id].occurred_at if event_id in known else _LONG_AGO, str(event_id))


def _is_before(one: Arrival, use: _Use) -> bool:
    """Whether a pass was used when somebody came; who comes now comes after every use there is."""
    return use[1] != str(one.id) and (one.event.decided is None or use < (one.occurred_at, str(one.id)))


def _use(session: Session, one: Arrival, given: EntryPass, uses: dict[int, _Use]) -> None:
    """Use a pass up. An event that has landed already but happened later came with a used one, and is marked so."""
    if given.used_by is not None and given.used_by != one.id:
        rows.add_finding(session, given.institution_id, given.used_by, _USED)
    given.used_by = one.id
    uses[given.id] = (one.occurred_at, str(one.id))


def _held_back(
    session: Session, institution_id: int, received_at: datetime, landing: Sequence[Arrival]
) -> Mapping[UUID, Sequence[str]]:
    """By which rules people on the roll may not enter, by event."""
    together: dict[datetime, list[Arrival]] = defaultdict(list)
    for one in landing:
        if one.person_id is not None and one.enters and one.wants_pass:
            together[_known_by(one, received_at)].append(one)
    found: dict[UUID, Sequence[str]] = {}
    for moment, several in together.items():
        holds = people.holds_of(session, institution_id, {one.person_id for one in several if one.person_id}, moment)
        found |= {one.id: [hold.name for hold in holds.get(one.person_id or 0, [])] for one in several}
    return found


def _known_by(one: Arrival, received_at: datetime) -> datetime:
    past = clocks.is_past(one.judged_at, received_at)
    return one.judged_at - (one.judged_at - _LONG_AGO) % _GRAIN if past else received_at
