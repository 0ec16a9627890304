"""What goes in and out about persons. Identity numbers and phones come out masked, except from a disclosure."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.kernel.schemas import Code, Count, Day, Flag, Id, Name, Note, Schema
from app.kernel.sheet_errors import RowErrorOut
from app.people.models import InvitationState, PersonKind, PersonState

MAX_GUARDIANS = 6
MAX_HOUSEHOLD = 20

Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()-]{3,30}$")]
IdentityNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{17}[0-9Xx]$")]
Relation = Annotated[Name, StringConstraints(max_length=20)]


class NewGuardian(Schema):
    """A guardian by the school's list. With a phone, the family account of that number is bound at once."""

    name: Name
    relation: Relation
    phone: Phone | None = None


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


class PhoneDisclosureRequest(Schema):
    """Why a guardian's phone must be seen in plain."""

    reason: Note


class DisclosureOut(Schema):
    """The fields that were asked for, in plain; null where none is known."""

    identity_number: str | None = None
    phone: str | None = None


class PersonSearch(Schema):
    """Exactly one of the two, in full; nothing is found by a part of a number."""

    identity_number: IdentityNumber | None = None
    phone: Phone | None = None
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


class AccountBindingOut(Schema):
    """Whether the person signs in for itself."""

    person_id: int
    bound: bool


class GuardianOut(Schema):
    """A guardian of the list; ``bound`` once an account answers for the student."""

    id: int
    student_id: int
    name: str
    relation: str
    phone: str | None = Field(description="masked")
    bound: bool
    bound_at: datetime | None


class NewInvitation(Schema):
    """As what the one who accepts will stand in the list."""

    relation: Relation


class InvitationOut(Schema):
    """A code that was issued; the code itself is shown once, when it is made."""

    id: int
    student_id: int
    relation: str
    state: InvitationState
    issued_at: datetime
    expires_at: datetime


class IssuedInvitationOut(InvitationOut):
    """The only answer that holds the code."""

    code: str = Field(examples=["7M-8K2Q-XW4T-0ZRB-93HC"])


class Acceptance(Schema):
    """The code, and the name under which the school's list shall have the caller."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z -]{1,64}$")]
    name: Name


class AcceptedOut(Schema):
    """Whose guardian the caller is now."""

    institution_id: int
    person_id: int
    guardian_id: int


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


class ImportKind(StrEnum):
    """What a sheet lists."""

    STUDENTS = "students"
    STAFF = "staff"


class ImportMode(StrEnum):
    """What happens to the good rows of a sheet that also has bad ones."""

    ALL_OR_NOTHING = "all_or_nothing"
    PER_ROW = "per_row"


class RollImportOut(Schema):
    """What became of a sheet. ``failed`` counts rows; of their errors the first thousand are kept."""

    id: int
    institution_id: int
    kind: ImportKind
    mode: ImportMode
    dry_run: bool
    rows: int
    created: int
    updated: int
    failed: int
    errors: list[RowErrorOut]
    imported_at: datetime


class RollImportSummaryOut(Schema):
    """A line in the list of imports."""

    id: int
    kind: ImportKind
    mode: ImportMode
    dry_run: bool
    rows: int
    created: int
    updated: int
    failed: int
    imported_at: datetime


class PromotionOrder(Schema):
    """The year-end promotion. ``leaving_grades``: those that graduate; left out, the last one of the school's type."""

    effective_on: Day | None = None
    dry_run: Flag = False
    leaving_grades: Annotated[list[Annotated[Count, Field(le=20)]], Field(min_length=1, max_length=20)] | None = None


class ClassPromotionOut(Schema):
    """What becomes of one class; ``to_grade`` is null where it graduates."""

    unit_id: int
    name: str
    new_name: str | None
    from_grade: int
    to_grade: int | None
    students: int


class PromotionOut(Schema):
    """What a promotion does, or would do."""

    institution_id: int
    school_year: int = Field(description="the year in which the new school year begins")
    effective_on: date
    dry_run: bool
    classes: list[ClassPromotionOut]
    graduates: int
    unchanged_classes: int = Field(description="classes of no grade: they stay as they are")
    students_without_class: int
