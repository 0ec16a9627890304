"""What holds where: the strictest of all orders on the way from the root down to a place, and of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.closures.models import Venue
from app.closures.queries import orders
from app.closures.schemas import Hold

Key = tuple[int, str | None]  # a place, and the kind of venue in it (None: the whole of it)


class Closures:
    """Orders that hold at some moment, arranged by what they close; empty: everything is open."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        """Of several orders for one thing the strictest is kept."""
        self.holds = sorted(holds, key=lambda hold: hold.strictness, reverse=True)
        self.places = {hold.place_id for hold in self.holds}
        self.naming = {hold.place_id for hold in self.holds if hold.venue_ids is not None}
        self._by_place: dict[Key, Hold] = {}
        self._by_venue: dict[int, Hold] = {}
        for hold in self.holds:
            for venue_id in hold.venue_ids or ():
                self._by_venue.setdefault(venue_id, hold)
            if hold.venue_ids is None:
                for kind in hold.venue_kinds or (None,):
                    self._by_place.setdefault((hold.place_id, kind), hold)

    def whole(self, lineage: Sequence[int]) -> Hold | None:
        """What holds for the whole of the place at the end of ``lineage``."""
        return strictest(self._by_place.get((place, None)) for place in lineage)

    def of_kind(self, lineage: Sequence[int], kind: str) -> Hold | None:
        """What holds there for the venues of a kind, as far as none is named."""
        return strictest([self.whole(lineage), *(self._by_place.get((place, kind)) for place in lineage)])

    def of_venue(self, lineage: Sequence[int], venue: Venue) -> Hold | None:
        """What holds for one venue: by its school, its kind, its campus or its own name."""
        named = (self._by_venue.get(one) for one in (venue.id, venue.campus_id) if one is not None)
        return strictest([self.of_kind(lineage, venue.kind.value), *named])


def strictest(holds: Iterable[Hold | None]) -> Hold | None:
    """The one that prevails."""
    return max((hold for hold in holds if hold is not None), key=lambda hold: hold.strictness, default=None)


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


def _hold(row: Any) -> Hold:
    # An issuer that no longer stands above the place is taken to be as near as the place itself.
    depth = row.lineage.index(row.issuer_id) if row.issuer_id in row.lineage else len(row.lineage)
    return Hold(
        order_id=row.order_id,
        place_id=row.institution_id,
        issuer_id=row.issuer_id,
        number=row.number,
        degree=row.degree,
        exceptions=row.exceptions,
        venue_kinds=None if row.venue_kinds is None else tuple(row.venue_kinds),
        venue_ids=None if row.venue_ids is None else tuple(row.venue_ids),
        since=row.valid_from,
        until=row.valid_to,
        depth=depth,
    )
