"""Statements on the tree, as far as what is closed follows it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, and_, any_, case, column, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from app.closures.models import ClosureOrder, ClosureTerm, SchoolVenues, Venue, VenueKind
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Placement

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


def school_sums(session: Session, institution_id: int, apart: Collection[int], kinds: Collection[str]) -> Sequence[Any]:
    """How many open schools a subtree has, and venues in them: in ``total``, and of some kinds. By ``parent_id``.

    ``single``: a school by itself, as are those ``apart``, the subtree's root and what stands directly below it.
    """
    # A join: within an expression that is grouped by, a list is gone through from its beginning for each school.
    own = func.unnest(literal(sorted({institution_id, *apart}), ARRAY(BigInteger))).table_valued(
        column("id", BigInteger)
    )
    alone = own.render_derived(name="own")
    single = case((Institution.parent_id == institution_id, Institution.id), else_=alone.c.id)
    by = (Institution.parent_id, single.label("single"))
    venues = [_ALL_KINDS.label("total"), *(getattr(SchoolVenues, kind).label(kind) for kind in kinds)]
    sums = [func.coalesce(func.sum(one), 0).label(one.name) for one in venues]
    return session.execute(
        select(*by, func.count().label("schools"), *sums)
        .select_from(Institution)
        .outerjoin(SchoolVenues, SchoolVenues.institution_id == Institution.id)
        .outerjoin(alone, alone.c.id == Institution.id)
        .where(Institution.lineage.contains([institution_id]), *_OPEN_SCHOOLS)
        .group_by(*by)
    ).all()


def schools_by_parent(session: Session, institution_id: int) -> Sequence[Any]:
    """The ids of the open schools of a subtree (``schools``) by ``parent_id``."""
    return session.execute(
        select(Institution.parent_id, func.array_agg(Institution.id).label("schools"))
        .where(Institution.lineage.contains([institution_id]), *_OPEN_SCHOOLS)
        .group_by(Institution.parent_id)
    ).all()


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
    for model in (Venue, SchoolVenues, ClosureOrder, ClosureTerm):
        session.execute(
            update(model)
            .where(
                model.institution_id == Institution.id,
                Institution.lineage.contains([institution_id]),
                model.lineage != Institution.lineage,
            )
            .values(lineage=Institution.lineage)
            .execution_options(synchronize_session=False)
        )
