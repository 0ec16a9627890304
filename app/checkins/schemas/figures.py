"""What is answered about a class or a school: who is missing, who is behind a figure."""

from datetime import date

from app.checkins.models import HealthStatus, Slot
from app.kernel.schemas import Schema
from app.people.models import PersonKind


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
