"""Guardians, the codes that make them, and accounts that are bound."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app.kernel.schemas import Name, Note, Schema
from app.people.models import InvitationState

MAX_GUARDIANS = 6

Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()-]{3,30}$")]
IdentityNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{17}[0-9Xx]$")]
Relation = Annotated[Name, StringConstraints(max_length=20)]


class NewGuardian(Schema):
    """A guardian by the school's list. With a phone, the family account of that number is bound at once."""

    name: Name
    relation: Relation
    phone: Phone | None = None


class GuardianOut(Schema):
    """A guardian of the list; ``bound`` once an account answers for the student."""

    id: int
    student_id: int
    name: str
    relation: str
    phone: str | None = Field(description="masked")
    bound: bool
    bound_at: datetime | None


class AccountBindingOut(Schema):
    """Whether the person signs in for itself."""

    person_id: int
    bound: bool


class PhoneDisclosureRequest(Schema):
    """Why a guardian's phone must be seen in plain."""

    reason: Note


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
