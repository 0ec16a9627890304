"""The flag of implausible runs, for a whole school and day in one statement."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.checkins.models import CheckIn


def flag(session: Session, institution_id: int, day: date, length: int) -> int:
    """Flag the measured readings of who ends a run on ``day``, unflag all others of that day; how many changed.

    A run: one value, given by one account, on ``length`` days one after another.
    """
    wrong = (
        select(CheckIn.person_id, CheckIn.id)
        .where(
            CheckIn.institution_id == institution_id,
            CheckIn.day == day,
            CheckIn.replaced_by.is_(None),
            CheckIn.temperature.is_not(None),
            CheckIn.implausible != CheckIn.person_id.in_(_in_run(institution_id, day, length)),
        )
        # The order in which changes of the roll go through a day: whoever meets here waits, and no more.
        .order_by(CheckIn.person_id, CheckIn.id)
        .with_for_update()
    )
    changed = session.execute(
        update(CheckIn)
        .where(
            CheckIn.institution_id == institution_id,
            CheckIn.day == day,
            tuple_(CheckIn.person_id, CheckIn.id).in_(wrong),
        )
        .values(implausible=~CheckIn.implausible)
        .returning(CheckIn.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _in_run(institution_id: int, day: date, length: int) -> Select[Any]:
    days = [day - timedelta(days=ago) for ago in range(length)]
    return (
        select(CheckIn.person_id)
        .where(
            CheckIn.institution_id == institution_id,
            CheckIn.day.in_(days),
            CheckIn.replaced_by.is_(None),
            CheckIn.counted,
        )
        .group_by(CheckIn.person_id)
        .having(
            func.count(CheckIn.day.distinct()).filter(CheckIn.temperature.is_not(None)) == length,
            func.min(CheckIn.temperature) == func.max(CheckIn.temperature),
            func.min(CheckIn.recorded_by) == func.max(CheckIn.recorded_by),
            func.bool_and(CheckIn.recorded_by.is_not(None)),
        )
    )
