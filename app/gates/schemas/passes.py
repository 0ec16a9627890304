"""Passes: what they are made from, how they are shown, what a guard's phone keeps of them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.gates.models import Source
from app.kernel.schemas import Note, Schema


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is to get a pass, by value. ``name`` is masked already; no ``venue_ids``: anywhere in the school.

    ``account_id``: who may show it on a phone, None for whoever has no account. ``identity_fingerprint``: by which a
    document finds the pass of somebody whom the roll does not know.
    """

    name: str
    venue_ids: tuple[int, ...]
    valid_from: datetime
    valid_until: datetime
    entry_person_id: int | None = None
    person_id: int | None = None
    account_id: int | None = None
    identity_fingerprint: bytes | None = None
    single_use: bool = False


class DaySecret(Schema):
    """By which the code of a minute is made on a day: 8 characters of base64url(HMAC-SHA-256(secret, minute)).

    ``minute`` is the number of whole minutes since 1970 (UTC), as 8 bytes, big-endian. The code stands behind the
    token, after ``~``.
    """

    day: date
    secret: str = Field(description="base64url")


class PassOut(Schema):
    """A pass as its holder shows it."""

    id: int
    institution_id: int
    source: Source
    source_id: int
    entry_person_id: int | None
    person_id: int | None
    name: str = Field(description="masked")
    venue_ids: list[int] = Field(description="none: anywhere in the school")
    valid_from: datetime
    valid_until: datetime
    single_use: bool
    rotating: bool
    used: bool
    revoked_at: datetime | None
    token: str | None = Field(description="what the QR code holds; null for a pass that is over")
    secrets: list[DaySecret] = Field(description="of the days to come, at most 7, where the code changes each minute")


class PassSummaryOut(Schema):
    """A pass as the school's office sees it: nobody can get in with this."""

    id: int
    source: Source
    source_id: int
    person_id: int | None
    name: str = Field(description="masked")
    venue_ids: list[int]
    valid_from: datetime
    valid_until: datetime
    single_use: bool
    rotating: bool
    used_by: UUID | None = Field(description="the event at the gate that used it up")
    revoked_at: datetime | None
    revoke_reason: str | None


class RevocationIn(Schema):
    """Why a pass shall let nobody in any more."""

    reason: Note = Field(examples=["行程有变"])


class RevokedOut(Schema):
    """A pass that was revoked before it ran out."""

    pass_id: int
    revoked_at: datetime


class RevocationsOut(Schema):
    """Passes revoked since a moment. Ask again with ``as_of``; a pass may come twice, and none is left out."""

    as_of: datetime
    items: list[RevokedOut]
