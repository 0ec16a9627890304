"""What is answered."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from app.checkins.models import HealthStatus, Slot
from app.kernel.schemas import FieldErrorOut, Schema


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
    params: dict[str, str] = Field(default_factory=dict)
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
    """The form that is to be filled in today. What is measured lies between ``lowest`` and ``highest``, in °C."""

    version: int
    versions_read: list[int]
    lowest: float
    highest: float
    questions: list[QuestionOut]
    sites: list[OptionOut]
    not_measured_reasons: list[OptionOut]
