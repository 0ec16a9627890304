"""The tree, as far as reports go up it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.institutions.models import Institution, InstitutionState
from app.reports.models import DailyReport


def names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """The names of the institutions that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    return {row.id: row.name for row in rows}


def children(session: Session, institution_id: int, day: date) -> Sequence[Institution]:
    """Those directly below that stood there on a day, or have a report of it."""
    below = session.scalars(
        select(Institution).where(Institution.parent_id == institution_id).order_by(Institution.id)
    ).all()
    # Asked apart, and only of the few that did not stand: reports may be on other servers than the tree.
    gone = [one.id for one in below if not _stood(one, day)]
    sent = select(DailyReport.institution_id).where(
        DailyReport.institution_id.in_(gone), DailyReport.day == day, DailyReport.addressee_id == institution_id
    )
    reported = set(session.scalars(sent)) if gone else set()
    return [one for one in below if _stood(one, day) or one.id in reported]


def without_report(session: Session, day: date) -> Sequence[Institution]:
    """All in scope that stood on a day and whose report of it is not yet on the books."""
    # Looked up in what was read once, not row by row: reports may stand on other servers than the tree.
    booked = Institution.id.in_(select(DailyReport.institution_id).where(DailyReport.day == day))
    return session.scalars(
        select(Institution)
        .where(Institution.state == InstitutionState.OPEN, Institution.opened_on <= day, ~booked)
        .order_by(Institution.id)
    ).all()


def _stood(one: Institution, day: date) -> bool:
    return one.opened_on <= day and (one.closed_on is None or one.closed_on > day)


def standing_below(session: Session, institution_id: int) -> Mapping[int, Institution]:
    """An institution and all that stand below it now, whatever stood there this morning."""
    found = session.scalars(select(Institution).where(Institution.lineage.any_() == institution_id))
    return {one.id: one for one in found}


def by_id(session: Session, ids: Collection[int]) -> Mapping[int, Institution]:
    """Those institutions that are in scope."""
    return {one.id: one for one in session.scalars(select(Institution).where(Institution.id.in_(ids)))}
