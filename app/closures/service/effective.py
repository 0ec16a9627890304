"""What holds where: the strictest of all orders on the way from the root down to a place, and of its own."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.closures.models import Venue
from app.closures.queries import orders
from app.closures.schemas import Hold


class Closures:
    """Orders that hold at some moment, arranged by what they close; empty: everything is open."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        """Of several orders for one thing the strictest is kept."""
        self.holds = sorted(holds, key=lambda hold: hold.strictness, reverse=True)
        self.places = {hold.place_id for hold in self.holds}
        self.naming = {hold.place_id for hold in self.holds if hold.venue_ids is not None}
        self._whole: dict[int, Hold] = {}
        self._kinds: dict[int, dict[str, Hold]] = {}
        self._named: dict[int, Hold] = {}
        for hold in self.holds:
            for venue_id in hold.venue_ids or ():
                self._named.setdefault(venue_id, hold)
            for kind in hold.venue_kinds or ():
                self._kinds.setdefault(hold.place_id, {}).setdefault(kind, hold)
            if hold.venue_ids is None and hold.venue_kinds is None:
                self._whole.setdefault(hold.place_id, hold)

    def whole(self, lineage: Sequence[int]) -> Hold | None:
        """What holds for the whole of the place at the end of ``lineage``."""
        return strictest([self._whole[place] for place in lineage if place in self._whole])

    def kinds(self, lineage: Sequence[int]) -> dict[str, Hold]:
        """What holds there for venues of those kinds that an order names; for the others, what holds for the whole."""
        found: dict[str, list[Hold]] = {}
        for place in lineage:
            for kind, hold in self._kinds.get(place, {}).items():
                found.setdefault(kind, []).append(hold)
        whole = self.whole(lineage) if found else None
        return {kind: max([*holds, whole or holds[0]], key=_strictness) for kind, holds in found.items()}

    def of_venue(self, lineage: Sequence[int], venue: Venue) -> Hold | None:
        """What holds for one venue: by its school, its kind, its campus or its own name."""
        named = [self._named.get(one) for one in (venue.id, venue.campus_id) if one is not None]
        return strictest([self.whole(lineage), self.kinds(lineage).get(venue.kind.value), *named])


def _strictness(hold: Hold) -> Any:
    return hold.strictness


def strictest(holds: Iterable[Hold | None]) -> Hold | None:
    """The one that prevails."""
    return max((hold for hold in holds if hold is not None), key=_strictness, default=None)


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


def load_for(session: Session, places: Collection[int], *, at: datetime, known_at: datetime | None) -> Closures:
    """The orders that hold at a moment for any of these places themselves."""
    return Closures(
        _hold(row) for row in orders.holding(session, sorted(places), below=False, since=at, known_at=known_at)
    )


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
