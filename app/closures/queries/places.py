"""Statements on the tree, as far as what is closed follows it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Label,
    Select,
    all_,
    and_,
    any_,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from app.closures.models import ClosureOrder, ClosureTerm, SchoolVenues, Venue, VenueKind
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Placement
from app.kernel import columns

KINDS = tuple(kind.value for kind in VenueKind)
_ALL_KINDS = reduce(add, (getattr(SchoolVenues, kind) for kind in KINDS))
_OPEN_SCHOOLS = (Institution.kind == InstitutionKind.SCHOOL, Institution.state == InstitutionState.OPEN)


def named(session: Session, ids: Collection[int]) -> Mapping[int, Institution]:
    """Those institutions that the scope shows."""
    return {one.id: one for one in session.scalars(select(Institution).where(Institution.id.in_(ids)))}


def open_children(session: Session, institution_id: int) -> Sequence[Institution]:
    """What stands directly below and is open."""
    return session.scalars(
        select(Institution).where(Institution.parent_id == institution_id, Institution.state == InstitutionState.OPEN)
    ).all()


def schools_by_parent(session: Session, institution_id: int) -> Sequence[Any]:
    """The ids of the open schools of a subtree (``schools``) by ``parent_id``."""
    return session.execute(
        select(Institution.parent_id, func.array_agg(Institution.id).label("schools"))
        .where(Institution.lineage.contains([institution_id]), *_OPEN_SCHOOLS)
        .group_by(Institution.parent_id)
    ).all()


def gone_schools(session: Session, institution_id: int) -> Sequence[int]:
    """The schools of a subtree that are open no more, and may have venues all the same."""
    return session.scalars(
        select(Institution.id).where(
            Institution.kind == InstitutionKind.SCHOOL,
            Institution.state != InstitutionState.OPEN,
            Institution.lineage.contains([institution_id]),
        )
    ).all()


def venue_sums(
    session: Session, institution_id: int, left_out: Collection[int], kinds: Collection[str]
) -> Sequence[Any]:
    """The venues of a subtree's schools without those left out: in ``total`` and of some kinds, by ``parent_id``.

    ``single``: a school by itself, as are those directly below the root of the subtree. From the leaves alone: a join
    with the tree costs as much as all the rest.
    """
    parent = SchoolVenues.lineage[func.cardinality(SchoolVenues.lineage) - 1].label("parent_id")
    single = case((parent == institution_id, SchoolVenues.institution_id)).label("single")
    return session.execute(
        select(parent, single, *(func.sum(one).label(one.name) for one in _counted(kinds)))
        .where(
            any_(SchoolVenues.lineage) == institution_id,
            SchoolVenues.institution_id != all_(literal(list(left_out), ARRAY(BigInteger))),
        )
        .group_by(parent, single)
    ).all()


def venues_of(session: Session, school_ids: Collection[int], kinds: Collection[str]) -> Sequence[Any]:
    """How many venues each of some schools has: in ``total`` and of some kinds, with its ``lineage``."""
    return session.execute(
        select(SchoolVenues.lineage, *_counted(kinds)).where(
            SchoolVenues.institution_id == any_(literal(list(school_ids), ARRAY(BigInteger)))
        )
    ).all()


def _counted(kinds: Collection[str]) -> list[Label[int]]:
    return [_ALL_KINDS.label("total"), *(getattr(SchoolVenues, kind).label(kind) for kind in kinds)]


def lineages(session: Session, ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    """The ways from the root to those institutions that the scope shows, by their ids."""
    rows = session.execute(select(Institution.id, Institution.lineage).where(_among(ids)))
    return {row.id: row.lineage for row in rows}


def _among(ids: Collection[int]) -> ColumnElement[bool]:
    # One parameter: a list of hundreds takes longer to write out than to look up.
    return Institution.id == any_(literal(list(ids), ARRAY(BigInteger)))


def schools(institution_id: int) -> Select[Institution]:
    """The open schools of a subtree."""
    return select(Institution).where(Institution.lineage.contains([institution_id]), *_OPEN_SCHOOLS)


def came_along(session: Session, merged_id: int, into_id: int, on: date) -> Sequence[Institution]:
    """What stood directly below an institution until it merged on a day, and has stood below the other since."""
    before, since = aliased(Placement), aliased(Placement)
    return session.scalars(
        select(Institution)
        .join(since, and_(since.institution_id == Institution.id, since.parent_id == into_id, since.valid_from == on))
        .join(before, and_(before.institution_id == Institution.id, before.parent_id == merged_id))
        .where(before.valid_to == on)
        .order_by(Institution.id)
    ).all()


def follow_tree(session: Session, institution_id: int) -> None:
    """Give what stands in a subtree the lineage that its place has now."""
    place = session.scalars(select(Institution.lineage).where(Institution.id == institution_id)).one()
    for model in (Venue, SchoolVenues, ClosureOrder, ClosureTerm):
        now = columns.rehung(model.lineage, institution_id, place)
        session.execute(
            update(model)
            .where(model.lineage.contains([institution_id]), model.lineage != now)
            .values(lineage=now)
            .execution_options(synchronize_session=False)
        )
