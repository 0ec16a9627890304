"""What holds where: the strictest of all orders on the way from the root down to a place, and of its own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.closures.models import RANKS, Venue
from app.closures.queries import orders
from app.closures.schemas import Hold


@dataclass(slots=True)
class Within:
    """What holds in a place: for the whole of it, and for venues of those kinds that an order names."""

    whole: Hold | None = None
    named_kinds: dict[str, Hold] = field(default_factory=dict)

    def of_kind(self, kind: str) -> Hold | None:
        """What holds for venues of one kind."""
        return stricter(self.whole, self.named_kinds.get(kind))

    def under(self, above: "Within") -> "Within":
        """The same with what holds in the place above."""
        kinds = above.named_kinds
        if self.named_kinds:
            kinds = kinds | {kind: stricter(kinds.get(kind), hold) or hold for kind, hold in self.named_kinds.items()}
        return Within(stricter(above.whole, self.whole), kinds)


_OPEN = Within()


class Closures:
    """Orders that hold at some moment, arranged by what they close; empty: everything is open."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        """Of several orders for one thing the strictest is kept."""
        self.holds = sorted(holds, key=_precedence)
        self.places = {hold.place_id for hold in self.holds}
        self.naming = {hold.place_id for hold in self.holds if hold.venue_ids is not None}
        self.kinds = {kind for hold in self.holds for kind in hold.venue_kinds or ()}
        self._own: dict[int, Within] = {}
        self._named: dict[int, Hold] = {}
        self._found: dict[int, Within] = {}
        for hold in self.holds:
            own = self._own.setdefault(hold.place_id, Within())
            for venue_id in hold.venue_ids or ():
                self._named.setdefault(venue_id, hold)
            for kind in hold.venue_kinds or ():
                own.named_kinds.setdefault(kind, hold)
            if hold.venue_ids is None and hold.venue_kinds is None:
                own.whole = own.whole or hold

    def at(self, lineage: Sequence[int]) -> Within:
        """What holds at the end of ``lineage``. What holds above it is looked for once, however many stand below."""
        if not lineage:
            return _OPEN
        place = lineage[-1]
        found = self._found.get(place)
        if found is None:
            above, own = self.at(lineage[:-1]), self._own.get(place)
            found = self._found[place] = above if own is None else own.under(above)
        return found

    def of_venue(self, lineage: Sequence[int], venue: Venue) -> Hold | None:
        """What holds for one venue: by its school, its kind, its campus or its own name."""
        named = stricter(self._named.get(venue.id), self._named.get(venue.campus_id or 0))
        return stricter(self.at(lineage).of_kind(venue.kind.value), named)


def _precedence(hold: Hold) -> Any:
    return hold.precedence


def stricter(one: Hold | None, other: Hold | None) -> Hold | None:
    """The one of two that prevails."""
    if one is None or other is None:
        return one or other
    return one if one.precedence < other.precedence else other


def load(
    session: Session,
    lineage: Sequence[int],
    *,
    below: bool,
    since: datetime,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> Closures:
    """The orders that hold at some moment of [since, until) for the end of ``lineage``, or for what is ``below`` it."""
    rows = orders.holding(session, lineage, below=below, since=since, until=until, known_at=known_at)
    return Closures(_hold(row) for row in rows)


def load_each(session: Session, lineage: Sequence[int], moments: Collection[datetime]) -> dict[datetime, Closures]:
    """The orders that held for the end of ``lineage`` at each of some moments, as far as they were known then."""
    rows = orders.spanning(session, lineage, min(moments), max(moments)) if moments else []
    terms = [(_hold(row[:-2]), row.known_from, row.known_to) for row in rows]

    def at(moment: datetime) -> Iterable[Hold]:
        for hold, known_from, known_to in terms:
            known = known_from <= moment and (known_to is None or known_to > moment)
            if known and hold.is_at(moment):
                yield hold

    return {moment: Closures(at(moment)) for moment in moments}


def load_for(session: Session, places: Collection[int], *, at: datetime, known_at: datetime | None) -> Closures:
    """The orders that hold at a moment for any of these places themselves."""
    return Closures(
        _hold(row) for row in orders.holding(session, sorted(places), below=False, since=at, known_at=known_at)
    )


def _hold(row: Any) -> Hold:
    # Taken apart at once: a province has thousands of these, and a look-up by name costs more than what is looked up.
    order_id, place_id, issuer_id, number, degree, exceptions, kinds, venue_ids, since, until, depth = row
    return Hold(
        order_id,
        place_id,
        issuer_id,
        number,
        degree,
        exceptions,
        None if kinds is None else tuple(kinds),
        None if venue_ids is None else tuple(venue_ids),
        since,
        until,
        # Of equally strict orders the one from furthest above counts.
        (-RANKS[degree], exceptions, depth, since, order_id),
    )
