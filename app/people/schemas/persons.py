"""Persons, what is asked about them, and who has looked."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import Code, Day, Id, Name, Note, Schema
from app.people.models import PersonKind, PersonState
from app.people.schemas.guardians import MAX_GUARDIANS, IdentityNumber, NewGuardian, Phone, Relation

MAX_HOUSEHOLD = 20


class NewPerson(Schema):
    """A student or member of staff to enrol; ``enrolled_on`` is the first day on roll, today if left out."""

    kind: Literal[PersonKind.STUDENT, PersonKind.STAFF]
    name: Name
    number: Code | None = None
    unit_id: Id | None = None
    dormitory_id: Id | None = None
    identity_number: IdentityNumber | None = None
    phone: Phone | None = None
    enrolled_on: Day | None = None
    guardians: Annotated[list[NewGuardian], Field(max_length=MAX_GUARDIANS, default_factory=list)]


class PersonChange(Schema):
    """What is to change; fields left out stay, null clears (but no name). Units change by their own request."""

    name: Name | None = None
    number: Code | None = None
    identity_number: IdentityNumber | None = None
    phone: Phone | None = None
    dormitory_id: Id | None = None
    relation: Relation | None = None


class NewHouseholdMember(Schema):
    """Someone who lives with a student (共同居住人)."""

    name: Name
    relation: Relation
    identity_number: IdentityNumber | None = None
    phone: Phone | None = None


class UnitChange(Schema):
    """Into which unit (null: none) and from which day, today if left out."""

    unit_id: Id | None
    effective_on: Day | None = None


class DepartureReason(StrEnum):
    """Why someone leaves. After a mistake the guardians lose sight of the person as well."""

    GRADUATED = "graduated"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    EMPLOYMENT_ENDED = "employment_ended"
    DECEASED = "deceased"
    MISTAKE = "mistake"
    SCHOOL_CLOSED = "school_closed"
    SCHOOL_MERGED = "school_merged"


class Departure(Schema):
    """Why, and the first day off the roll, today if left out."""

    reason: DepartureReason
    left_on: Day | None = None


class Sensitive(StrEnum):
    """Fields that are shown masked."""

    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"


class DisclosureRequest(Schema):
    """Which fields to see in plain, and why; the reason is kept and shown to the guardians."""

    fields: Annotated[list[Sensitive], Field(min_length=1, max_length=2)]
    reason: Note


class DisclosureOut(Schema):
    """The fields that were asked for, in plain; null where none is known."""

    identity_number: str | None = None
    phone: str | None = None


class PersonSearch(Schema):
    """Exactly one of the three; a name may be a part of one, nothing is found by a part of a number."""

    identity_number: IdentityNumber | None = None
    phone: Phone | None = None
    name: Name | None = None
    reason: Note | None = None


class PersonOut(Schema):
    """A person as those see it who may: ``number`` of the form G + identity number is masked as well."""

    id: int
    institution_id: int
    kind: PersonKind
    state: PersonState
    name: str
    number: str | None
    unit_id: int | None
    dormitory_id: int | None
    student_id: int | None = Field(description="for household members: the student with whom they live")
    relation: str | None
    identity_number: str | None = Field(description="masked", examples=["99**************07"])
    phone: str | None = Field(description="masked", examples=["199****5678"])
    enrolled_on: date
    left_on: date | None
    version: int


class LookOut(Schema):
    """One entry of the trail on a person: by which role of which institution, when, what and why; never by whom."""

    at: datetime
    act: str = Field(examples=["people.unmask"])
    institution_id: int
    institution_name: str | None
    roles: list[str]
    own: bool = Field(description="the caller itself")
    reason: str | None
    fields: list[str]
