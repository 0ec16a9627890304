"""What is answered."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.checkins.models import HealthStatus, Site, Slot, Source
from app.kernel.schemas import FieldErrorOut, Schema
from app.people.models import PersonKind


class Outcome(StrEnum):
    """What became of an item."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class ReceiptOut(Schema):
    """The proof that a reading has landed; ``day`` and ``slot`` are the server's decision."""

    id: UUID
    day: date
    slot: Slot
    status: HealthStatus
    late: bool
    received_at: datetime
    outcome: Outcome


class RefusalOut(Schema):
    """Why an item was not taken; ``errors`` point into the body."""

    code: str
    detail: str
    errors: list[FieldErrorOut] = Field(default_factory=list)


class ItemOut(Schema):
    """What became of one item; ``id`` is the client's, null where the item had none."""

    index: int
    id: UUID | None
    outcome: Outcome
    receipt: ReceiptOut | None = None
    problem: RefusalOut | None = None


class BatchOut(Schema):
    """What became of each item, in the order of the items."""

    received_at: datetime
    accepted: int
    duplicate: int
    refused: int
    items: list[ItemOut]


class GateItemOut(Schema):
    """In or turned away; nothing else of the person's health is for the gate."""

    index: int
    id: UUID | None
    outcome: Outcome
    admit: bool
    status: HealthStatus | None = None
    problem: RefusalOut | None = None


class GateBatchOut(Schema):
    """What became of each reading of a gate."""

    received_at: datetime
    items: list[GateItemOut]


class OptionOut(Schema):
    """A choice with its label."""

    code: str
    label: str


class QuestionOut(Schema):
    """A question; without options its answers are division codes."""

    name: str
    label: str
    many: bool
    options: list[OptionOut]


class FormOut(Schema):
    """The form that is to be filled in today."""

    version: int
    versions_read: list[int]
    questions: list[QuestionOut]
    sites: list[OptionOut]
    not_measured_reasons: list[OptionOut]


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


class FamilySlotOut(Schema):
    """A slot with its hours."""

    slot: Slot
    opens: time
    deadline: time
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


class FigurePersonOut(Schema):
    """A person behind a figure."""

    person_id: int
    name: str
    kind: PersonKind
    unit_id: int | None
    status: HealthStatus | None
    temperature: float | None
    symptoms: list[str]
    late: bool | None
    implausible: bool


class FigurePersonsOut(Schema):
    """The persons behind a figure; ``total`` is the figure."""

    metric: str
    day: date
    total: int
    items: list[FigurePersonOut]
    next: str | None


class MissingPersonOut(Schema):
    """Someone of whom nothing has come."""

    person_id: int
    name: str


class UnitMissingOut(Schema):
    """Who is missing in a unit."""

    unit_id: int
    day: date
    slot: Slot | None
    due: int
    reported: int
    missing: int
    items: list[MissingPersonOut]
    next: str | None


class UnitMissingCountOut(Schema):
    """A unit of a school with how many are missing, and who where that was asked for. Unit 0: in no unit."""

    unit_id: int
    name: str | None
    due: int
    reported: int
    missing: int
    persons: list[MissingPersonOut] | None


class SchoolMissingOut(Schema):
    """Who is missing in a school, by class."""

    day: date
    slot: Slot | None
    due: int
    reported: int
    missing: int
    items: list[UnitMissingCountOut]
    next: str | None
