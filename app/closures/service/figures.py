"""How much is closed: in an institution with all below it, in its parts, school by school. Summed on read.

What holds is the same for all schools of one parent, except for those with orders of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.closures.models import Degree, Venue
from app.closures.queries import places, venues
from app.closures.schemas import (
    ChildClosures,
    ClosureFiguresOut,
    DecidingOrderOut,
    DecidingOrdersOut,
    Degrees,
    Hold,
    SchoolClosureOut,
    SchoolClosuresOut,
)
from app.closures.service import telling
from app.closures.service.effective import Closures, load, load_for
from app.institutions import service as institutions
from app.institutions.models import Institution
from app.kernel import clock, paging

Tally = tuple[Counter[Degree], Counter[Degree]]  # schools, venues


Way = tuple[int, ...]  # from the root to a school, or to the parent of schools for which the same holds


def closure_figures(
    session: Session, actor: Actor, institution_id: int, at: datetime | None, known_at: datetime | None
) -> ClosureFiguresOut:
    """Schools and venues by how strictly they are closed, whole and by part; raises `NotFound`.

    The orders are those of the moment asked for, the schools and venues those of today.
    """
    moment, closures = _closures(session, actor, institution_id, at, known_at)
    tallies: dict[int, Tally] = defaultdict(lambda: (Counter(), Counter()))

    def tally(way: Way) -> Tally:
        return tallies[(*way, institution_id)[way.index(institution_id) + 1]]

    for way, ids in _schools(session, institution_id, closures):
        tally(way)[0][_degree(closures.at(way).whole)] += len(ids)
    named = _named_venues(session, closures)
    for way, counts in _venues(session, institution_id, closures):
        inside = tally(way)[1]
        if way[-1] in named:
            inside.update(_degree(closures.of_venue(way, venue)) for venue in named[way[-1]])
        else:
            _add_venues(inside, closures, way, counts)
    items = _items(session, institution_id, tallies)
    return ClosureFiguresOut(institution_id=institution_id, at=moment, items=items, **_counts(_sum(tallies.values())))


def deciding_orders(
    session: Session, actor: Actor, institution_id: int, at: datetime | None, known_at: datetime | None
) -> DecidingOrdersOut:
    """All open schools of an institution by the order that decides what holds for the whole of each; raises `NotFound`.

    Without names and texts: a province's 14,000 in one answer.
    """
    moment, closures = _closures(session, actor, institution_id, at, known_at)
    found: dict[int | None, tuple[Hold | None, list[int]]] = {}
    for way, ids in _schools(session, institution_id, closures):
        hold = closures.at(way).whole
        found.setdefault(hold.order_id if hold else None, (hold, []))[1].extend(ids)
    items = [_group_out(hold, ids) for hold, ids in found.values()]
    return DecidingOrdersOut(institution_id=institution_id, at=moment, items=items)


def school_closures(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    at: datetime | None,
    known_at: datetime | None,
) -> SchoolClosuresOut:
    """The open schools of an institution with what holds for the whole of each; raises `NotFound`."""
    obtain(session, actor, Action.CLOSURES_READ, Institution, institution_id)
    institutions.widen_to_ancestors(session, institution_id)
    moment = at or clock.now()
    found, following = paging.fetch(session, places.schools(institution_id), [Institution.id], page)
    above = {place for school in found for place in school.lineage}
    closures = load_for(session, above, at=moment, known_at=known_at)
    holds = {school.id: closures.at(school.lineage).whole for school in found}
    used = {hold.order_id: hold for hold in holds.values() if hold is not None}
    return SchoolClosuresOut(
        institution_id=institution_id,
        at=moment,
        orders=telling.holdings_out(session, list(used.values()), moment, known_at),
        items=[_school_out(school, holds[school.id]) for school in found],
        next=following,
    )


def _school_out(school: Institution, hold: Hold | None) -> SchoolClosureOut:
    state = telling.state_out(hold)
    return SchoolClosureOut(institution_id=school.id, name=school.name, degree=state.degree, order_id=state.order_id)


def _closures(
    session: Session, actor: Actor, institution_id: int, at: datetime | None, known_at: datetime | None
) -> tuple[datetime, Closures]:
    obtain(session, actor, Action.CLOSURES_READ, Institution, institution_id)
    lineage = [one.id for one in institutions.widen_to_ancestors(session, institution_id)]
    moment = at or clock.now()
    return moment, load(session, lineage, below=True, since=moment, known_at=known_at)


def _group_out(hold: Hold | None, ids: list[int]) -> DecidingOrderOut:
    ids.sort()
    if hold is None:
        return DecidingOrderOut(
            degree=Degree.OPEN, exceptions=True, order_id=None, number=None, issuer_id=None, institution_ids=ids
        )
    return DecidingOrderOut(
        degree=hold.degree,
        exceptions=hold.exceptions,
        order_id=hold.order_id,
        number=hold.number,
        issuer_id=hold.issuer_id,
        institution_ids=ids,
    )


def _schools(session: Session, institution_id: int, closures: Closures) -> Iterator[tuple[Way, Collection[int]]]:
    """The open schools of a subtree: those with orders of their own, or directly below it, each alone."""
    groups = places.schools_by_parent(session, institution_id)
    ways = places.lineages(session, {group.parent_id for group in groups})
    apart = closures.places | {institution_id}
    for group in groups:
        way = tuple(ways.get(group.parent_id, ()))
        alone = set(group.schools) if group.parent_id == institution_id else apart.intersection(group.schools)
        rest = alone.symmetric_difference(group.schools)
        if rest:
            yield way, rest
        for one in alone:
            yield (*way, one), (one,)


def _venues(session: Session, institution_id: int, closures: Closures) -> Iterator[tuple[Way, Mapping[str, int]]]:
    """The venues of these schools, in the same parts: how many in ``total``, and of each kind that an order names."""
    gone = {*places.gone_schools(session, institution_id)}
    apart = (closures.places | {institution_id}) - gone
    kinds = sorted(closures.kinds)
    sums = places.venue_sums(session, institution_id, apart | gone, kinds)
    ways = places.lineages(session, {row.parent_id for row in sums})
    for row in sums:
        above = tuple(ways.get(row.parent_id, ()))
        yield above if row.single is None else (*above, row.single), _numbers(row, kinds)
    for row in places.venues_of(session, apart, kinds):
        yield tuple(row.lineage), _numbers(row, kinds)


def _numbers(row: Any, kinds: Iterable[str]) -> Mapping[str, int]:
    return {name: int(getattr(row, name)) for name in ("total", *kinds)}


def _named_venues(session: Session, closures: Closures) -> Mapping[int, list[Venue]]:
    """The venues of those schools where an order names some."""
    found: dict[int, list[Venue]] = {school: [] for school in closures.naming}
    for venue in venues.in_use(session, closures.naming):
        found[venue.institution_id].append(venue)
    return found


def _add_venues(inside: Counter[Degree], closures: Closures, way: Way, counts: Mapping[str, int]) -> None:
    within = closures.at(way)
    rest = counts["total"]
    for kind in closures.kinds:
        rest -= counts[kind]
        inside[_degree(within.of_kind(kind))] += counts[kind]
    inside[_degree(within.whole)] += rest


def _degree(hold: Hold | None) -> Degree:
    return hold.degree if hold else Degree.OPEN


def _items(session: Session, institution_id: int, tallies: Mapping[int, Tally]) -> list[ChildClosures]:
    children = {one.id: one for one in places.open_children(session, institution_id)}
    known = {**children, **places.named(session, tallies.keys() - children.keys())}
    none: Tally = (Counter(), Counter())
    return [
        ChildClosures(
            institution_id=one.id,
            name=one.name,
            kind=one.kind,
            itself=one.id == institution_id,
            **_counts(tallies.get(one.id, none)),
        )
        for one in sorted(known.values(), key=lambda one: one.id)
    ]


def _sum(tallies: Iterable[Tally]) -> Tally:
    schools: Counter[Degree] = Counter()
    inside: Counter[Degree] = Counter()
    for one in tallies:
        schools.update(one[0])
        inside.update(one[1])
    return schools, inside


def _counts(tally: Tally) -> dict[str, Degrees]:
    schools, inside = tally
    return {"schools": Degrees(**_words(schools)), "venues": Degrees(**_words(inside))}


def _words(counts: Counter[Degree]) -> dict[str, int]:
    return {degree.value: count for degree, count in counts.items()}
