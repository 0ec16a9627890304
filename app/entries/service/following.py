"""Looking at requests: one's own, those of the school; the health of those who ask, for whoever decides."""

from datetime import timedelta

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.access.actor import Actor
from app.access.roles import Action
from app.access.service import obtain, visible
from app.audit import service as audit
from app.checkins import service as checkins
from app.entries.events import EntryDecided
from app.entries.models import EntryRequest, RequestState
from app.entries.queries import requests as queries
from app.entries.schemas.requests import (
    EntryBriefOut,
    EntryChange,
    EntryOut,
    HealthDayOut,
    HealthIn,
    HealthRecordOut,
    HealthRecordsOut,
)
from app.entries.service import entrances, filing, passing, stepping, telling
from app.entries.workflow import ENTRY_REQUEST
from app.institutions.models import Institution
from app.kernel import clock, events, paging, versions
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.kernel.workflow import fire
from app.policies import service as policies


def list_own(
    session: Session, actor: Actor, page: paging.PageQuery, *, state: RequestState | None
) -> Page[EntryBriefOut]:
    """The requests that the caller has filed, newest first."""
    statement = queries.narrowed(visible(actor, Action.ENTRIES_FOLLOW, EntryRequest), state=state)
    return _page(session, statement, page, newest_first=True)


def list_requests(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    state: RequestState | None,
    awaiting_me: bool,
) -> Page[EntryBriefOut]:
    """The requests of a school that the caller may see, or is to decide on; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    statement = visible(actor, Action.ENTRIES_READ, EntryRequest)
    if awaiting_me:
        held = [one for one in actor.held if one.institution_id == institution_id]
        units = {one.unit_id for one in held if one.unit_id is not None}
        roles = [one.role.value for one in held]
        statement = queries.awaiting(statement, institution_id, roles, units, actor.account_id)
    return _page(session, queries.narrowed(statement, institution_id=institution_id, state=state), page)


def read_own(session: Session, actor: Actor, request_id: int) -> EntryOut:
    """A request that the caller has filed; raises `NotFound`."""
    return telling.whole(session, _own(session, actor, request_id))


def read_request(session: Session, actor: Actor, request_id: int) -> EntryOut:
    """A request of the school; raises `NotFound`."""
    return telling.whole(session, obtain(session, actor, Action.ENTRIES_READ, EntryRequest, request_id))


def read_deputised(session: Session, actor: Actor, delegation_id: int, request_id: int) -> EntryOut:
    """A request that waits for the caller as a deputy; raises `NotFound`, `DelegationNotInForce`."""
    return telling.whole(session, entrances.deputised_request(session, actor, delegation_id, request_id))


def health(session: Session, actor: Actor, request_id: int) -> HealthRecordsOut:
    """What was answered and the last days' readings; the look leaves a trace."""
    return _health(session, actor, obtain(session, actor, Action.ENTRIES_APPROVE, EntryRequest, request_id))


def deputised_health(session: Session, actor: Actor, delegation_id: int, request_id: int) -> HealthRecordsOut:
    """The same for a deputy."""
    return _health(session, actor, entrances.deputised_request(session, actor, delegation_id, request_id))


def change(session: Session, actor: Actor, request_id: int, changed: EntryChange, if_match: str | None) -> EntryOut:
    """Submit a returned request anew; raises `MoveNotPossible`, `PreconditionFailed`, `WindowNotPossible`."""
    request = _own(session, actor, request_id, lock=True)
    versions.require(request.version, if_match)
    request.purpose = changed.purpose
    filing.change(session, actor.account_id, request, changed)
    return telling.whole(session, request)


def withdraw(session: Session, actor: Actor, request_id: int) -> EntryOut:
    """Take a request back, approved or not; its passes end. Raises `MoveNotPossible`."""
    request = _own(session, actor, request_id, lock=True)
    take_back(session, actor, request)
    return telling.whole(session, request)


def take_back(session: Session, actor: Actor, request: EntryRequest) -> None:
    """Withdraw a locked request for whoever has shown that it is theirs."""
    approved = request.state is RequestState.APPROVED
    fire(
        session,
        ENTRY_REQUEST,
        EntryRequest.state,
        request,
        "withdraw",
        account_id=actor.account_id,
        decided_at=clock.now(),
        version=request.version + 1,
    )
    stepping.drop_all(session, request)
    if approved:
        passing.revoke(session, actor, request)
    events.record(session, EntryDecided(request.institution_id, request.id, request.state.value))


def _own(session: Session, actor: Actor, request_id: int, *, lock: bool = False) -> EntryRequest:
    """A request that the caller has filed. Whoever may see it in another role is told nothing else here."""
    own = visible(actor, Action.ENTRIES_FOLLOW, EntryRequest).where(EntryRequest.id == request_id)
    found = session.scalars(own).one_or_none()
    # Locked by its whole key, which names the school: a row is locked on the server where it stands.
    if found is not None and lock:
        found = queries.find(session, found.institution_id, request_id, lock=True)
    if found is None:
        raise NotFound
    return found


def _health(session: Session, actor: Actor, request: EntryRequest) -> HealthRecordsOut:
    persons = queries.persons(session, request.institution_id, request.id)
    policy = policies.effective(session, request.institution_id)
    count = max(policy.entry_fever_days, policy.entry_readings_days, 1)
    ids = [one.person_id for one in persons if one.person_id is not None]
    until = clock.today()
    days = checkins.recent_days(session, request.institution_id, ids, until, count)
    details = {"persons": ids, "from": (until - timedelta(days=count - 1)).isoformat(), "to": until.isoformat()}
    audit.record(
        session,
        actor,
        "entries.read_health",
        "entry_request",
        request.id,
        institution_id=request.institution_id,
        details=details,
    )
    return HealthRecordsOut(
        items=[
            HealthRecordOut(
                entry_person_id=one.id,
                person_id=one.person_id,
                name=one.name,
                health=HealthIn.model_validate(one.health),
                days=[HealthDayOut.model_validate(day) for day in days.get(one.person_id or 0, [])],
            )
            for one in persons
        ]
    )


def _page(
    session: Session, statement: Select[EntryRequest], page: paging.PageQuery, *, newest_first: bool = False
) -> Page[EntryBriefOut]:
    rows, following = paging.fetch(session, statement, [EntryRequest.id], page, newest_first=newest_first)
    return Page(items=telling.briefs(session, rows), next=following)
