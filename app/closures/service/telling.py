"""Orders and what holds, as they are answered."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.closures.models import ClosureOrder, ClosureTerm, Degree
from app.closures.queries import orders, places
from app.closures.schemas import ClosureOrderOut, ClosureTermOut, Hold, HoldingOut, StateOut

_STRANGER = "—"


def names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """What institutions are called, — for those that the scope does not show."""
    known = places.named(session, ids)
    return {one: known[one].name if one in known else _STRANGER for one in ids}


def orders_out(session: Session, found: Sequence[ClosureOrder], now: datetime) -> list[ClosureOrderOut]:
    """Orders with what they say as known now."""
    said: dict[int, list[ClosureTerm]] = {order.id: [] for order in found}
    for term in orders.terms(session, said.keys(), known_now=True):
        said[term.order_id].append(term)
    called = names(session, {one for order in found for one in (order.institution_id, order.issuer_id)})
    return [
        ClosureOrderOut(
            id=order.id,
            institution_id=order.institution_id,
            institution_name=called[order.institution_id],
            issuer_id=order.issuer_id,
            issuer_name=called[order.issuer_id],
            number=order.number,
            in_force=any(_covers(term, now) for term in said[order.id]),
            terms=[term_out(term) for term in sorted(said[order.id], key=lambda term: term.valid_from)],
            version=order.version,
        )
        for order in found
    ]


def term_out(term: ClosureTerm) -> ClosureTermOut:
    """A term with its two times."""
    return ClosureTermOut(
        degree=term.degree,
        exceptions=term.exceptions,
        venue_kinds=term.venue_kinds,
        venue_ids=term.venue_ids,
        text=term.text,
        reason=term.reason,
        since=term.valid_from,
        until=term.valid_to,
        known_from=term.known_from,
        known_to=term.known_to,
    )


def holdings_out(session: Session, holds: Sequence[Hold], at: datetime, known_at: datetime | None) -> list[HoldingOut]:
    """Orders as they hold at a moment, in the order given."""
    texts = orders.texts(session, {hold.order_id for hold in holds}, at, known_at)
    called = names(session, {hold.issuer_id for hold in holds})
    return [
        HoldingOut(
            order_id=hold.order_id,
            institution_id=hold.place_id,
            issuer_id=hold.issuer_id,
            issuer_name=called[hold.issuer_id],
            number=hold.number,
            text=texts[hold.order_id],
            degree=hold.degree,
            exceptions=hold.exceptions,
            venue_kinds=None if hold.venue_kinds is None else list(hold.venue_kinds),
            venue_ids=None if hold.venue_ids is None else list(hold.venue_ids),
            since=hold.since,
            until=hold.until,
        )
        for hold in holds
    ]


def state_out(hold: Hold | None) -> StateOut:
    """What a hold, or none, means."""
    if hold is None:
        return StateOut(degree=Degree.OPEN, exceptions=True, order_id=None)
    return StateOut(degree=hold.degree, exceptions=hold.exceptions, order_id=hold.order_id)


def _covers(term: ClosureTerm, moment: datetime) -> bool:
    return term.valid_from <= moment and (term.valid_to is None or term.valid_to > moment)
