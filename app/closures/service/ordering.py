"""Orders: given, amended, lifted. What was known before is kept beside what is known now.

An amendment or a lifting takes all that is known of the time from its moment on out of what is known, and says anew
what holds until then and from then on. So a question has two times: of which moment, and as known when.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action
from app.access.service import Actor, Facts, obtain
from app.audit import service as audit
from app.closures.errors import ClosureOfAbove, ClosureOver, OnlySchoolsHaveVenues
from app.closures.events import ClosureChanged
from app.closures.models import ClosureOrder, ClosureTerm
from app.closures.queries import orders, places, venues
from app.closures.schemas import AmendmentIn, ClosureOrderIn, ClosureOrderOut, LiftingIn, Statement
from app.closures.service import telling
from app.institutions import service as institutions
from app.institutions.errors import NotOpen
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.kernel import clock, events, versions
from app.kernel.errors import FieldError, Invalid, NotFound
from app.kernel.language import pick


def order_closure(session: Session, actor: Actor, institution_id: int, body: ClosureOrderIn) -> ClosureOrderOut:
    """Close an institution with all below it, or venues in it, on the authority of the actor's highest office there.

    Raises `NotFound`, `Forbidden`, `NotOpen`, `OnlySchoolsHaveVenues`, `Invalid` (it would end before it begins, or
    names a venue that is not in use there); the database `ClosureNumberTaken`.
    """
    place = obtain(session, actor, Action.CLOSURES_ORDER, Institution, institution_id, lock=True)
    if place.state is not InstitutionState.OPEN:
        raise NotOpen
    _demand_venues(session, place, body.venue_ids)
    now = clock.now()
    since = body.since or now
    _demand_order(since, body.until)
    order = ClosureOrder(
        institution_id=place.id,
        issuer_id=_issuer(actor, place),
        number=body.number,
        version=1,
        lineage=place.lineage,
    )
    session.add(order)
    session.flush()
    _say(session, actor, order, body, since=since, now=now)
    _changed(session, actor, "closures.order", order, None)
    return _told(session, order, place)


def amend_closure(
    session: Session, actor: Actor, institution_id: int, order_id: int, body: AmendmentIn, *, if_match: str | None
) -> ClosureOrderOut:
    """Say anew what an order says from a moment on.

    Raises what `order_closure` raises, `PreconditionFailed`, `ClosureOfAbove`, and `ClosureOver` where nothing of the
    order holds at that moment or later.
    """
    order, place = _taken(session, actor, institution_id, order_id, if_match)
    _demand_venues(session, place, body.venue_ids)
    known = orders.terms(session, [order.id], known_now=True)
    now = _next_moment(known)
    since = body.since or max(now, min((one.valid_from for one in known), default=now))
    _demand_order(since, body.until)
    _cut(session, known, since, now)
    _say(session, actor, order, body, since=since, now=now, reason=body.reason)
    _changed(session, actor, "closures.amend", order, body.reason)
    return _told(session, order, place)


def lift_closure(
    session: Session, actor: Actor, institution_id: int, order_id: int, body: LiftingIn, *, if_match: str | None
) -> ClosureOrderOut:
    """End an order at a moment; raises `NotFound`, `PreconditionFailed`, `ClosureOfAbove`, `ClosureOver`."""
    order, place = _taken(session, actor, institution_id, order_id, if_match)
    known = orders.terms(session, [order.id], known_now=True)
    now = _next_moment(known)
    _cut(session, known, body.since or now, now, reason=body.reason)
    _changed(session, actor, "closures.lift", order, body.reason)
    return _told(session, order, place)


def _taken(
    session: Session, actor: Actor, institution_id: int, order_id: int, if_match: str | None
) -> tuple[ClosureOrder, Institution]:
    """The order, locked, and its place; the actor has the authority of its issuer."""
    obtain(session, actor, Action.CLOSURES_ORDER, Institution, institution_id)
    lineage = [one.id for one in institutions.widen_to_ancestors(session, institution_id)]
    order = orders.find(session, lineage, order_id, lock=True)
    if order is None:
        raise NotFound
    # Where the place has moved from under the issuer, the level above it now has taken over.
    authority = order.issuer_id if order.issuer_id in order.lineage else order.lineage[-2]
    way = tuple(order.lineage[: order.lineage.index(authority) + 1])
    if not holds(actor, Action.CLOSURES_ORDER, Facts(institution_id=authority, lineage=way)):
        raise ClosureOfAbove(issuer=telling.names(session, [authority])[authority])
    versions.require(order.version, if_match)
    order.version += 1
    return order, places.named(session, [order.institution_id])[order.institution_id]


def _issuer(actor: Actor, place: Institution) -> int:
    """The highest institution above the place for which the actor may order; the place itself for the service."""
    offices = {held.institution_id for _, held in actor.reaches(Action.CLOSURES_ORDER)}
    return next((one for one in place.lineage if one in offices), place.id)


def _demand_venues(session: Session, place: Institution, venue_ids: Sequence[int] | None) -> None:
    if venue_ids is None:
        return
    if place.kind is not InstitutionKind.SCHOOL:
        raise OnlySchoolsHaveVenues
    known = {venue.id for venue in venues.in_use(session, [place.id])}
    unknown = [index for index, one in enumerate(venue_ids) if one not in known]
    if unknown:
        detail = pick("本校没有这个在用的场馆。", "No venue of this school in use.")
        raise Invalid(errors=[FieldError(f"/venue_ids/{index}", "unknown_venue", detail) for index in unknown])


def _demand_order(since: datetime, until: datetime | None) -> None:
    if until is not None and until <= since:
        detail = pick("结束须晚于开始。", "It ends after it begins.")
        raise Invalid(errors=[FieldError("/until", "moments_in_order", detail)])


def _next_moment(known: Sequence[ClosureTerm]) -> datetime:
    """Now, but never before what is known already: clocks of two machines differ."""
    return max([clock.now(), *(one.known_from for one in known)])


def _cut(
    session: Session, known: Sequence[ClosureTerm], since: datetime, now: datetime, *, reason: str | None = None
) -> None:
    """Let nothing be known of the order from ``since`` on; what it says before that is said anew, up to there."""
    later = [one for one in known if one.valid_to is None or one.valid_to > since]
    if not later:
        raise ClosureOver
    orders.supersede(session, later, now)
    kept = [one for one in later if one.valid_from < since]
    if kept:
        orders.add_terms(session, [_shortened(one, since, now, reason) for one in kept])


def _shortened(term: ClosureTerm, until: datetime, now: datetime, reason: str | None) -> dict[str, Any]:
    same = ("institution_id", "order_id", "degree", "exceptions", "venue_kinds", "venue_ids", "text", "valid_from")
    return {
        **{name: getattr(term, name) for name in (*same, "decided_by", "lineage")},
        "valid_to": until,
        "known_from": now,
        "reason": reason or term.reason,
    }


def _say(
    session: Session,
    actor: Actor,
    order: ClosureOrder,
    body: Statement,
    *,
    since: datetime,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Have an order say what ``body`` says, from ``since`` on, as known from ``now`` on."""
    said = body.model_dump(include={"degree", "exceptions", "venue_kinds", "venue_ids", "text"})
    row = {
        **said,
        "institution_id": order.institution_id,
        "order_id": order.id,
        "reason": reason,
        "valid_from": since,
        "valid_to": body.until,
        "known_from": now,
        "decided_by": actor.account_id,
        "lineage": order.lineage,
    }
    orders.add_terms(session, [row])


def _changed(session: Session, actor: Actor, act: str, order: ClosureOrder, reason: str | None) -> None:
    events.record(session, ClosureChanged(order.institution_id, order.id))
    audit.record(
        session,
        actor,
        act,
        "closure_order",
        order.id,
        institution_id=order.institution_id,
        reason=reason,
        details={"issuer_id": order.issuer_id, "version": order.version},
    )


def _told(session: Session, order: ClosureOrder, place: Institution) -> ClosureOrderOut:
    session.flush()
    institutions.widen_to_ancestors(session, place.id)
    return telling.orders_out(session, [order], clock.now())[0]
