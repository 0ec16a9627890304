"""What is said of reminders by hand."""

from datetime import date, datetime

from pydantic import Field

from app.kernel.schemas import Schema

_LEAVES = (
    "when it goes out over a channel, after quiet hours; none: the day is over by then, and the inbox alone has it"
)


class RemindedOut(Schema):
    """What came of asking for readings: ``missing`` is the sum of the three others."""

    day: date
    missing: int = Field(description="of whom nothing has come today")
    reminded: int = Field(description="those of them whose accounts are told now")
    before: int = Field(description="those whose accounts were told within half an hour, and are not told again")
    unreached: int = Field(description="those for whom no account answers: somebody has to call")
    leaves_at: datetime | None = Field(description=_LEAVES)


class ReminderOut(Schema):
    """When a person's reading was last asked for today, and how many accounts were told."""

    person_id: int
    unit_id: int | None
    asked_at: datetime
    accounts: int
    leaves_at: datetime | None = Field(description=_LEAVES)
