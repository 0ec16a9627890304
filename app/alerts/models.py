"""The days whose reminders were planned; who was reminded by hand."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info


class ReminderDay(Base):
    """A day is planned once, for all institutions: each of its reminders is an event with a moment of its own."""

    __tablename__ = "reminder_day"

    day: Mapped[columns.DayKey]
    planned_at: Mapped[columns.Moment]


class CheckInReminder(Base):
    """When somebody of the school last asked for the reading of a person of whom nothing had come.

    One row for each person: two people who ask at once meet in it, and one of them does nothing. ``unit_id``: where the
    person stood. ``accounts``: how many answer for the person and were told; 0: somebody has to call. ``leaves_at``:
    when it goes out over a channel; None: the day ends in quiet hours, and the inbox alone has it.
    """

    __tablename__ = "checkin_reminder"

    institution_id: Mapped[columns.InstitutionKey]
    person_id: Mapped[columns.InstitutionKey]
    unit_id: Mapped[columns.BigInt | None]
    day: Mapped[columns.Day]
    asked_at: Mapped[columns.Moment]
    asked_by: Mapped[columns.BigInt | None]
    accounts: Mapped[columns.Small]
    leaves_at: Mapped[columns.Moment | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "person_id"], ["person.institution_id", "person.id"], ondelete="CASCADE"
        ),
        Index("ix_checkin_reminder_day", "institution_id", "day", "person_id"),
        {"info": info(Tenancy.TENANT)},
    )
