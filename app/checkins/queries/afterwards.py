"""What a school has entered when it had reported the day already."""

from datetime import date, datetime

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.checkins.models import CheckIn, HealthStatus, Source


def entered_after(session: Session, institution_id: int, day: date, moment: datetime) -> Row[int, int, datetime | None]:
    """Persons with fever, and with other signs, whom the school had measured by ``moment`` and entered after it.

    And when it entered the first of them. What a family has measured the school cannot have known; of whom it had
    entered the same sign by then, it has hidden nothing.
    """
    before = aliased(CheckIn)
    told = exists().where(
        before.institution_id == CheckIn.institution_id,
        before.day == CheckIn.day,
        before.person_id == CheckIn.person_id,
        before.status == CheckIn.status,
        before.received_at <= moment,
    )
    by_school = CheckIn.source.not_in((Source.GUARDIAN, Source.SELF))
    persons = func.count(CheckIn.person_id.distinct())
    return session.execute(
        select(
            persons.filter(CheckIn.status == HealthStatus.FEVER),
            persons.filter(CheckIn.status == HealthStatus.ATTENTION),
            func.min(CheckIn.received_at).filter(CheckIn.status.in_((HealthStatus.FEVER, HealthStatus.ATTENTION))),
        ).where(
            CheckIn.institution_id == institution_id,
            CheckIn.day == day,
            CheckIn.replaced_by.is_(None),
            CheckIn.counted,
            by_school,
            ~told,
            CheckIn.taken_at <= moment,
            CheckIn.received_at > moment,
        )
    ).one()
