"""Visitors: without an account, by the school's code, a confirmed phone and real names; then by a ticket of their own.

A code or ticket names its institution, and nothing of that institution is answered but what hangs on it.
"""

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.closures import service as closures
from app.entries.errors import OutsideInvitation, VisitCodeNotValid
from app.entries.models import EntryKind, EntryRequest, InvitationState, VisitInvitation
from app.entries.queries import requests, visits
from app.entries.schemas.requests import OutsiderIn, Window
from app.entries.schemas.visits import (
    FiledVisitOut,
    TicketIn,
    VenueOut,
    VisitChange,
    VisitFormOut,
    VisitIn,
    VisitOpening,
    VisitOut,
)
from app.entries.service import filing, following, inviting, passing, telling
from app.identity import service as identity
from app.institutions import service as institutions
from app.kernel import clock, codes
from app.kernel.db import Scope, widen
from app.kernel.secrets import vault


def open_form(session: Session, opened: VisitOpening, address: str) -> VisitFormOut:
    """What a code lets its holder ask for; raises `VisitCodeNotValid`, `SignInLocked`."""
    invitation = _invitation(session, opened.code, address)
    institution = institutions.widen_to_ancestors(session, invitation.institution_id)[-1]
    chosen = invitation.venue_ids or None
    states = closures.venue_states(session, institution.id, chosen, since=clock.now())
    return VisitFormOut(
        institution_name=institution.name,
        purpose=invitation.purpose,
        venues=[VenueOut(id=one, name=state.name) for one, state in sorted(states.items())],
        valid_from=invitation.valid_from,
        valid_until=invitation.valid_until,
    )


def ask(session: Session, asked: VisitIn, address: str) -> FiledVisitOut:
    """File a visitor's request and hand out the ticket by which it is followed.

    Raises `VisitCodeNotValid`, `OutsideInvitation`, `Invalid`, `PhoneNotValid`, `CodeRefused`, `SignInLocked`,
    `NotFound` for a venue that the school does not have.
    """
    invitation = _invitation(session, asked.code, address)
    window = Window(**asked.model_dump(include=set(Window.model_fields)), purpose=invitation.purpose)
    _demand_inside(invitation, window)
    visitor = OutsiderIn(**asked.model_dump(include=set(OutsiderIn.model_fields)))
    people = [
        *filing.read_outsiders([visitor], ""),
        *filing.read_outsiders(asked.companions, "/companions"),
    ]
    identity.confirm_phone(session, asked.phone, asked.one_time_code, address)
    if not visits.use(session, invitation, clock.now()):
        raise VisitCodeNotValid
    ticket = codes.new(invitation.institution_id)
    request = filing.draft(
        invitation.institution_id,
        EntryKind.VISITOR,
        None,
        None,
        window,
        invitation_id=invitation.id,
        ticket_fingerprint=_ticket(ticket),
    )
    filing.file(session, None, request, people)
    return FiledVisitOut(**_told(session, request).model_dump(), ticket=codes.grouped(ticket))


def look(session: Session, given: TicketIn, address: str) -> VisitOut:
    """How a visit stands; raises `VisitCodeNotValid`, `SignInLocked`."""
    return _told(session, _request(session, given.ticket, address))


def change(session: Session, changed: VisitChange, address: str) -> VisitOut:
    """Submit a returned visit anew; raises `VisitCodeNotValid`, `MoveNotPossible`, `OutsideInvitation`."""
    request = _request(session, changed.ticket, address, lock=True)
    invitation = session.get_one(VisitInvitation, (request.institution_id, request.invitation_id))
    _demand_inside(invitation, changed)
    filing.change(session, None, request, changed)
    return _told(session, request)


def withdraw(session: Session, given: TicketIn, address: str) -> VisitOut:
    """Take a visit back; raises `VisitCodeNotValid`, `MoveNotPossible`."""
    request = _request(session, given.ticket, address, lock=True)
    following.take_back(session, SYSTEM, request)
    return _told(session, request)


def _invitation(session: Session, text: str, address: str) -> VisitInvitation:
    place = codes.read(text)
    found = None
    if place is not None:
        widen(session, Scope(institutions=frozenset({place[0]})))
        found = visits.by_code(session, place[0], inviting.fingerprint(place[1]))
    now = clock.now()
    if found is not None and found.state is InvitationState.ISSUED and found.uses_left and found.valid_until > now:
        return found
    raise _not_valid(session, text, address)


def _request(session: Session, text: str, address: str, *, lock: bool = False) -> EntryRequest:
    place = codes.read(text)
    found = None
    if place is not None:
        widen(session, Scope(institutions=frozenset({place[0]})))
        found = requests.by_ticket(session, place[0], _ticket(place[1]), lock=lock)
    if found is None:
        raise _not_valid(session, text, address)
    return found


def _not_valid(session: Session, text: str, address: str) -> VisitCodeNotValid:
    """The refusal of a code, counted by the code and by the address as failed sign-ins are; raises `SignInLocked`."""
    tries = identity.tries_of("visit", _ticket(text), address)
    identity.demand_tries(session, tries, settle=True)
    identity.count_failure(session, tries, SYSTEM, None)
    return VisitCodeNotValid()


def _demand_inside(invitation: VisitInvitation, window: Window | VisitChange) -> None:
    inside = invitation.valid_from <= window.valid_from and window.valid_until <= invitation.valid_until
    allowed = not invitation.venue_ids or (window.venue_ids and set(window.venue_ids) <= set(invitation.venue_ids))
    if not inside or not allowed:
        raise OutsideInvitation


def _ticket(code: str) -> bytes:
    return vault().fingerprint(code, "entry_request.ticket")


def _told(session: Session, request: EntryRequest) -> VisitOut:
    institution = institutions.widen_to_ancestors(session, request.institution_id)[-1]
    return VisitOut(
        state=request.state,
        institution_name=institution.name,
        purpose=request.purpose,
        valid_from=request.valid_from,
        valid_until=request.valid_until,
        said=requests.last_reason(session, request.institution_id, request.id),
        persons=telling.people_of(session, request),
        passes=passing.shown(session, request),
    )
