"""Looking at orders, and at what holds for one institution and its venues: now, then, and as known then."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.closures.models import ClosureOrder, Degree, Venue
from app.closures.queries import orders, venues
from app.closures.schemas import (
    ClosureOrderOut,
    ClosuresOut,
    ClosureTermOut,
    Hold,
    StateOut,
    Then,
    VenueState,
    VenueStateOut,
)
from app.closures.service import telling
from app.closures.service.effective import Closures, load, load_each
from app.institutions import service as institutions
from app.institutions.models import Institution
from app.kernel import clock, paging
from app.kernel.errors import NotFound
from app.kernel.schemas import Page


def list_orders(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    below: bool,
    over: bool | None = None,
) -> Page[ClosureOrderOut]:
    """Orders for an institution or one above it; or ``below``: for it or what stands below it. Raises `NotFound`."""
    lineage = _seen(session, actor, institution_id)
    now = clock.now()
    statement = orders.concerning(lineage, below=below, over=over, now=now)
    found, following = paging.fetch(session, statement, [ClosureOrder.id], page)
    return Page(items=telling.orders_out(session, found, now), next=following)


def read_order(session: Session, actor: Actor, institution_id: int, order_id: int) -> ClosureOrderOut:
    """One order that concerns an institution; raises `NotFound`."""
    return telling.orders_out(session, [_order(session, actor, institution_id, order_id)], clock.now())[0]


def list_terms(session: Session, actor: Actor, institution_id: int, order_id: int) -> Page[ClosureTermOut]:
    """All that an order has ever been known to say, in the order in which it was learned; raises `NotFound`."""
    order = _order(session, actor, institution_id, order_id)
    return Page(items=[telling.term_out(term) for term in orders.terms(session, [order.id], known_now=False)])


def read_closures(
    session: Session, actor: Actor, institution_id: int, at: datetime | None, known_at: datetime | None
) -> ClosuresOut:
    """What held for an institution at a moment, as known at another; both now by default. Raises `NotFound`."""
    lineage = _seen(session, actor, institution_id)
    now = clock.now()
    moment = at or now
    found = load(session, lineage, below=False, since=moment, known_at=known_at)
    return ClosuresOut(
        institution_id=institution_id,
        at=moment,
        known_at=known_at or now,
        whole=telling.state_out(found.at(lineage).whole),
        venues=[
            _venue_out(venue, found.of_venue(lineage, venue)) for venue in venues.in_use(session, [institution_id])
        ],
        orders=telling.holdings_out(session, found.holds, moment, known_at),
    )


def venue_states(
    session: Session,
    institution_id: int,
    venue_ids: Collection[int] | None = None,
    *,
    since: datetime,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> Mapping[int, VenueState]:
    """What holds for venues of a school at the strictest moment of [since, until), by id; all in use by default.

    For the floors above, which have the school in scope. Without ``until``: at ``since``. Venues that are unknown or in
    use no more are left out. Raises `NotFound`.
    """
    lineage, found = _at_school(session, institution_id, since, until, known_at)
    wanted = [one for one in venues.in_use(session, [institution_id]) if venue_ids is None or one.id in venue_ids]
    held = {venue.id: found.of_venue(lineage, venue) for venue in wanted}
    called = telling.names(session, {hold.issuer_id for hold in held.values() if hold is not None})
    return {venue.id: _state(held[venue.id], called, venue) for venue in wanted}


def campus_state(
    session: Session,
    institution_id: int,
    *,
    since: datetime,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> VenueState:
    """What holds for a school as a whole at the strictest moment of [since, until); raises `NotFound`."""
    lineage, found = _at_school(session, institution_id, since, until, known_at)
    hold = found.at(lineage).whole
    return _state(hold, telling.names(session, {hold.issuer_id} if hold else set()), None)


def states_then(session: Session, institution_id: int, moments: Collection[datetime]) -> Mapping[datetime, Then]:
    """What held for a school and its venues at each of some moments, as it was known then; raises `NotFound`.

    A venue that was retired since is still among those of its last day.
    """
    lineage = [one.id for one in institutions.widen_to_ancestors(session, institution_id)]
    used = venues.used_since(session, institution_id, clock.school_day(min(moments))) if moments else []
    found = load_each(session, lineage, moments)
    called = telling.names(session, {hold.issuer_id for one in found.values() for hold in one.holds})
    return {
        moment: _then(
            closures,
            lineage,
            called,
            (one for one in used if one.retired_on is None or one.retired_on >= clock.school_day(moment)),
        )
        for moment, closures in found.items()
    }


def states_ahead(session: Session, institution_id: int, since: datetime, until: datetime) -> Mapping[datetime, Then]:
    """What will hold for a school and its venues from ``since`` and from each later moment on at which that changes.

    In order of time, before ``until``, as far as it has been ordered. Raises `NotFound`.
    """
    lineage, found = _at_school(session, institution_id, since, until, None)
    used = venues.in_use(session, [institution_id])
    called = telling.names(session, {hold.issuer_id for hold in found.holds})
    turns = {moment for hold in found.holds for moment in (hold.since, hold.until) if moment is not None}
    return {
        moment: _then(Closures(hold for hold in found.holds if hold.is_at(moment)), lineage, called, used)
        for moment in sorted({since} | {moment for moment in turns if since < moment < until})
    }


def _then(closures: Closures, lineage: Sequence[int], called: Mapping[int, str], used: Iterable[Venue]) -> Then:
    return Then(
        _state(closures.at(lineage).whole, called, None),
        {venue.id: _state(closures.of_venue(lineage, venue), called, venue) for venue in used},
    )


def _seen(session: Session, actor: Actor, institution_id: int) -> list[int]:
    obtain(session, actor, Action.CLOSURES_READ, Institution, institution_id)
    return [one.id for one in institutions.widen_to_ancestors(session, institution_id)]


def _order(session: Session, actor: Actor, institution_id: int, order_id: int) -> ClosureOrder:
    order = orders.find(session, _seen(session, actor, institution_id), order_id)
    if order is None:
        raise NotFound
    return order


def _at_school(
    session: Session, institution_id: int, since: datetime, until: datetime | None, known_at: datetime | None
) -> tuple[Sequence[int], Closures]:
    lineage = [one.id for one in institutions.widen_to_ancestors(session, institution_id)]
    return lineage, load(session, lineage, below=False, since=since, until=until, known_at=known_at)


def _venue_out(venue: Venue, hold: Hold | None) -> VenueStateOut:
    state: StateOut = telling.state_out(hold)
    return VenueStateOut(venue_id=venue.id, name=venue.name, kind=venue.kind, **state.model_dump())


def _state(hold: Hold | None, called: Mapping[int, str], venue: Venue | None) -> VenueState:
    return VenueState(
        venue_id=venue.id if venue else None,
        name=venue.name if venue else "",
        kind=venue.kind if venue else None,
        campus_id=venue.campus_id if venue else None,
        degree=hold.degree if hold else Degree.OPEN,
        exceptions=hold.exceptions if hold else True,
        order_id=hold.order_id if hold else None,
        number=hold.number if hold else None,
        issuer_id=hold.issuer_id if hold else None,
        issuer_name=called[hold.issuer_id] if hold else None,
    )
