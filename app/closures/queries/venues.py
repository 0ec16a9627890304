"""Statements on venues."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.closures.models import SchoolVenues, Venue, VenueKind


def narrowed(statement: Select[Venue], institution_id: int, *, kind: VenueKind | None, retired: bool) -> Select[Venue]:
    """Venues of one school, of one kind where asked; those in use no more only where asked for."""
    statement = statement.where(Venue.institution_id == institution_id)
    if kind is not None:
        statement = statement.where(Venue.kind == kind)
    return statement if retired else statement.where(Venue.retired_on.is_(None))


def in_use(session: Session, institution_ids: Collection[int]) -> Sequence[Venue]:
    """The venues that schools use, in the order in which they were made."""
    return session.scalars(
        select(Venue).where(Venue.institution_id.in_(institution_ids), Venue.retired_on.is_(None)).order_by(Venue.id)
    ).all()


def used_since(session: Session, institution_id: int, day: date) -> Sequence[Venue]:
    """The venues that a school uses, and those that it used until a day or later."""
    return session.scalars(
        select(Venue)
        .where(Venue.institution_id == institution_id, or_(Venue.retired_on.is_(None), Venue.retired_on >= day))
        .order_by(Venue.id)
    ).all()


def find(session: Session, institution_id: int, venue_id: int) -> Venue | None:
    """A venue of one school."""
    return session.get(Venue, (institution_id, venue_id))


def count_in_campus(session: Session, campus: Venue) -> int:
    """How many venues in use stand in a campus."""
    return session.scalars(
        select(func.count()).where(
            Venue.institution_id == campus.institution_id, Venue.campus_id == campus.id, Venue.retired_on.is_(None)
        )
    ).one()


def recount(session: Session, institution_id: int, lineage: Sequence[int]) -> None:
    """Bring a school's leaf in line with its venues; whoever changes them holds the school."""
    counts = {
        kind.value: func.count().filter(Venue.kind == kind, Venue.retired_on.is_(None)).label(kind)
        for kind in VenueKind
    }
    source = select(literal(institution_id), literal(list(lineage), SchoolVenues.lineage.type), *counts.values()).where(
        Venue.institution_id == institution_id
    )
    insert = upsert(SchoolVenues).from_select(["institution_id", "lineage", *counts], source)
    fresh = {name: insert.excluded[name] for name in ("lineage", *counts)}
    session.execute(insert.on_conflict_do_update(index_elements=["institution_id"], set_=fresh))
