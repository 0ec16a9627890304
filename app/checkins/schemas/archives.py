"""What is answered to those who look back at a person, and to a family about its day."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer

from app.checkins.models import HealthStatus, Site, Slot, Source
from app.kernel.schemas import Schema
from app.people.models import PersonKind


class AnswersOut(Schema):
    """Answers as they were understood."""

    symptoms: list[str]
    whereabouts: str | None
    places: list[str]
    contact: str | None


class ArchiveEntryOut(Schema):
    """One reading, standing or replaced. ``implausible`` and ``skewed`` are shown to the school alone."""

    id: UUID
    day: date
    slot: Slot
    taken_at: datetime
    received_at: datetime
    source: Source
    temperature: float | None
    site: Site | None
    not_measured_reason: str | None
    form_version: int
    answers: AnswersOut
    status: HealthStatus
    late: bool
    skewed: bool | None
    implausible: bool | None
    replaces: UUID | None
    replaced_by: UUID | None
    correction_reason: str | None


class SlotRecordOut(Schema):
    """A slot of a day in the temperature record: the highest of its standing readings."""

    slot: Slot
    temperature: float | None
    site: Site | None
    status: HealthStatus
    late: bool


class DayRecordOut(Schema):
    """A day of the temperature record; no slots: missing."""

    day: date
    status: HealthStatus | None
    slots: list[SlotRecordOut]


class TemperatureRecordOut(Schema):
    """Fourteen days for filing before opening."""

    person_id: int
    name: str
    institution: str
    unit: str | None
    since: date
    until: date
    days_missing: int
    complete: bool
    days: list[DayRecordOut]


class RecentDayOut(Schema):
    """One of the last days of a person, its standing readings taken together; status null: missing."""

    day: date
    status: HealthStatus | None
    temperature: Annotated[float | None, Field(description="the highest, °C")]
    symptoms: list[str]


class SlotState(StrEnum):
    """Where a slot of today stands for a person."""

    DONE = "done"
    DUE = "due"
    LATE = "late"  # the deadline has passed, and nothing has come
    OPTIONAL = "optional"


class LoggedBy(StrEnum):
    """Who has logged a reading, as seen by the asker."""

    YOU = "you"
    OTHER_GUARDIAN = "other_guardian"
    SELF = "self"
    TEACHER = "teacher"
    DOCTOR = "doctor"
    GATE = "gate"
    SCHOOL = "school"


# Hours and minutes of Shanghai's clock: JSON Schema's "time" would want an offset with them.
ClockTime = Annotated[time, PlainSerializer(lambda one: one.strftime("%H:%M"), return_type=str)]


class FamilySlotOut(Schema):
    """A slot with its hours."""

    slot: Slot
    opens: ClockTime
    deadline: ClockTime
    required: bool
    state: SlotState


class FamilyReadingOut(Schema):
    """A reading of the day, with who logged it; also its receipt."""

    id: UUID
    slot: Slot
    status: HealthStatus
    late: bool
    temperature: float | None
    taken_at: datetime
    received_at: datetime
    logged_by: LoggedBy


class PlaceOut(Schema):
    """A school or class by name."""

    id: int
    name: str


class FamilyMemberOut(Schema):
    """A child, a member of its household, or the asker."""

    person_id: int
    name: str
    kind: PersonKind
    relation: str | None
    child_id: int | None
    institution: PlaceOut
    unit: PlaceOut | None
    status: Annotated[HealthStatus | None, Field(description="null: nothing has come that day")]
    slots: list[FamilySlotOut]
    readings: list[FamilyReadingOut]
    remembered: AnswersOut | None


class FamilyOut(Schema):
    """Everything that a family's screen needs for a day."""

    day: date
    members: list[FamilyMemberOut]
