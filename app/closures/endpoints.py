"""Venues and closure orders over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.closures import service
from app.closures.models import VenueKind
from app.closures.schemas import (
    AmendmentIn,
    ClosureFiguresOut,
    ClosureOrderIn,
    ClosureOrderOut,
    ClosuresOut,
    ClosureTermOut,
    DecidingOrdersOut,
    LiftingIn,
    SchoolClosuresOut,
    VenueChange,
    VenueIn,
    VenueOut,
)
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import Instant, Page, PathId
from app.kernel.versions import IfMatch

router = APIRouter(route_class=RepeatableRoute)
VenueReader = Annotated[Actor, Allow(Action.VENUES_READ)]
VenueManager = Annotated[Actor, Allow(Action.VENUES_MANAGE)]
Reader = Annotated[Actor, Allow(Action.CLOSURES_READ)]
Orderer = Annotated[Actor, Allow(Action.CLOSURES_ORDER)]
At = Annotated[Instant | None, Query(description="the moment asked about; now, if absent")]
KnownAt = Annotated[Instant | None, Query(description="as it was known at this moment; now, if absent")]


@router.post("/institutions/{institution_id}/venues", operation_id="create_venue", status_code=201, tags=["venues"])
def create_venue(institution_id: PathId, body: VenueIn, session: UnitOfWork, actor: VenueManager) -> VenueOut:
    """Make a campus of a school, or a venue in it."""
    return service.create_venue(session, actor, institution_id, body)


@router.get("/institutions/{institution_id}/venues", operation_id="list_venues", tags=["venues"])
def list_venues(
    institution_id: PathId,
    session: UnitOfWork,
    actor: VenueReader,
    page: Paging,
    *,
    kind: VenueKind | None = None,
    retired: Annotated[bool, Query(description="those that are in use no more as well")] = False,
) -> Page[VenueOut]:
    """The campuses and venues of a school."""
    return service.list_venues(session, actor, institution_id, page, kind=kind, retired=retired)


@router.patch("/venues/{venue_id}", operation_id="change_venue", tags=["venues"])
def change_venue(
    venue_id: PathId, body: VenueChange, session: UnitOfWork, actor: VenueManager, if_match: IfMatch = None
) -> VenueOut:
    """Rename a venue or hang it in another campus."""
    return service.change_venue(session, actor, venue_id, body, if_match)


@router.post("/venues/{venue_id}/retirements", operation_id="retire_venue", status_code=201, tags=["venues"])
def retire_venue(venue_id: PathId, session: UnitOfWork, actor: VenueManager) -> VenueOut:
    """Take a venue out of use for good, today."""
    return service.retire_venue(session, actor, venue_id)


@router.post(
    "/institutions/{institution_id}/closure-orders", operation_id="order_closure", status_code=201, tags=["closures"]
)
def order_closure(institution_id: PathId, body: ClosureOrderIn, session: UnitOfWork, actor: Orderer) -> ClosureOrderOut:
    """Close an institution and all below it: the whole of it, venues of some kinds, or venues of a school by name."""
    return service.order_closure(session, actor, institution_id, body)


@router.get("/institutions/{institution_id}/closure-orders", operation_id="list_closure_orders", tags=["closures"])
def list_closure_orders(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    below: Annotated[bool, Query(description="those for it and what stands below it, instead of above")] = False,
    over: Annotated[
        bool | None, Query(description="those of which nothing holds now or later; false: the others; all by default")
    ] = None,
) -> Page[ClosureOrderOut]:
    """The orders given for an institution or for one above it, with what they say as known now."""
    return service.list_orders(session, actor, institution_id, page, below=below, over=over)


@router.get(
    "/institutions/{institution_id}/closure-orders/{order_id}", operation_id="read_closure_order", tags=["closures"]
)
def read_closure_order(institution_id: PathId, order_id: PathId, session: UnitOfWork, actor: Reader) -> ClosureOrderOut:
    """One order that concerns an institution."""
    return service.read_order(session, actor, institution_id, order_id)


@router.get(
    "/institutions/{institution_id}/closure-orders/{order_id}/terms",
    operation_id="list_closure_terms",
    tags=["closures"],
)
def list_closure_terms(
    institution_id: PathId, order_id: PathId, session: UnitOfWork, actor: Reader
) -> Page[ClosureTermOut]:
    """All that an order has ever said, with the time for which it said so and the time in which that was known."""
    return service.list_terms(session, actor, institution_id, order_id)


@router.post(
    "/institutions/{institution_id}/closure-orders/{order_id}/amendments",
    operation_id="amend_closure",
    status_code=201,
    tags=["closures"],
)
def amend_closure(
    institution_id: PathId,
    order_id: PathId,
    body: AmendmentIn,
    session: UnitOfWork,
    actor: Orderer,
    *,
    if_match: IfMatch = None,
) -> ClosureOrderOut:
    """Say anew what an order says from a moment on; for the level that issued it, or one above."""
    return service.amend_closure(session, actor, institution_id, order_id, body, if_match=if_match)


@router.post(
    "/institutions/{institution_id}/closure-orders/{order_id}/liftings",
    operation_id="lift_closure",
    status_code=201,
    tags=["closures"],
)
def lift_closure(
    institution_id: PathId,
    order_id: PathId,
    body: LiftingIn,
    session: UnitOfWork,
    actor: Orderer,
    *,
    if_match: IfMatch = None,
) -> ClosureOrderOut:
    """End an order; for the level that issued it, or one above. What other orders say holds on."""
    return service.lift_closure(session, actor, institution_id, order_id, body, if_match=if_match)


@router.get("/institutions/{institution_id}/closures", operation_id="read_closures", tags=["closures"])
def read_closures(
    institution_id: PathId, session: UnitOfWork, actor: Reader, at: At = None, known_at: KnownAt = None
) -> ClosuresOut:
    """What holds for an institution and each of its venues, and which order says so: at any moment, as known at any."""
    return service.read_closures(session, actor, institution_id, at, known_at)


@router.get(
    "/institutions/{institution_id}/closures/children", operation_id="list_children_closures", tags=["closures"]
)
def list_children_closures(
    institution_id: PathId, session: UnitOfWork, actor: Reader, at: At = None, known_at: KnownAt = None
) -> ClosureFiguresOut:
    """How many schools and venues are closed, and how strictly: in all, and in each part at the next level."""
    return service.closure_figures(session, actor, institution_id, at, known_at)


@router.get("/institutions/{institution_id}/closures/schools", operation_id="list_school_closures", tags=["closures"])
def list_school_closures(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    at: At = None,
    known_at: KnownAt = None,
) -> SchoolClosuresOut:
    """The schools below an institution, each with the strictest order that holds for the whole of it."""
    return service.school_closures(session, actor, institution_id, page, at=at, known_at=known_at)


@router.get(
    "/institutions/{institution_id}/closures/deciding-orders",
    operation_id="list_deciding_orders",
    tags=["closures"],
)
def list_deciding_orders(
    institution_id: PathId, session: UnitOfWork, actor: Reader, at: At = None, known_at: KnownAt = None
) -> DecidingOrdersOut:
    """All schools below an institution in one answer, by the order that decides what holds for the whole of each."""
    return service.deciding_orders(session, actor, institution_id, at, known_at)
