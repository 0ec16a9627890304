"""Requests as they are filed, and as they are shown to those who follow or decide on them."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.entries.models import EntryKind, Purpose, RequestState, StepLevel, StepState
from app.kernel.schemas import Id, Instant, Name, Note, Schema
from app.policies.settings.values import Symptom

MOST_PERSONS = 200
MOST_COMPANIONS = 20

Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()-]{3,30}$")]
IdentityNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{17}[0-9Xx]$"),
    Field(examples=["99000020131300000X"]),
]
DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
VenueIds = Annotated[list[Id], Field(max_length=50, description="none: the campus as a whole")]


class HealthIn(Schema):
    """The health questions: what was felt, met and visited in the last fourteen days."""

    symptoms: Annotated[list[Symptom], Field(max_length=12)] = Field(default_factory=list)
    contact: Literal["none", "ill", "key_area", "case"] = "none"
    places: Annotated[list[DivisionCode], Field(max_length=20, description="division codes")] = Field(
        default_factory=list
    )


class OnRollIn(Schema):
    """Somebody whom the school's roll knows."""

    person_id: Id
    health: HealthIn = HealthIn()


class OutsiderIn(Schema):
    """Somebody by real name and identity number."""

    name: Name
    identity_number: IdentityNumber
    phone: Phone | None = None
    health: HealthIn = HealthIn()


class Window(Schema):
    """Where, when and why."""

    purpose: Purpose
    reason: Note
    venue_ids: VenueIds = Field(default_factory=list)
    valid_from: Instant
    valid_until: Instant

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.valid_until <= self.valid_from:
            raise PydanticCustomError("window", "it ends after it begins")
        return self


class EntryIn(Window):
    """A request for persons of the roll (oneself, one's children, a list) and others who come with them."""

    persons: Annotated[list[OnRollIn], Field(max_length=MOST_PERSONS)] = Field(default_factory=list)
    others: Annotated[list[OutsiderIn], Field(max_length=MOST_COMPANIONS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _somebody(self) -> "EntryIn":
        if not self.persons and not self.others:
            raise PydanticCustomError("somebody", "at least one person")
        _each_once([one.person_id for one in self.persons])
        _each_once([one.identity_number.upper() for one in self.others])
        return self


class UnitEntryIn(Window):
    """A request for a class or department: all who stand in it, or some of them."""

    person_ids: Annotated[list[Id] | None, Field(max_length=MOST_PERSONS, description="absent: everybody")] = None


class EntryChange(Window):
    """A returned request, changed."""


def _each_once(names: list[object] | list[int] | list[str]) -> None:
    if len(set(names)) < len(names):
        raise PydanticCustomError("once", "each person once")


class RefusalOut(Schema):
    """Why somebody may not enter, and what can be done about it."""

    rule: str = Field(description="stable code", examples=["fever"])
    detail: str = Field(description="in the language of the request")
    lifted_by: str = Field(description="who or what ends it")


class EntryPersonOut(Schema):
    """Somebody of a request; numbers masked. ``refusals`` keep this person out, whatever is decided on the others."""

    id: int
    person_id: int | None
    name: str
    identity_number: str | None
    phone: str | None
    outcome: Literal["refused", "pending", "approved"]
    refusals: list[RefusalOut]


class VoteOut(Schema):
    """Who has said what; ``deputised``: in the place of whoever holds the role."""

    role: str
    move: str
    deputised: bool
    at: datetime


class StepOut(Schema):
    """A rung of the ladder."""

    id: int
    round: int
    place: int
    level: StepLevel
    office_id: int
    roles: list[str]
    needs_all: bool
    state: StepState
    opened_at: datetime | None
    votes: list[VoteOut]


class OpenStepOut(Schema):
    """The step that is to be decided now: what a decision has to name, and whose turn it is."""

    id: int
    level: StepLevel
    roles: list[str]


class EntryBriefOut(Schema):
    """A request in a list, with what it takes to decide on it there."""

    id: int
    institution_id: int
    kind: EntryKind
    state: RequestState
    purpose: Purpose
    reason: str
    unit_id: int | None
    name: str = Field(description="of the person who was named first")
    people: int = Field(description="how many ask")
    held_back: int = Field(description="how many of them a rule keeps out")
    open_step: OpenStepOut | None
    valid_from: datetime
    valid_until: datetime
    round: int
    submitted_at: datetime
    decided_at: datetime | None
    version: int


class EntryOut(EntryBriefOut):
    """A request with its persons and steps; ``said``: the reason given with the last decision."""

    venue_ids: list[int]
    persons: list[EntryPersonOut]
    steps: list[StepOut]
    said: str | None


class HealthDayOut(Schema):
    """One of the last days of somebody; status null: nothing has come."""

    day: date
    status: str | None
    temperature: Annotated[float | None, Field(description="the highest, °C")]
    symptoms: list[str]


class HealthRecordOut(Schema):
    """What was answered, and the last days' readings of those whom the roll knows."""

    entry_person_id: int
    person_id: int | None
    name: str
    health: HealthIn
    days: list[HealthDayOut]


class HealthRecordsOut(Schema):
    """The health of all persons of a request; the look is recorded."""

    items: list[HealthRecordOut]
