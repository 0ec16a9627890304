"""The tree, as far as reports go up it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.institutions.models import Institution, InstitutionState
from app.reports.models import DailyReport


def names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """The names of the institutions that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    return {row.id: row.name for row in rows}


def children(session: Session, institution_id: int, day: date) -> Sequence[Institution]:
    """Those directly below that stood there on a day, or have a report of it."""
    reported = exists().where(
        DailyReport.institution_id == Institution.id,
        DailyReport.day == day,
        DailyReport.addressee_id == institution_id,
    )
    return session.scalars(
        select(Institution)
        .where(Institution.parent_id == institution_id, or_(_stood(day), reported))
        .order_by(Institution.id)
    ).all()


def without_report(session: Session, day: date) -> Sequence[Institution]:
    """All in scope that stood on a day and whose report of it is not yet on the books."""
    booked = exists().where(DailyReport.institution_id == Institution.id, DailyReport.day == day)
    return session.scalars(
        select(Institution)
        .where(Institution.state == InstitutionState.OPEN, Institution.opened_on <= day, ~booked)
        .order_by(Institution.id)
    ).all()


def _stood(day: date) -> ColumnElement[bool]:
    open_then = or_(Institution.closed_on.is_(None), Institution.closed_on > day)
    return and_(Institution.opened_on <= day, open_then)


def standing_below(session: Session, institution_id: int) -> Mapping[int, Institution]:
    """An institution and all that stand below it now, whatever stood there this morning."""
    found = session.scalars(select(Institution).where(Institution.lineage.any_() == institution_id))
    return {one.id: one for one in found}


def by_id(session: Session, ids: Collection[int]) -> Mapping[int, Institution]:
    """Those institutions that are in scope."""
    return {one.id: one for one in session.scalars(select(Institution).where(Institution.id.in_(ids)))}
