"""Invitations of visitors, and what visitors send and see without an account; duty shifts."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.entries.models import InvitationState, Purpose, RequestState
from app.entries.schemas.requests import (
    MOST_COMPANIONS,
    EntryPersonOut,
    HealthIn,
    IdentityNumber,
    OutsiderIn,
    Phone,
    VenueIds,
)
from app.gates.service import PassOut
from app.kernel.schemas import Id, Instant, Name, Note, Schema

WrittenCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z -]{1,64}$"),
    Field(examples=["7M-8K2Q-XW4T-0ZRB-93HC"]),
]
SixDigits = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$"), Field(examples=["042815"])]


class _Span(Schema):
    valid_from: Instant
    valid_until: Instant

    @model_validator(mode="after")
    def _in_order(self) -> "_Span":
        if self.valid_until <= self.valid_from:
            raise PydanticCustomError("window", "it ends after it begins")
        return self


class NewVisitInvitation(_Span):
    """For what, where and when visitors may ask; ``uses``: so many requests."""

    purpose: Purpose
    venue_ids: VenueIds = Field(default_factory=list)
    uses: Annotated[int, Field(strict=True, ge=1, le=200)] = 1


class VisitInvitationOut(Schema):
    """An invitation; the code itself is shown once, when it is made."""

    id: int
    institution_id: int
    state: InvitationState
    purpose: Purpose
    venue_ids: list[int]
    valid_from: datetime
    valid_until: datetime
    uses_left: int
    issued_at: datetime


class IssuedVisitInvitationOut(VisitInvitationOut):
    """The only answer that holds the code: to be handed on as it is, or within a link."""

    code: str = Field(examples=["7M-8K2Q-XW4T-0ZRB-93HC"])


class VisitOpening(Schema):
    """The code that the school has handed out."""

    code: WrittenCode


class VenueOut(Schema):
    """A venue by name."""

    id: int
    name: str


class VisitFormOut(Schema):
    """What a visitor may ask for with a code."""

    institution_name: str
    purpose: Purpose
    venues: list[VenueOut]
    valid_from: datetime
    valid_until: datetime


class VisitIn(_Span):
    """A visitor's request: the school's code, a phone with the one-time code that was sent to it, real names."""

    code: WrittenCode
    phone: Phone
    one_time_code: SixDigits
    name: Name
    identity_number: IdentityNumber
    health: HealthIn = HealthIn()
    reason: Note
    venue_ids: VenueIds = Field(default_factory=list)
    companions: Annotated[list[OutsiderIn], Field(max_length=MOST_COMPANIONS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_once(self) -> "VisitIn":
        numbers = [self.identity_number.upper(), *(one.identity_number.upper() for one in self.companions)]
        if len(set(numbers)) < len(numbers):
            raise PydanticCustomError("once", "each person once")
        return self


class TicketIn(Schema):
    """What a visitor was given to follow a request by; in the body, since addresses are logged on the way."""

    ticket: WrittenCode


class VisitChange(_Span):
    """A returned visit, changed."""

    ticket: WrittenCode
    reason: Note
    venue_ids: VenueIds = Field(default_factory=list)


class VisitOut(Schema):
    """A visit as its visitor sees it."""

    state: RequestState
    institution_name: str
    purpose: Purpose
    valid_from: datetime
    valid_until: datetime
    said: str | None = Field(description="the reason given with the last decision")
    persons: list[EntryPersonOut]
    passes: list[PassOut] = Field(description="to be shown at the gate; none before approval")


class FiledVisitOut(VisitOut):
    """The only answer that holds the ticket."""

    ticket: str


class ShiftIn(_Span):
    """One shift of one member of staff."""

    person_id: Id


class RosterIn(Schema):
    """Shifts of a duty; who has one enters the venues (none: the campus) without a request."""

    duty: Annotated[Name, Field(examples=["总值班"])]
    venue_ids: VenueIds = Field(default_factory=list)
    shifts: Annotated[list[ShiftIn], Field(min_length=1, max_length=200)]


class ShiftOut(Schema):
    """A shift."""

    id: int
    person_id: int
    name: str
    duty: str
    venue_ids: list[int]
    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None
