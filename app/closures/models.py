"""Venues of a school, and the orders that close them.

All of these carry the lineage of their place, so that every level above reads them; they follow the tree when it moves.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info


class VenueKind(StrEnum):
    """What can be closed. A campus (校区) holds other venues; what stands in none belongs to the school as a whole."""

    CAMPUS = "campus"
    GATE = "gate"
    TEACHING_BUILDING = "teaching_building"
    LIBRARY = "library"
    LABORATORY = "laboratory"
    GYMNASIUM = "gymnasium"
    SPORTS_GROUND = "sports_ground"
    ACTIVITY_CENTRE = "activity_centre"
    DORMITORY = "dormitory"
    CANTEEN = "canteen"
    OFFICE_BUILDING = "office_building"
    OTHER = "other"


class Degree(StrEnum):
    """How strictly something is closed, from open to closed: the order of the members is the order of strictness."""

    OPEN = "open"
    NO_GATHERING = "no_gathering"
    CLOSED_TO_SOCIETY = "closed_to_society"
    CLOSED = "closed"

    @property
    def rank(self) -> int:
        """0 for open, more for stricter."""
        return RANKS[self]


RANKS = {degree: rank for rank, degree in enumerate(Degree)}


class Venue(Base):
    """A place of a school that people enter; ``retired_on``: it is in use no more."""

    __tablename__ = "venue"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    kind: Mapped[VenueKind] = mapped_column(columns.choice(VenueKind))
    campus_id: Mapped[columns.BigInt | None]
    name: Mapped[columns.Words]
    retired_on: Mapped[columns.Day | None]
    version: Mapped[columns.Version]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "campus_id"], ["venue.institution_id", "venue.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("kind <> 'campus' OR campus_id IS NULL", name="campus_in_no_campus"),
        Index(
            "uq_venue_name",
            "institution_id",
            "name",
            unique=True,
            postgresql_where=sql("retired_on IS NULL"),
        ),
        {"info": info(Tenancy.AGGREGATE)},
    )


class VenueCounts:
    """One column for each kind of venue."""

    campus: Mapped[int]
    gate: Mapped[int]
    teaching_building: Mapped[int]
    library: Mapped[int]
    laboratory: Mapped[int]
    gymnasium: Mapped[int]
    sports_ground: Mapped[int]
    activity_centre: Mapped[int]
    dormitory: Mapped[int]
    canteen: Mapped[int]
    office_building: Mapped[int]
    other: Mapped[int]


class SchoolVenues(VenueCounts, Base):
    """How many venues of each kind a school uses: the leaf that sums over a province are made of."""

    __tablename__ = "school_venues"

    institution_id: Mapped[columns.InstitutionKey]
    lineage: Mapped[columns.Lineage]

    __table_args__ = {"info": info(Tenancy.AGGREGATE)}  # noqa: RUF012 - SQLAlchemy's form


class ClosureOrder(Base):
    """An order (封闭管理令) for an institution and all below it, on the authority of ``issuer_id``.

    What it says, and said, stands in its terms; who changes them holds this row.
    """

    __tablename__ = "closure_order"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    issuer_id: Mapped[columns.BigInt]
    number: Mapped[columns.Words]
    version: Mapped[columns.Version]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        Index("uq_closure_order_number", "institution_id", "issuer_id", "number", unique=True),
        Index("ix_closure_order_lineage", "lineage", postgresql_using="gin"),
        {"info": info(Tenancy.ORDERS)},
    )


class ClosureTerm(Base):
    """What an order says of [``valid_from``, ``valid_to``), as it was known in [``known_from``, ``known_to``).

    Rows are never deleted, and only ``known_to`` is ever set: what was known on any day can be asked for. Without kinds
    and venues the whole place is meant.
    """

    __tablename__ = "closure_term"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    order_id: Mapped[columns.BigInt]
    degree: Mapped[Degree] = mapped_column(columns.choice(Degree))
    exceptions: Mapped[bool]
    venue_kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    venue_ids: Mapped[columns.Lineage | None]
    text: Mapped[columns.Words]
    reason: Mapped[columns.Words | None]
    valid_from: Mapped[columns.Moment]
    valid_to: Mapped[columns.Moment | None]
    known_from: Mapped[columns.Moment]
    known_to: Mapped[columns.Moment | None]
    decided_by: Mapped[columns.BigInt | None]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "order_id"], ["closure_order.institution_id", "closure_order.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("degree <> 'open'", name="closes"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="moments_in_order"),
        CheckConstraint("known_to IS NULL OR known_to >= known_from", name="known_in_order"),
        CheckConstraint("venue_kinds IS NULL OR venue_ids IS NULL", name="one_extent"),
        Index("ix_closure_term_order", "institution_id", "order_id"),
        Index("ix_closure_term_lineage", "lineage", postgresql_using="gin"),
        # Of what is known now, one term of an order may be open-ended: a second one would contradict it.
        Index(
            "uq_closure_term_open",
            "institution_id",
            "order_id",
            unique=True,
            postgresql_where=sql("known_to IS NULL AND valid_to IS NULL"),
        ),
        {"info": info(Tenancy.ORDERS)},
    )
