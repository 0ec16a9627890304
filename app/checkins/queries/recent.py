"""Statements on the last days of some persons."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ARRAY, Date, column, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.checkins.models import CheckIn
from app.people.models import Standing


def owing(
    session: Session,
    institution_id: int,
    person_ids: Collection[int],
    days: Collection[date],
    known_at: datetime | None,
) -> Sequence[int]:
    """Those of some persons who owed a reading on one of these days and of whom none has come, or had ``known_at``."""
    asked = func.unnest(literal(list(days), ARRAY(Date))).table_valued(column("day", Date)).render_derived(name="asked")
    came = select(CheckIn.id).where(
        CheckIn.institution_id == institution_id,
        CheckIn.person_id == Standing.person_id,
        # Known besides: else the planner would rather read the days of the whole school, for each person anew.
        CheckIn.person_id.in_(person_ids),
        CheckIn.day == asked.c.day,
        CheckIn.day.in_(days),
        CheckIn.replaced_by.is_(None) if known_at is None else CheckIn.received_at <= known_at,
    )
    stood = (Standing.valid_from <= asked.c.day) & or_(Standing.valid_to.is_(None), Standing.valid_to > asked.c.day)
    return session.scalars(
        select(Standing.person_id)
        .distinct()
        .join(asked, stood)
        .where(
            Standing.institution_id == institution_id,
            Standing.person_id.in_(person_ids),
            Standing.due,
            ~exists(came),
        )
    ).all()
