"""The days whose reminders were planned."""

from sqlalchemy.orm import Mapped

from app.kernel import columns
from app.kernel.db import Base


class ReminderDay(Base):
    """A day is planned once, for all institutions: each of its reminders is an event with a moment of its own."""

    __tablename__ = "reminder_day"

    day: Mapped[columns.DayKey]
    planned_at: Mapped[columns.Moment]
