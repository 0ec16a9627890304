"""Statements on reminders by hand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.alerts.models import CheckInReminder
from app.kernel.bulk import Given


def claim(session: Session, rows: Sequence[Mapping[str, Any]], before: datetime) -> set[int]:
    """Be the one to ask for some persons' readings, each unless that was done since ``before``; of whom one may ask."""
    table = cast("Table", CheckInReminder.__table__)
    given = Given({name: table.c[name].type for name in rows[0]})
    # In one order everywhere, so that two who ask at once do not wait for each other in a circle.
    made = insert(table).from_select(list(rows[0]), select(*given.c).order_by(given.c.person_id))
    last = {name: made.excluded[name] for name in rows[0] if name not in ("institution_id", "person_id")}
    statement = made.on_conflict_do_update(
        index_elements=["institution_id", "person_id"], set_=last, where=table.c.asked_at <= before
    ).returning(table.c.person_id)
    return set(session.scalars(statement, given.values([list(row.values()) for row in rows])))


def of_day(
    statement: Select[CheckInReminder], institution_id: int, day: date, unit_id: int | None
) -> Select[CheckInReminder]:
    """Of some reminders those of a school and day, or of a class."""
    statement = statement.where(CheckInReminder.institution_id == institution_id, CheckInReminder.day == day)
    return statement if unit_id is None else statement.where(CheckInReminder.unit_id == unit_id)
