"""What goes in and out: institutions, placements, units, members, divisions, imports."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.access.roles import Role
from app.institutions.models import InstitutionKind, InstitutionState, SchoolType, UnitKind
from app.kernel.schemas import Code, Day, Id, KeptName, Name, Note, Schema
from app.kernel.sheet_errors import RowErrorOut

DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["320102"])]
GradeLevel = Annotated[int, Field(strict=True, ge=0, le=20, description="0 for kindergarten, 1 for the first grade …")]
Phone = Annotated[str, Field(min_length=5, max_length=24, pattern=r"^[0-9+() .-]+$", examples=["13800138000"])]


class InstitutionIn(Schema):
    """A new institution; a school says its type, and its code, where it has one, says the same type."""

    parent_id: Id
    kind: InstitutionKind
    name: Name = Field(examples=["玄武第一小学"])
    code: Code | None = Field(default=None, examples=["2132000101"])
    school_type: SchoolType | None = None
    division_code: DivisionCode | None = None
    opened_on: Day | None = Field(default=None, description="today unless said otherwise; not in the future")


class InstitutionChange(Schema):
    """What is given is changed; the place in the tree is changed by a move."""

    name: KeptName = None
    code: Code | None = None
    school_type: SchoolType | None = None
    division_code: DivisionCode | None = None


class InstitutionOut(Schema):
    """A node of the tree; ``lineage`` runs from the root to the institution itself."""

    id: int
    parent_id: int | None
    kind: InstitutionKind
    school_type: SchoolType | None
    code: str | None
    name: str
    division_code: str | None
    lineage: list[int]
    state: InstitutionState
    opened_on: date
    closed_on: date | None
    merged_into_id: int | None
    version: int = Field(description="for If-Match")


class AncestorOut(Schema):
    """A node above: its name, no more."""

    id: int
    kind: InstitutionKind
    name: str


class MoveIn(Schema):
    """To hang an institution, with all below it, under another parent."""

    parent_id: Id
    effective_on: Day | None = Field(default=None, description="today unless said otherwise; a later day is planned")


class PlacementOut(Schema):
    """Where it stood from ``valid_from`` until before ``valid_to``; not ``applied``: planned."""

    institution_id: int
    parent_id: int | None
    parent_name: str | None = Field(description="null where the parent is outside of what you may see")
    lineage: list[int]
    valid_from: date
    valid_to: date | None
    applied: bool


class MergerIn(Schema):
    """Into which institution of the same kind."""

    into_id: Id


class ClosingIn(Schema):
    """Why; kept with the decision."""

    reason: Note = Field(examples=["办学终止"])


class UnitIn(Schema):
    """A new unit; a class may stand in a grade, a department in a department, a dormitory in a dormitory."""

    kind: UnitKind
    name: Name = Field(examples=["三年级2班"])
    parent_id: Id | None = None
    grade_level: GradeLevel | None = None


class UnitChange(Schema):
    """What is given is changed; ``parent_id`` null takes it out of its parent."""

    name: KeptName = None
    parent_id: Id | None = None
    grade_level: GradeLevel | None = None


class UnitOut(Schema):
    """A grade, class, department or dormitory."""

    id: int
    institution_id: int
    kind: UnitKind
    parent_id: int | None
    name: str
    grade_level: int | None
    responsible_account_id: int | None
    closed_on: date | None
    version: int = Field(description="for If-Match")


class ResponsibleIn(Schema):
    """The account that answers for the unit from now on; null: nobody does."""

    account_id: Id | None


class CoverageOut(Schema):
    """How many units a school has, and those for which nobody answers."""

    institution_id: int
    units: int
    uncovered: list[UnitOut]


class MemberIn(Schema):
    """A role for whoever holds a phone number; an account is made where there is none."""

    phone: Phone
    name: Name = Field(description="how your institution calls this person", examples=["王老师"])
    role: Role
    unit_id: Id | None = Field(default=None, description="the class of a homeroom teacher")


class MemberAddedOut(Schema):
    """Always the same answer, whether or not the phone had an account already."""

    id: int = Field(description="of the membership")
    role: Role
    unit_id: int | None
    name: str
    initial_password: str = Field(
        description="shown once, to be changed at the first sign-in; it holds only if the phone had no account before, "
        "otherwise its holder signs in as ever. Which of the two it was is told to nobody."
    )


class MemberOut(Schema):
    """A standing role; ``name`` is how the institution calls its holder."""

    id: int = Field(description="of the membership")
    account_id: int
    role: Role
    unit_id: int | None
    name: str | None
    phone: str | None = Field(description="masked")
    disabled: bool = Field(description="nobody can sign in by this account")
    since: datetime


class AccountStateIn(Schema):
    """Why; kept in the trail."""

    reason: Note = Field(examples=["手机丢失, 待本人核实"])


class AccountOut(Schema):
    """Whether somebody can sign in by an account."""

    account_id: int
    disabled: bool


class DivisionOut(Schema):
    """An administrative division (GB/T 2260) in the time in which its code was in force, ``valid_to`` excluded."""

    code: str
    name: str
    name_en: str
    level: str
    parent_code: str | None
    valid_from: date
    valid_to: date | None


class ImportOut(Schema):
    """What became of a sheet; on a dry run: what would."""

    rows: int
    created: int
    updated: int
    failed: int
    dry_run: bool
    errors: list[RowErrorOut] = Field(description="at most 1,000 of them")
