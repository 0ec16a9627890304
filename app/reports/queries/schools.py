"""Statements on the reports of schools, one row a school."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.institutions.models import Institution, InstitutionKind
from app.reports.models import DailyReport


def booked(session: Session, institution_id: int, day: date) -> Sequence[int]:
    """The schools at or below an institution that have a report of a day on the books, by parent."""
    return session.scalars(
        select(DailyReport.institution_id)
        .where(
            DailyReport.lineage.any_() == institution_id,
            DailyReport.day == day,
            DailyReport.kind == InstitutionKind.SCHOOL,
        )
        .order_by(DailyReport.lineage, DailyReport.institution_id)
    ).all()


def named(session: Session, ids: Collection[int]) -> Mapping[int, tuple[str, str | None]]:
    """What schools are called, and those to which they answer, as far as the scope shows them."""
    above = aliased(Institution)
    rows = session.execute(
        select(Institution.id, Institution.name, above.name.label("above"))
        .outerjoin(above, above.id == Institution.parent_id)
        .where(Institution.id.in_(ids))
    )
    return {row.id: (row.name, row.above) for row in rows}
