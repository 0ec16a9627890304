"""From what was asked to a request that somebody decides on, or that the rules turn away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from app.closures import service as closures
from app.closures.service import VenueState
from app.entries.errors import WindowNotPossible
from app.entries.events import EntryDecided, EntryWindowOver
from app.entries.models import EntryKind, EntryPerson, EntryRequest, RequestState
from app.entries.queries import requests as queries
from app.entries.schemas.requests import OutsiderIn, Window
from app.entries.service import rules, stepping
from app.entries.workflow import ENTRY_REQUEST
from app.kernel import clock, events
from app.kernel.bulk import reserve_ids
from app.kernel.errors import FieldError, Invalid, NotFound
from app.kernel.language import pick
from app.kernel.workflow import fire
from app.people import service as people
from app.people.errors import wrong_field
from app.people.service import values
from app.policies import service as policies

LONGEST: Final = timedelta(days=31)
AHEAD: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Someone:
    """A person on the way into a request; ``number`` and ``phone`` in their one form, for those beside the roll."""

    person_id: int | None
    name: str
    health: dict[str, object]
    number: str | None = None
    phone: str | None = None


def demand_window(window: Any) -> None:
    """Raise `WindowNotPossible` for a window that is over, too long or too far ahead."""
    now = clock.now()
    too_long = window.valid_until - window.valid_from > LONGEST
    if window.valid_until <= now or too_long or window.valid_from > now + AHEAD:
        raise WindowNotPossible(days=LONGEST.days, ahead=AHEAD.days)


def read_outsiders(given: Sequence[OutsiderIn], within: str) -> list[Someone]:
    """Real names with checked numbers; raises `Invalid` with pointers below ``within``."""
    wrong: list[FieldError] = []
    found = []
    for index, one in enumerate(given):
        try:
            number = values.identity_number(one.identity_number)
            phone = None if one.phone is None else values.phone(one.phone)
            found.append(Someone(None, one.name, one.health.model_dump(mode="json"), number, phone))
        except values.WrongValueError as error:
            field = "phone" if error.code == "people.phone_wrong" else "identity_number"
            wrong.append(wrong_field(f"{within}/{index}/{field}", error.code))
    if wrong:
        raise Invalid(errors=wrong)
    return found


def file(
    session: Session, account_id: int | None, request: EntryRequest, people_in: Sequence[Someone]
) -> Sequence[EntryPerson]:
    """Keep a draft with its persons and submit it; raises `NotFound` for a venue that the school does not have."""
    demand_window(request)
    states = states_of(session, request)
    session.add(request)
    session.flush()
    persons = _persons(session, request, people_in)
    session.add_all(persons)
    session.flush()
    events.record(session, EntryWindowOver(request.institution_id, request.id), due_at=request.valid_until)
    submit(session, account_id, request, persons, states)
    return persons


def submit(
    session: Session,
    account_id: int | None,
    request: EntryRequest,
    persons: Sequence[EntryPerson],
    states: Sequence[VenueState],
) -> None:
    """Hold the rules against a draft or a returned request: its steps are made, or it is turned away."""
    judge(session, request, persons, states)
    if all(one.holds for one in persons):
        turn_away(session, request, persons)
        return
    fire(session, ENTRY_REQUEST, EntryRequest.state, request, "submit", account_id=account_id)
    stepping.lay(session, request, persons, states)


def judge(
    session: Session, request: EntryRequest, persons: Sequence[EntryPerson], states: Sequence[VenueState]
) -> None:
    """Write down for each person which rules keep it out now."""
    asked = rules.Asked(
        request.institution_id,
        policies.effective(session, request.institution_id),
        states,
        request.valid_from,
        request.valid_until,
        persons,
    )
    hits = rules.held_back(session, asked)
    for one in persons:
        found = hits.get(one.id, [])
        if one.holds != found:
            one.holds = found
    session.flush()


def turn_away(session: Session, request: EntryRequest, persons: Sequence[EntryPerson]) -> None:
    """Refuse without asking anyone: nobody of the request may enter."""
    names = sorted({str(hit["rule"]) for one in persons for hit in one.holds})
    fire(
        session,
        ENTRY_REQUEST,
        EntryRequest.state,
        request,
        "turn_away",
        account_id=None,
        reason=", ".join(names),
        decided_at=clock.now(),
    )
    events.record(session, EntryDecided(request.institution_id, request.id, RequestState.REFUSED))


def states_of(session: Session, request: EntryRequest) -> list[VenueState]:
    """What holds for the venues of a request (none: the campus) within its window; raises `NotFound`."""
    since, until = max(request.valid_from, clock.now()), request.valid_until
    if not request.venue_ids:
        return [closures.campus_state(session, request.institution_id, since=since, until=until)]
    found = closures.venue_states(session, request.institution_id, request.venue_ids, since=since, until=until)
    if len(found) < len(set(request.venue_ids)):
        raise NotFound
    return [found[one] for one in request.venue_ids]


def draft(
    institution_id: int, kind: EntryKind, account_id: int | None, unit_id: int | None, window: Window, **more: Any
) -> EntryRequest:
    """A request that is not yet kept."""
    return EntryRequest(
        institution_id=institution_id,
        kind=kind,
        state=RequestState.DRAFT,
        purpose=window.purpose,
        reason=window.reason,
        unit_id=unit_id,
        account_id=account_id,
        venue_ids=list(dict.fromkeys(window.venue_ids)),
        valid_from=window.valid_from,
        valid_until=window.valid_until,
        round=1,
        submitted_at=clock.now(),
        version=1,
        **more,
    )


def change(session: Session, account_id: int | None, request: EntryRequest, changed: Any) -> None:
    """Submit a returned request anew, for another reason, window or venues; raises `MoveNotPossible`."""
    demand_window(changed)
    moved = request.valid_until != changed.valid_until
    request.reason, request.venue_ids = changed.reason, list(dict.fromkeys(changed.venue_ids))
    request.valid_from, request.valid_until = changed.valid_from, changed.valid_until
    request.round += 1
    request.version += 1
    request.submitted_at = clock.now()
    persons = queries.persons(session, request.institution_id, request.id)
    states = states_of(session, request)
    session.flush()
    if moved:
        events.record(session, EntryWindowOver(request.institution_id, request.id), due_at=request.valid_until)
    submit(session, account_id, request, persons, states)


def _persons(session: Session, request: EntryRequest, given: Sequence[Someone]) -> list[EntryPerson]:
    """Rows for some people; who gave the number of somebody on the roll is held against what the roll knows."""
    numbers = {one.number: values.fingerprint_identity(one.number) for one in given if one.number}
    known = people.by_identity(session, request.institution_id, list(numbers.values()))
    taken = {one.person_id for one in given if one.person_id is not None}
    if taken & set(known.values()):
        raise Invalid(errors=[FieldError("", "once", pick("同一人只能出现一次。", "Each person once."))])
    ids = reserve_ids(session, "entry_person", len(given))
    return [_row(request, id_, one, known) for id_, one in zip(ids, given, strict=True)]


def _row(request: EntryRequest, id_: int, one: Someone, known: dict[bytes, int]) -> EntryPerson:
    institution_id = request.institution_id
    person_id = one.person_id
    if one.number is not None:
        person_id = known.get(values.fingerprint_identity(one.number))
    return EntryPerson(
        institution_id=institution_id,
        id=id_,
        request_id=request.id,
        person_id=person_id,
        on_roll=one.number is None,
        name=one.name,
        health=one.health,
        holds=[],
        **values.protected_identity("entry_person", institution_id, id_, one.number),
        **values.protected_phone("entry_person", institution_id, id_, one.phone),
    )
