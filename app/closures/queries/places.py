"""Statements on the tree, as far as what is closed follows it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, column, func, literal, select, update
from sqlalchemy.orm import Session

from app.closures.models import ClosureOrder, ClosureTerm, SchoolVenues, Venue, VenueKind
from app.institutions.models import Institution, InstitutionKind, InstitutionState

KINDS = tuple(kind.value for kind in VenueKind)
_OPEN_SCHOOLS = (Institution.kind == InstitutionKind.SCHOOL, Institution.state == InstitutionState.OPEN)


def named(session: Session, ids: Collection[int]) -> Mapping[int, Institution]:
    """Those institutions that the scope shows."""
    return {one.id: one for one in session.scalars(select(Institution).where(Institution.id.in_(ids)))}


def open_children(session: Session, institution_id: int) -> Sequence[Institution]:
    """What stands directly below and is open."""
    return session.scalars(
        select(Institution).where(Institution.parent_id == institution_id, Institution.state == InstitutionState.OPEN)
    ).all()


def school_groups(session: Session, institution_id: int, singles: Collection[int]) -> Sequence[Any]:
    """Open schools of a subtree by parent and by child of the institution (NULL: itself), with venues by kind.

    The same orders hold for all schools of one parent (``above`` is its lineage), unless a school has some of its own,
    which makes it a row of its own (``single``). So what a sum costs goes with the offices, not with the schools.
    """
    some = literal(list(singles), ARRAY(BigInteger))
    own = func.unnest(some).table_valued(column("id", BigInteger), name="own").render_derived()
    here = func.array_position(Institution.lineage, literal(institution_id, BigInteger))
    by = (
        own.c.id.label("single"),
        func.trim_array(Institution.lineage, 1).label("above"),
        Institution.lineage[here + 1].label("child"),
    )
    venues = [func.coalesce(func.sum(getattr(SchoolVenues, kind)), 0).label(kind) for kind in KINDS]
    return session.execute(
        select(*by, func.count().label("schools"), *venues)
        .select_from(Institution)
        .outerjoin(SchoolVenues, SchoolVenues.institution_id == Institution.id)
        .outerjoin(own, own.c.id == Institution.id)
        .where(Institution.lineage.contains([institution_id]), *_OPEN_SCHOOLS)
        .group_by(*by)
    ).all()


def schools(institution_id: int) -> Select[Institution]:
    """The open schools of a subtree."""
    return select(Institution).where(Institution.lineage.contains([institution_id]), *_OPEN_SCHOOLS)


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
