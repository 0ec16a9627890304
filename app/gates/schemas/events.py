"""What a guard's phone sends and hears: events, walk-ups, the kit that it keeps for when there is no network."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from app.checkins.models import Site
from app.closures.models import Degree, VenueKind
from app.gates.models import Direction, GateOutcome
from app.gates.schemas.passes import DaySecret
from app.kernel.schemas import FieldErrorOut, Flag, Id, Instant, Name, Note, Schema
from app.kernel.validation import Unreadable, one_by_one
from app.policies.settings.values import Celsius

MAX_BATCH = 200
Scanned = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[A-Za-z0-9._~-]+$")]
IdentityNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{17}[0-9Xx]$")]
# Nobody guesses these: a guard finds whoever shows a document, and reads no roll.
DocumentNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[GJLgjl]?[0-9]{17}[0-9Xx]$")
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()-]{3,30}$")]


class GateEventIn(Schema):
    """Somebody at a gate or at the door of a venue. ``id`` is made by the phone, once; sending it again is safe."""

    id: UUID
    venue_id: Id = Field(description="the gate, or the venue, at which the guard stands")
    direction: Direction
    code: Scanned | None = Field(default=None, description="the text of a pass's QR code")
    person_id: Id | None = Field(default=None, description="somebody on the roll, known without a pass")
    document_number: DocumentNumber | None = Field(
        default=None,
        description="read from a document where nothing can be scanned: an identity number, or a student number",
    )
    temperature: Celsius | None = Field(default=None, description="°C, one decimal")
    site: Site | None = None
    occurred_at: Instant | None = Field(default=None, description="by the phone's clock; now, if absent")
    decided: GateOutcome | None = Field(
        default=None, description="what the guard decided without a network; absent: the service decides"
    )

    @model_validator(mode="after")
    def _one_holder(self) -> Self:
        if sum(one is not None for one in (self.code, self.person_id, self.document_number)) != 1:
            raise PydanticCustomError("one_holder", "a code, a person or a document")
        return self


class GateEventsIn(Schema):
    """Events of one phone, in any order; an event more than once does no harm."""

    sent_at: Instant | None = Field(
        default=None, description="the phone's clock at the moment of sending: by it a wrong clock is corrected"
    )
    items: Annotated[list[Annotated[GateEventIn, WrapValidator(one_by_one)]], Field(min_length=1, max_length=MAX_BATCH)]

    def read(self) -> list[GateEventIn | Unreadable]:
        """The items, those that are no events among them."""
        items: list[Any] = list(self.items)
        return items


class ReasonOut(Schema):
    """A finding as people are told of it."""

    code: str = Field(description="the finding", examples=["no_pass"])
    detail: str = Field(description="in the language of the request; names the order, where one closes")
    lifted_by: str = Field(description="what can be done, and by whom")


class Landed(Schema):
    """What became of an event."""

    index: int
    id: UUID | None
    outcome: str = Field(description="accepted, duplicate or refused", examples=["accepted"])
    decision: GateOutcome | None = Field(default=None, description="in, or away; null for what was refused")
    findings: list[str] = Field(
        default_factory=list,
        description="why somebody was turned away, or what the guard could not know without a network",
        examples=[["fever"]],
    )
    reasons: list[ReasonOut] = Field(default_factory=list, description="the findings in words")
    name: str | None = Field(default=None, description="masked")
    problem: "GateProblemOut | None" = None


class GateProblemOut(Schema):
    """Why an event was not taken."""

    code: str
    detail: str
    errors: list[FieldErrorOut] = Field(default_factory=list)


class GateEventsOut(Schema):
    """What became of each event, in the order of the items."""

    received_at: datetime
    items: list[Landed]


class WalkUpIn(Schema):
    """A visitor without a request. ``id`` is made by the phone, once.

    What was registered without a network is taken as it happened; where the campus was closed to society, the entry is
    marked so.
    """

    id: UUID
    name: Name
    identity_number: IdentityNumber
    phone: Phone
    reason: Note = Field(examples=["送教材"])
    registered_at: Instant | None = Field(
        default=None, description="by the phone's clock, where there was no network; absent: now"
    )
    sent_at: Instant | None = Field(
        default=None, description="the phone's clock at the moment of sending: by it a wrong clock is corrected"
    )


class WalkUpOut(Schema):
    """A pass for the day, for one entry: scan ``code`` as any other, also in an event that waits to be sent."""

    pass_id: int
    name: str = Field(description="masked")
    code: str


class GateClosureOut(Schema):
    """What holds from a moment on, and by which order; open: by none."""

    since: datetime
    degree: Degree
    exceptions: bool = Field(description="false: nobody gets in, whatever the pass")
    number: str | None
    issuer_name: str | None = Field(description="who can amend or lift it")


class GateVenueOut(Schema):
    """A gate or venue, how strictly it is closed now, and what is known of the days to come."""

    venue_id: int
    name: str
    kind: VenueKind
    campus_id: int | None = Field(description="the campus in which it lies: a pass for the campus is one for it")
    degree: Degree
    exceptions: bool
    closures: list[GateClosureOut] = Field(description="in order of time; the last that has begun holds")


class GateKitOut(Schema):
    """What a guard's phone needs to decide without a network; besides, the key set and the revocations."""

    institution_id: int
    institution_name: str
    made_at: datetime
    good_until: datetime = Field(description="beyond it neither closures nor codes of a minute are known")
    closures: list[GateClosureOut] = Field(description="of the school as a whole, as for venues; by it visitors go")
    used: list[int] = Field(description="passes for one entry that have let somebody in and have not run out")
    fever_thresholds: dict[str, float] = Field(description="°C by site; `default` where none is said")
    rotating: bool = Field(description="passes show a code of the minute")
    days: list[DaySecret] = Field(description="secrets of days: HMAC-SHA-256(secret, pass id in decimals) is a pass's")
    venues: list[GateVenueOut]


class InsiderOut(Schema):
    """Somebody who is inside."""

    area_id: int = Field(description="the campus or venue; 0: the school as a whole")
    person_id: int | None
    pass_id: int | None
    name: str = Field(description="masked")
    since: datetime
    due_out_at: datetime | None
    overstayed: Flag


class GateEventOut(Schema):
    """An event as it was taken."""

    id: UUID
    venue_id: int
    pass_id: int | None
    person_id: int | None
    name: str = Field(description="masked")
    direction: Direction
    outcome: GateOutcome
    findings: list[str]
    temperature: float | None
    day: date
    occurred_at: datetime
    received_at: datetime
    queued: bool
    skewed: bool


class InsideOut(Schema):
    """How many are inside now: in an institution with all below it, and in each part at the next level."""

    institution_id: int
    inside: int
    items: list["ChildInsideOut"]


class ChildInsideOut(Schema):
    """One part; where it is the institution itself, its own gates, below no child."""

    institution_id: int
    name: str
    inside: int
