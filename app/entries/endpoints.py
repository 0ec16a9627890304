"""Entries over HTTP: requests, decisions, deputies, visitors, duty rosters."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.entries import service
from app.entries.models import RequestState
from app.entries.schemas.decisions import (
    BulkOut,
    BulkVerdictIn,
    DecisionOut,
    DelegationIn,
    DelegationOut,
    ReferralOut,
    StepVerdictIn,
    VerdictIn,
)
from app.entries.schemas.requests import (
    EntryBriefOut,
    EntryChange,
    EntryIn,
    EntryOut,
    HealthRecordsOut,
    UnitEntryIn,
)
from app.entries.schemas.visits import (
    FiledVisitOut,
    IssuedVisitInvitationOut,
    NewVisitInvitation,
    RosterIn,
    ShiftOut,
    TicketIn,
    VisitChange,
    VisitFormOut,
    VisitIn,
    VisitInvitationOut,
    VisitOpening,
    VisitOut,
)
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import REPEATABLE, RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.requests import SECRET, ClientAddress
from app.kernel.schemas import Instant, Page, PathId
from app.kernel.versions import IfMatch

router = APIRouter()
entries = APIRouter(route_class=RepeatableRoute, tags=["entries"])
delegations = APIRouter(route_class=RepeatableRoute, tags=["entry delegations"])
visits = APIRouter(route_class=RepeatableRoute, tags=["visits"])
duties = APIRouter(route_class=RepeatableRoute, tags=["duty rosters"])

Asker = Annotated[Actor, Allow(Action.ENTRIES_REQUEST)]
Follower = Annotated[Actor, Allow(Action.ENTRIES_FOLLOW)]
Reader = Annotated[Actor, Allow(Action.ENTRIES_READ)]
Approver = Annotated[Actor, Allow(Action.ENTRIES_APPROVE)]
Releaser = Annotated[Actor, Allow(Action.ENTRIES_RELEASE)]
Delegator = Annotated[Actor, Allow(Action.ENTRIES_DELEGATE)]
Deputy = Annotated[Actor, Allow(Action.ENTRIES_DEPUTISE)]
Inviter = Annotated[Actor, Allow(Action.VISITS_INVITE)]
RosterReader = Annotated[Actor, Allow(Action.DUTIES_READ)]
RosterManager = Annotated[Actor, Allow(Action.DUTIES_MANAGE)]
InState = Annotated[RequestState | None, Query(description="any, if absent")]
OPEN = {"x-open": True}  # the code or the ticket is the credential


@entries.post("/institutions/{institution_id}/entry-requests", operation_id="request_entry", status_code=201)
def request_entry(institution_id: PathId, body: EntryIn, session: UnitOfWork, actor: Asker) -> EntryOut:
    """Ask for entry for yourself, a child, or a list; rules answer at once, then the steps of approval follow."""
    return service.ask(session, actor, institution_id, body)


@entries.post("/units/{unit_id}/entry-requests", operation_id="request_unit_entry", status_code=201)
def request_unit_entry(unit_id: PathId, body: UnitEntryIn, session: UnitOfWork, actor: Asker) -> EntryOut:
    """Ask for a class or department (an early return); whoever a rule keeps out is named, the rest is decided on."""
    return service.ask_for_unit(session, actor, unit_id, body)


@entries.get("/institutions/{institution_id}/entry-requests", operation_id="list_entry_requests")
def list_entry_requests(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    state: InState = None,
    awaiting_me: Annotated[
        bool, Query(description="only those whose open step is for a role of yours and has not heard you")
    ] = False,
) -> Page[EntryBriefOut]:
    """The requests of a school that you may see."""
    return service.list_requests(session, actor, institution_id, page, state=state, awaiting_me=awaiting_me)


@entries.get("/entry-requests/{request_id}", operation_id="read_entry_request")
def read_entry_request(request_id: PathId, session: UnitOfWork, actor: Reader) -> EntryOut:
    """A request with its persons, what keeps them out, and its steps."""
    return service.read_request(session, actor, request_id)


@entries.get("/entry-requests/{request_id}/health-records", operation_id="list_entry_health_records")
def list_entry_health_records(request_id: PathId, session: UnitOfWork, actor: Approver) -> HealthRecordsOut:
    """The health answers and the last days' readings of those who ask; the look is recorded."""
    return service.health(session, actor, request_id)


@entries.post("/entry-requests/{request_id}/decisions", operation_id="decide_entry_request")
def decide_entry_request(request_id: PathId, body: StepVerdictIn, session: UnitOfWork, actor: Approver) -> DecisionOut:
    """Approve, refuse or return for change, on the step that you have seen open."""
    return service.decide_in_school(session, actor, request_id, body)


@entries.post("/institutions/{institution_id}/entry-decisions", operation_id="decide_entry_requests")
def decide_entry_requests(institution_id: PathId, body: BulkVerdictIn, session: UnitOfWork, actor: Approver) -> BulkOut:
    """Decide on many requests at once; each is answered for itself."""
    return service.decide_many(session, actor, institution_id, body)


@entries.get("/institutions/{institution_id}/entry-referrals", operation_id="list_entry_referrals")
def list_entry_referrals(
    institution_id: PathId, session: UnitOfWork, actor: Releaser, page: Paging
) -> Page[ReferralOut]:
    """The steps that wait for an office: kinds and figures, no names."""
    return service.list_referrals(session, actor, institution_id, page)


@entries.post("/entry-referrals/{referral_id}/decisions", operation_id="decide_entry_referral")
def decide_entry_referral(referral_id: PathId, body: VerdictIn, session: UnitOfWork, actor: Releaser) -> ReferralOut:
    """Decide for the level above."""
    return service.decide_above(session, actor, referral_id, body)


@entries.get("/me/entry-requests", operation_id="list_own_entry_requests")
def list_own_entry_requests(
    session: UnitOfWork, actor: Follower, page: Paging, state: InState = None
) -> Page[EntryBriefOut]:
    """The requests that you have filed, newest first."""
    return service.list_own(session, actor, page, state=state)


@entries.get("/me/entry-requests/{request_id}", operation_id="read_own_entry_request")
def read_own_entry_request(request_id: PathId, session: UnitOfWork, actor: Follower) -> EntryOut:
    """How a request of yours stands, and what its last decision said."""
    return service.read_own(session, actor, request_id)


@entries.put("/me/entry-requests/{request_id}", operation_id="resubmit_entry_request")
def resubmit_entry_request(
    request_id: PathId, body: EntryChange, session: UnitOfWork, actor: Follower, if_match: IfMatch = None
) -> EntryOut:
    """Submit a returned request anew; all steps are asked again."""
    return service.change(session, actor, request_id, body, if_match)


@entries.post("/me/entry-requests/{request_id}/withdrawals", operation_id="withdraw_entry_request")
def withdraw_entry_request(request_id: PathId, session: UnitOfWork, actor: Follower) -> EntryOut:
    """Take a request back, whether it was approved or not; passes that it has given end."""
    return service.withdraw(session, actor, request_id)


@delegations.post(
    "/institutions/{institution_id}/entry-delegations", operation_id="delegate_entry_decisions", status_code=201
)
def delegate_entry_decisions(
    institution_id: PathId, body: DelegationIn, session: UnitOfWork, actor: Delegator
) -> DelegationOut:
    """Name a deputy for some days, for yourself or, leading the place, for a colleague."""
    return service.delegate(session, actor, institution_id, body)


@delegations.get("/institutions/{institution_id}/entry-delegations", operation_id="list_entry_delegations")
def list_entry_delegations(
    institution_id: PathId, session: UnitOfWork, actor: Delegator, page: Paging
) -> Page[DelegationOut]:
    """Who stands in for whom, now and later."""
    return service.list_delegations(session, actor, institution_id, page)


@delegations.delete("/entry-delegations/{delegation_id}", operation_id="revoke_entry_delegation", status_code=204)
def revoke_entry_delegation(delegation_id: PathId, session: UnitOfWork, actor: Delegator) -> None:
    """End a delegation now."""
    service.revoke_delegation(session, actor, delegation_id)


@delegations.get("/me/entry-delegations", operation_id="list_own_entry_delegations")
def list_own_entry_delegations(session: UnitOfWork, actor: Deputy, page: Paging) -> Page[DelegationOut]:
    """For whom you stand in."""
    return service.list_own_delegations(session, actor, page)


@delegations.get("/me/entry-delegations/{delegation_id}/referrals", operation_id="list_deputised_referrals")
def list_deputised_referrals(
    delegation_id: PathId, session: UnitOfWork, actor: Deputy, page: Paging
) -> Page[ReferralOut]:
    """The open steps on which you may decide as a deputy."""
    return service.list_deputised(session, actor, delegation_id, page)


@delegations.get(
    "/me/entry-delegations/{delegation_id}/entry-requests/{request_id}", operation_id="read_deputised_request"
)
def read_deputised_request(delegation_id: PathId, request_id: PathId, session: UnitOfWork, actor: Deputy) -> EntryOut:
    """A request of the school on which you may decide as a deputy."""
    return service.read_deputised(session, actor, delegation_id, request_id)


@delegations.get(
    "/me/entry-delegations/{delegation_id}/entry-requests/{request_id}/health-records",
    operation_id="list_deputised_health_records",
)
def list_deputised_health_records(
    delegation_id: PathId, request_id: PathId, session: UnitOfWork, actor: Deputy
) -> HealthRecordsOut:
    """The health of those who ask, for a deputy; the look is recorded."""
    return service.deputised_health(session, actor, delegation_id, request_id)


@delegations.post("/me/entry-delegations/{delegation_id}/decisions", operation_id="decide_as_deputy")
def decide_as_deputy(delegation_id: PathId, body: StepVerdictIn, session: UnitOfWork, actor: Deputy) -> ReferralOut:
    """Decide in the place of whoever holds the role."""
    return service.decide_as_deputy(session, actor, delegation_id, body)


@visits.post(
    "/institutions/{institution_id}/visit-invitations",
    operation_id="issue_visit_invitation",
    status_code=201,
    dependencies=SECRET,
)
def issue_visit_invitation(
    institution_id: PathId, body: NewVisitInvitation, session: UnitOfWork, actor: Inviter
) -> IssuedVisitInvitationOut:
    """Make a code by which outsiders may ask for entry; it is shown this once."""
    return service.invite(session, actor, institution_id, body)


@visits.get("/institutions/{institution_id}/visit-invitations", operation_id="list_visit_invitations")
def list_visit_invitations(
    institution_id: PathId, session: UnitOfWork, actor: Inviter, page: Paging
) -> Page[VisitInvitationOut]:
    """The codes that a school has handed out, without the codes."""
    return service.list_invitations(session, actor, institution_id, page)


@visits.delete("/visit-invitations/{invitation_id}", operation_id="revoke_visit_invitation", status_code=204)
def revoke_visit_invitation(invitation_id: PathId, session: UnitOfWork, actor: Inviter) -> None:
    """Make a code useless."""
    service.revoke_invitation(session, actor, invitation_id)


@visits.post("/visit-forms", operation_id="open_visit_form", openapi_extra=OPEN)
def open_visit_form(body: VisitOpening, session: UnitOfWork, address: ClientAddress) -> VisitFormOut:
    """What a visitor may ask for with a code; wrong codes count as failed sign-ins do."""
    return service.open_visit_form(session, body, address)


@visits.post(
    "/visits", operation_id="request_visit", status_code=201, openapi_extra=OPEN, dependencies=[*SECRET, REPEATABLE]
)
def request_visit(body: VisitIn, session: UnitOfWork, address: ClientAddress) -> FiledVisitOut:
    """Ask for entry as an outsider: code, phone confirmed by a one-time code, real names; the ticket follows it up."""
    return service.ask_as_visitor(session, body, address)


@visits.post("/visits/lookups", operation_id="read_visit", openapi_extra=OPEN, dependencies=SECRET)
def read_visit(body: TicketIn, session: UnitOfWork, address: ClientAddress) -> VisitOut:
    """How a visit stands."""
    return service.look_at_visit(session, body, address)


@visits.post("/visits/changes", operation_id="resubmit_visit", openapi_extra=OPEN, dependencies=[*SECRET, REPEATABLE])
def resubmit_visit(body: VisitChange, session: UnitOfWork, address: ClientAddress) -> VisitOut:
    """Submit a returned visit anew."""
    return service.change_visit(session, body, address)


@visits.post(
    "/visits/withdrawals", operation_id="withdraw_visit", openapi_extra=OPEN, dependencies=[*SECRET, REPEATABLE]
)
def withdraw_visit(body: TicketIn, session: UnitOfWork, address: ClientAddress) -> VisitOut:
    """Take a visit back."""
    return service.withdraw_visit(session, body, address)


@duties.post("/institutions/{institution_id}/duty-shifts", operation_id="roster_duty", status_code=201)
def roster_duty(institution_id: PathId, body: RosterIn, session: UnitOfWork, actor: RosterManager) -> Page[ShiftOut]:
    """Put staff on duty: they enter by their shifts, without a request."""
    return service.roster(session, actor, institution_id, body)


@duties.get("/institutions/{institution_id}/duty-shifts", operation_id="list_duty_shifts")
def list_duty_shifts(
    institution_id: PathId,
    session: UnitOfWork,
    actor: RosterReader,
    page: Paging,
    *,
    since: Annotated[Instant | None, Query(alias="from", description="now, if absent")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="31 days from now, if absent")] = None,
) -> Page[ShiftOut]:
    """Who is on duty in a time."""
    return service.list_shifts(session, actor, institution_id, page, since=since, until=until)


@duties.delete("/duty-shifts/{shift_id}", operation_id="cancel_duty_shift", status_code=204)
def cancel_duty_shift(shift_id: PathId, session: UnitOfWork, actor: RosterManager) -> None:
    """Take a shift off the roster before it begins."""
    service.cancel_shift(session, actor, shift_id)


for part in (entries, delegations, visits, duties):
    router.include_router(part)
