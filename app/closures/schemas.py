"""What goes in and out: venues, orders with their terms, what holds where, how many are closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.closures.models import Degree, VenueKind
from app.institutions.models import InstitutionKind
from app.kernel.schemas import Flag, Id, Instant, KeptName, Name, Note, Schema, Text

Closing = Literal[Degree.NO_GATHERING, Degree.CLOSED_TO_SOCIETY, Degree.CLOSED]


def _no_campus(kinds: list[VenueKind] | None) -> list[VenueKind] | None:
    if kinds is not None and VenueKind.CAMPUS in kinds:
        raise PydanticCustomError("whole_campus", "campuses are named, or closed with the whole")
    return sorted(set(kinds)) if kinds is not None else None


def _each_once(ids: list[int] | None) -> list[int] | None:
    return sorted(set(ids)) if ids is not None else None


Kinds = Annotated[
    list[VenueKind] | None,
    Field(min_length=1, max_length=len(VenueKind), description="only venues of these kinds; null: the whole"),
    AfterValidator(_no_campus),
]
VenueIds = Annotated[
    list[Id] | None,
    Field(min_length=1, max_length=200, description="only these venues, or campuses with all in them, of one school"),
    AfterValidator(_each_once),
]


class VenueIn(Schema):
    """A new campus or venue."""

    kind: VenueKind
    name: Name = Field(examples=["图书馆"])
    campus_id: Id | None = Field(default=None, description="the campus that it stands in")


class VenueChange(Schema):
    """What is given is changed; ``campus_id`` null takes it out of its campus."""

    name: KeptName = None
    campus_id: Id | None = None


class VenueOut(Schema):
    """A campus or venue of a school."""

    id: int
    institution_id: int
    kind: VenueKind
    name: str
    campus_id: int | None
    retired_on: date | None
    version: int = Field(description="for If-Match")


class Statement(Schema):
    """What an order says: how strictly it closes, what, from when until when."""

    text: Text = Field(examples=["即日起校园封闭管理, 校外人员一律不得进入。"])
    degree: Closing
    exceptions: Flag = Field(default=True, description="whether entries may be approved while it holds")
    venue_kinds: Kinds = None
    venue_ids: VenueIds = None
    since: Instant | None = Field(default=None, description="now, if absent")
    until: Instant | None = Field(default=None, description="excluded; null: until it is lifted")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.venue_kinds is not None and self.venue_ids is not None:
            raise PydanticCustomError("one_extent", "kinds or venues, not both")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise PydanticCustomError("moments_in_order", "it ends after it begins")
        return self


class ClosureOrderIn(Statement):
    """An order for an institution and all below it."""

    number: Name = Field(examples=["玄疫防〔2020〕7号"])


class AmendmentIn(Statement):
    """All that the order says from ``since`` on, in place of what it said; what it said before that stays."""

    reason: Note = Field(examples=["疫情形势好转, 调整管控等级"])


class LiftingIn(Schema):
    """From when on nothing of the order holds."""

    since: Instant | None = Field(default=None, description="now, if absent")
    reason: Note = Field(examples=["风险等级降为低风险"])


class ClosureTermOut(Schema):
    """What an order says of [``since``, ``until``), as it was known in [``known_from``, ``known_to``)."""

    degree: Degree
    exceptions: bool
    venue_kinds: list[VenueKind] | None
    venue_ids: list[int] | None
    text: str
    reason: str | None = Field(description="why it was amended or lifted; null for what it said first")
    since: datetime
    until: datetime | None
    known_from: datetime
    known_to: datetime | None = Field(description="null: known now")


class ClosureOrderOut(Schema):
    """An order. ``terms`` are what it says as known now, in order of time; none: it was lifted before it began."""

    id: int
    institution_id: int = Field(description="for which it holds, with all below")
    institution_name: str = Field(description="— where it stands outside of what you may see")
    issuer_id: int
    issuer_name: str = Field(description="— where it stands outside of what you may see")
    number: str
    in_force: bool
    terms: list[ClosureTermOut]
    version: int = Field(description="for If-Match")


class HoldingOut(Schema):
    """An order as it holds at a moment."""

    order_id: int
    institution_id: int = Field(description="for which it was given, with all below")
    issuer_id: int
    issuer_name: str = Field(description="— where it stands outside of what you may see")
    number: str
    text: str
    degree: Degree
    exceptions: bool
    venue_kinds: list[VenueKind] | None
    venue_ids: list[int] | None
    since: datetime
    until: datetime | None


class StateOut(Schema):
    """How strictly something is closed, and by which order; open: by none."""

    degree: Degree
    exceptions: bool
    order_id: int | None


class VenueStateOut(StateOut):
    """What holds for a venue."""

    venue_id: int
    name: str
    kind: VenueKind


class ClosuresOut(Schema):
    """What holds for an institution: for the whole of it and for each venue; the strictest order decides."""

    institution_id: int
    at: datetime
    known_at: datetime
    whole: StateOut
    venues: list[VenueStateOut] = Field(description="those in use; none for an office")
    orders: list[HoldingOut] = Field(
        description="all that hold here, the strictest first: lifting one reveals the next"
    )


class Degrees(Schema):
    """How many are in each state; together, all."""

    open: int = 0
    no_gathering: int = 0
    closed_to_society: int = 0
    closed: int = 0


class ClosureCounts(Schema):
    """Schools and venues in use, by how strictly they are closed."""

    schools: Degrees
    venues: Degrees


class ChildClosures(ClosureCounts):
    """One part of an institution; where ``itself`` is true, its own campus, below no child."""

    institution_id: int
    name: str
    kind: InstitutionKind
    itself: bool


class ClosureFiguresOut(ClosureCounts):
    """How much is closed in an institution with all below it, and in each part at the next level: they add up."""

    institution_id: int
    at: datetime
    items: list[ChildClosures]


class SchoolClosureOut(Schema):
    """What holds for the whole of a school."""

    institution_id: int
    name: str
    degree: Degree
    order_id: int | None


class SchoolClosuresOut(Schema):
    """A page of the open schools of an institution; ``orders`` are those that its items name."""

    institution_id: int
    at: datetime
    orders: list[HoldingOut]
    items: list[SchoolClosureOut]
    next: str | None = None


class DecidingOrderOut(StateOut):
    """Schools for the whole of which one order decides, or none."""

    number: str | None
    issuer_id: int | None
    institution_ids: list[int]


class DecidingOrdersOut(Schema):
    """All open schools of an institution, each once, by the order that decides what holds for the whole of it."""

    institution_id: int
    at: datetime
    items: list[DecidingOrderOut]


@dataclass(slots=True)
class Hold:
    """A term of an order that holds at some moment, with what decides whether it is the strictest."""

    order_id: int
    place_id: int
    issuer_id: int
    number: str
    degree: Degree
    exceptions: bool
    venue_kinds: tuple[str, ...] | None
    venue_ids: tuple[int, ...] | None
    since: datetime
    until: datetime | None
    precedence: tuple[int, bool, int, datetime, int]  # smaller for what prevails; never equal for two orders

    def is_at(self, moment: datetime) -> bool:
        """Whether it holds then."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class VenueState:
    """What holds for a venue, or for a school as a whole (``venue_id`` and ``kind`` None), for the floors above.

    ``degree`` is ``Degree.OPEN`` where no order holds. Entries to it may be approved unless not ``exceptions``.
    """

    venue_id: int | None
    name: str
    kind: VenueKind | None
    campus_id: int | None
    degree: Degree
    exceptions: bool
    order_id: int | None
    number: str | None
    issuer_id: int | None
    issuer_name: str | None


@dataclass(frozen=True, slots=True)
class Then:
    """What held at a moment: for a school as a whole, and for each of its venues by id."""

    campus: VenueState
    venues: Mapping[int, VenueState]
