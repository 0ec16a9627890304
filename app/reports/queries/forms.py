"""Statements on forms and layouts."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.reports.models import ReportForm, ReportLayout


def in_force(session: Session, lineage: Collection[int], day: date) -> Sequence[ReportForm]:
    """The newest version of each form of these institutions that is in force on a day, those that have ended too."""
    return session.scalars(
        select(ReportForm)
        .where(ReportForm.institution_id.in_(lineage), ReportForm.in_force_on <= day)
        .ext(distinct_on(ReportForm.institution_id, ReportForm.code))
        .order_by(ReportForm.institution_id, ReportForm.code, ReportForm.number.desc())
    ).all()


def questions(session: Session, lineage: Collection[int]) -> set[str]:
    """The codes of all questions that forms of these institutions have ever asked, or will."""
    found = session.scalars(select(ReportForm.questions).where(ReportForm.institution_id.in_(lineage)))
    return {str(one["code"]) for asked in found for one in asked}


def last_number(session: Session, institution_id: int, code: str) -> int:
    """The number of the newest version of a form; 0: there is none."""
    statement = select(func.max(ReportForm.number)).where(
        ReportForm.institution_id == institution_id, ReportForm.code == code
    )
    return session.scalar(statement) or 0


def layouts(session: Session, institution_id: int) -> Sequence[ReportLayout]:
    """The layouts of an institution."""
    return session.scalars(
        select(ReportLayout).where(ReportLayout.institution_id == institution_id).order_by(ReportLayout.id)
    ).all()


def layout(session: Session, institution_id: int, layout_id: int) -> ReportLayout | None:
    """One of them."""
    return session.get(ReportLayout, (institution_id, layout_id))
