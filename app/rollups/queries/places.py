"""The tree and the units, as far as leaves follow them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import ARRAY, BigInteger, func, literal, or_, select
from sqlalchemy.orm import Session

from app.institutions.models import Institution, InstitutionKind, InstitutionState, Placement, Unit


def schools_below(session: Session, institution_id: int) -> Sequence[int]:
    """The schools of a subtree, its root included, locked against moves, in id order."""
    return session.scalars(
        select(Institution.id)
        .where(Institution.lineage.contains([institution_id]), Institution.kind == InstitutionKind.SCHOOL)
        .order_by(Institution.id)
        .with_for_update(read=True)
    ).all()


def count_units(session: Session, institution_id: int) -> dict[int, dict[str, int]]:
    """For each open unit of an open school: itself, and whether nobody answers for it."""
    found = session.execute(
        select(Unit.id, Unit.responsible_account_id.is_(None).label("uncovered"))
        .join(Institution, Institution.id == Unit.institution_id)
        .where(
            Unit.institution_id == institution_id,
            Unit.closed_on.is_(None),
            Institution.state == InstitutionState.OPEN,
        )
    )
    return {row.id: {"units": 1, "units_uncovered": int(row.uncovered)} for row in found}


def all_schools(session: Session) -> Sequence[int]:
    """Every school in scope, in id order."""
    return session.scalars(
        select(Institution.id).where(Institution.kind == InstitutionKind.SCHOOL).order_by(Institution.id)
    ).all()


def named(session: Session, institution_ids: Iterable[int]) -> Mapping[int, Institution]:
    """Those institutions that are in scope."""
    found = session.scalars(select(Institution).where(Institution.id.in_(institution_ids)))
    return {institution.id: institution for institution in found}


def ever_below(session: Session, institution_id: int) -> Sequence[int]:
    """The institutions of a subtree, those that stood there once and its root included."""
    return session.scalars(
        select(Placement.institution_id).where(Placement.lineage.any_() == institution_id).distinct()
    ).all()


def labels(session: Session, institution_ids: Collection[int]) -> Mapping[int, tuple[str, InstitutionKind]]:
    """Name and kind of those institutions that are in scope."""
    wanted = literal(list(institution_ids), ARRAY(BigInteger))
    found = session.execute(
        select(Institution.id, Institution.name, Institution.kind).where(Institution.id == func.any(wanted))
    )
    return {row.id: (row.name, row.kind) for row in found}


def stood(session: Session, institution_id: int, since: date, until: date) -> Sequence[Placement]:
    """Where an institution stood in a span, in order of time."""
    return session.scalars(
        select(Placement)
        .where(
            Placement.institution_id == institution_id,
            Placement.applied,
            Placement.valid_from <= until,
            or_(Placement.valid_to.is_(None), Placement.valid_to > since),
        )
        .order_by(Placement.valid_from)
    ).all()


def placed_below(session: Session, institution_id: int, day: date) -> Sequence[int]:
    """The children that an institution had on ``day``, with or without leaves, except those closed by then."""
    return session.scalars(
        select(Placement.institution_id)
        .join(Institution, Institution.id == Placement.institution_id)
        .where(
            Placement.parent_id == institution_id,
            Placement.applied,
            Placement.valid_from <= day,
            or_(Placement.valid_to.is_(None), Placement.valid_to > day),
            or_(Institution.closed_on.is_(None), Institution.closed_on > day),
        )
    ).all()


def units_of(session: Session, institution_id: int) -> Sequence[Unit]:
    """The units of one school, closed ones too."""
    return session.scalars(select(Unit).where(Unit.institution_id == institution_id)).all()
