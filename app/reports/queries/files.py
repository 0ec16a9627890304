"""Statements on documents."""

from collections.abc import Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, undefer

from app.reports.models import ReportFile, ReportSeal


def some(session: Session, institution_id: int, ids: Collection[int]) -> Sequence[ReportFile]:
    """Those of some ids that the institution has filed, without their content."""
    return session.scalars(
        select(ReportFile)
        .where(ReportFile.institution_id == institution_id, ReportFile.id.in_(ids))
        .order_by(ReportFile.id)
    ).all()


def whole(session: Session, institution_id: int, file_id: int) -> ReportFile | None:
    """One of them, with its content."""
    key = (institution_id, file_id)
    return session.get(ReportFile, key, options=[undefer(ReportFile.content_cipher)])


def was_sent(session: Session, institution_id: int, file_id: int) -> bool:
    """Whether something that the institution has sent names it."""
    names_it = ReportSeal.content.contains({"files": [{"id": file_id}]})
    return session.scalar(select(exists().where(ReportSeal.institution_id == institution_id, names_it))) or False
