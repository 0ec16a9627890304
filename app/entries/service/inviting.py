"""Codes by which a school lets outsiders ask for entry."""

from sqlalchemy.orm import Session

from app.access.actor import Actor
from app.access.roles import Action
from app.access.service import Facts, obtain, require, visible
from app.audit import service as audit
from app.closures import service as closures
from app.entries.models import InvitationState, VisitInvitation
from app.entries.queries import visits as queries
from app.entries.schemas.visits import IssuedVisitInvitationOut, NewVisitInvitation, VisitInvitationOut
from app.entries.service import filing
from app.entries.workflow import VISIT_INVITATION
from app.institutions.models import Institution
from app.kernel import clock, codes, paging
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.kernel.secrets import vault
from app.kernel.workflow import fire


def invite(session: Session, actor: Actor, institution_id: int, wanted: NewVisitInvitation) -> IssuedVisitInvitationOut:
    """A new code, shown this once; raises `NotFound`, `Forbidden`, `WindowNotPossible`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    require(actor, Action.VISITS_INVITE, Facts(institution_id=institution_id))
    filing.demand_window(wanted)
    demand_venues(session, institution_id, wanted.venue_ids)
    code = codes.new(institution_id)
    row = VisitInvitation(
        institution_id=institution_id,
        code_fingerprint=fingerprint(code),
        state=InvitationState.ISSUED,
        purpose=wanted.purpose,
        venue_ids=wanted.venue_ids,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        uses_left=wanted.uses,
        issued_by=actor.account_id,
        issued_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "visits.invite", "visit_invitation", row.id, institution_id=institution_id)
    return IssuedVisitInvitationOut(**VisitInvitationOut.model_validate(row).model_dump(), code=codes.grouped(code))


def list_invitations(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery
) -> Page[VisitInvitationOut]:
    """The codes that a school has handed out, without the codes; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    statement = queries.of_institution(visible(actor, Action.VISITS_INVITE, VisitInvitation), institution_id)
    rows, following = paging.fetch(session, statement, [VisitInvitation.id], page)
    return Page(items=[VisitInvitationOut.model_validate(row) for row in rows], next=following)


def revoke(session: Session, actor: Actor, invitation_id: int) -> None:
    """Make a code useless; what was asked with it stays. Raises `MoveNotPossible` for one that is."""
    row = obtain(session, actor, Action.VISITS_INVITE, VisitInvitation, invitation_id)
    fire(session, VISIT_INVITATION, VisitInvitation.state, row, "revoke", account_id=actor.account_id)


def fingerprint(code: str) -> bytes:
    """What a code is found by."""
    return vault().fingerprint(code, "visit_invitation.code")


def demand_venues(session: Session, institution_id: int, venue_ids: list[int]) -> None:
    """Raise `NotFound` unless all are venues of the school that are in use."""
    if venue_ids:
        found = closures.venue_states(session, institution_id, venue_ids, since=clock.now())
        if len(found) < len(set(venue_ids)):
            raise NotFound
