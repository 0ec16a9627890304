"""Passes and the gate over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.gates import service
from app.gates.schemas.events import (
    GateEventOut,
    GateEventsIn,
    GateEventsOut,
    GateKitOut,
    InsideOut,
    InsiderOut,
    WalkUpIn,
    WalkUpOut,
)
from app.gates.schemas.passes import PassOut, PassSummaryOut, RevocationIn, RevocationsOut
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import BIGGEST_ID, Day, Instant, Page, PathId

passes = APIRouter(route_class=RepeatableRoute, tags=["passes"])
gate = APIRouter(route_class=RepeatableRoute, tags=["gate"])
Shower = Annotated[Actor, Allow(Action.PASSES_SHOW)]
PassReader = Annotated[Actor, Allow(Action.PASSES_READ)]
Revoker = Annotated[Actor, Allow(Action.PASSES_REVOKE)]
Guard = Annotated[Actor, Allow(Action.GATE_WORK)]
Watcher = Annotated[Actor, Allow(Action.GATE_READ)]
Id = Annotated[int | None, Query(ge=1, le=BIGGEST_ID)]


@passes.get("/me/passes", operation_id="list_my_passes")
def list_my_passes(session: UnitOfWork, actor: Shower, page: Paging) -> Page[PassOut]:
    """The passes that you may show, each with the text of its QR code."""
    return service.list_my_passes(session, actor, page)


@passes.get("/me/passes/{pass_id}/sheets", operation_id="print_own_pass", response_class=HTMLResponse)
def print_own_pass(pass_id: PathId, session: UnitOfWork, actor: Shower) -> str:
    """A pass of yours on paper."""
    return service.print_own_pass(session, actor, pass_id)


@passes.get("/institutions/{institution_id}/passes", operation_id="list_passes")
def list_passes(institution_id: PathId, session: UnitOfWork, actor: PassReader, page: Paging) -> Page[PassSummaryOut]:
    """The passes of a school, used, revoked and run out ones among them."""
    return service.list_passes(session, actor, institution_id, page)


@passes.get("/passes/{pass_id}/sheets", operation_id="print_pass", response_class=HTMLResponse)
def print_pass(pass_id: PathId, session: UnitOfWork, actor: PassReader) -> str:
    """A pass on paper, for somebody without a phone."""
    return service.print_pass(session, actor, pass_id)


@passes.post("/passes/{pass_id}/revocations", operation_id="revoke_pass", status_code=201)
def revoke_pass(pass_id: PathId, body: RevocationIn, session: UnitOfWork, actor: Revoker) -> PassSummaryOut:
    """Let a pass admit nobody any more."""
    return service.revoke_pass(session, actor, pass_id, body)


@gate.get("/institutions/{institution_id}/gate-kits/current", operation_id="read_gate_kit")
def read_gate_kit(institution_id: PathId, session: UnitOfWork, actor: Guard) -> GateKitOut:
    """What a guard's phone keeps for when there is no network."""
    return service.read_kit(session, actor, institution_id)


@gate.get("/institutions/{institution_id}/pass-revocations", operation_id="list_pass_revocations")
def list_pass_revocations(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Guard,
    since: Annotated[Instant | None, Query(description="`as_of` of the answer before; everything, if absent")] = None,
) -> RevocationsOut:
    """Passes that were revoked before they ran out, since a guard's phone last asked."""
    return service.revocations(session, actor, institution_id, since)


@gate.post("/institutions/{institution_id}/gate-events", operation_id="submit_gate_events")
def submit_gate_events(institution_id: PathId, body: GateEventsIn, session: UnitOfWork, actor: Guard) -> GateEventsOut:
    """Scan and measure: in, or away. Or send what was decided without a network; each event lands once."""
    return service.submit_events(session, actor, institution_id, body)


@gate.get("/institutions/{institution_id}/gate-events", operation_id="list_gate_events")
def list_gate_events(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Watcher,
    page: Paging,
    *,
    day: Day | None = None,
    venue_id: Id = None,
    pass_id: Id = None,
    person_id: Id = None,
) -> Page[GateEventOut]:
    """Who went in and out of a school, and who was turned away, in order of time."""
    return service.list_events(
        session, actor, institution_id, page, day=day, venue_id=venue_id, pass_id=pass_id, person_id=person_id
    )


@gate.post("/institutions/{institution_id}/walk-ups", operation_id="register_walk_up", status_code=201)
def register_walk_up(institution_id: PathId, body: WalkUpIn, session: UnitOfWork, actor: Guard) -> WalkUpOut:
    """Register a visitor at the gate and get a pass for today, while the campus is not closed to society."""
    return service.register_walk_up(session, actor, institution_id, body)


@gate.get("/institutions/{institution_id}/insiders", operation_id="list_insiders")
def list_insiders(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Watcher,
    page: Paging,
    *,
    area_id: Annotated[
        int | None, Query(ge=0, le=BIGGEST_ID, description="a campus or venue; 0: the school as a whole")
    ] = None,
    overstayed: Annotated[bool, Query(description="only those who should have left")] = False,
) -> Page[InsiderOut]:
    """Who is inside a school, a campus or a venue now, longest first."""
    return service.list_insiders(session, actor, institution_id, page, area_id=area_id, overstayed=overstayed)


@gate.get("/institutions/{institution_id}/insiders/children", operation_id="list_children_inside")
def list_children_inside(
    institution_id: PathId, session: UnitOfWork, actor: Annotated[Actor, Allow(Action.ROLLUPS_READ)]
) -> InsideOut:
    """How many are inside now, in an institution with all below it and in each part at the next level."""
    return service.inside_figures(session, actor, institution_id)


router = APIRouter()
router.include_router(passes)
router.include_router(gate)
