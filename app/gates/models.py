"""Passes, what happened at the gates, who is inside, and whom the guard has registered."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info

_PASS = ["entry_pass.institution_id", "entry_pass.id"]
_VENUE = ["venue.institution_id", "venue.id"]


class Source(StrEnum):
    """What a pass was given for; the feature above knows the rest."""

    ENTRY_REQUEST = "entry_request"
    DUTY_SHIFT = "duty_shift"
    WALK_UP = "walk_up"


class Direction(StrEnum):
    """Through the gate."""

    IN = "in"
    OUT = "out"


class GateOutcome(StrEnum):
    """What came of it."""

    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"


class EntryPass(Base):
    """Leave to go in, for one person. ``name`` is masked: it is what the guard compares, and stands in the code.

    No ``venue_ids``: anywhere. ``used_by``: the event that used up a single-use pass. ``identity_fingerprint``: of
    whoever stands on no roll, who is found by a document as well.
    """

    __tablename__ = "entry_pass"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    source: Mapped[Source] = mapped_column(columns.choice(Source))
    source_id: Mapped[columns.BigInt]
    entry_person_id: Mapped[columns.BigInt | None]
    person_id: Mapped[columns.BigInt | None]
    account_id: Mapped[columns.BigInt | None]
    identity_fingerprint: Mapped[columns.Bytes | None]
    name: Mapped[columns.Words]
    venue_ids: Mapped[columns.Lineage]
    valid_from: Mapped[columns.Moment]
    valid_until: Mapped[columns.Moment]
    single_use: Mapped[bool]
    rotating: Mapped[bool]
    used_by: Mapped[UUID | None]
    issued_at: Mapped[columns.Moment]
    issued_by: Mapped[columns.BigInt | None]
    revoked_at: Mapped[columns.Moment | None]
    revoked_by: Mapped[columns.BigInt | None]
    revoke_reason: Mapped[columns.Words | None]

    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="moments_in_order"),
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name="revoked_for_a_reason"),
        Index("ix_entry_pass_source", "institution_id", "source", "source_id"),
        Index("ix_entry_pass_person", "institution_id", "person_id", "valid_until"),
        Index(
            "ix_entry_pass_identity",
            "institution_id",
            "identity_fingerprint",
            postgresql_where=text("identity_fingerprint IS NOT NULL"),
        ),
        Index("ix_entry_pass_account", "account_id", "valid_until"),
        Index("ix_entry_pass_revoked", "institution_id", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
        {"info": info(Tenancy.TENANT)},
    )


class GateEvent(Base):
    """Somebody went in or out, or was turned away; ``id`` is the guard's phone's. Never changed.

    ``area_id`` is the campus or venue that was entered, 0 for the school as a whole. ``findings`` say why somebody was
    turned away, or what the guard could not know while without a network.
    """

    __tablename__ = "gate_event"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.UuidKey]
    venue_id: Mapped[columns.BigInt]
    area_id: Mapped[columns.BigInt]
    at_gate: Mapped[bool]
    pass_id: Mapped[columns.BigInt | None]
    person_id: Mapped[columns.BigInt | None]
    name: Mapped[columns.Words]
    direction: Mapped[Direction] = mapped_column(columns.choice(Direction))
    outcome: Mapped[GateOutcome] = mapped_column(columns.choice(GateOutcome))
    findings: Mapped[list[str]] = mapped_column(ARRAY(Text))
    temperature: Mapped[columns.Small | None]
    day: Mapped[columns.Day]
    occurred_at: Mapped[columns.Moment]
    received_at: Mapped[columns.Moment]
    queued: Mapped[bool]
    skewed: Mapped[bool]
    account_id: Mapped[columns.BigInt | None]

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "pass_id"], _PASS, ondelete="RESTRICT"),
        ForeignKeyConstraint(["institution_id", "venue_id"], _VENUE, ondelete="RESTRICT"),
        CheckConstraint("num_nonnulls(pass_id, person_id) >= 1", name="somebody"),
        Index("ix_gate_event_day", "institution_id", "day"),
        Index("ix_gate_event_time", "institution_id", "occurred_at", "id"),
        {"info": info(Tenancy.TENANT)},
    )


class Presence(Base):
    """The last that is known of somebody at an area: in since when, or out. By it, events land in any order.

    ``person_id`` and ``pass_id``: one of them, the other 0; a person on the roll is the same with any pass.
    ``overstayed_at``: when it was noticed, and told, that this stay has lasted too long.
    """

    __tablename__ = "presence"

    institution_id: Mapped[columns.InstitutionKey]
    area_id: Mapped[columns.InstitutionKey]
    person_id: Mapped[columns.InstitutionKey]
    pass_id: Mapped[columns.InstitutionKey]
    inside: Mapped[bool]
    at_gate: Mapped[bool]
    name: Mapped[columns.Words]
    at: Mapped[columns.Moment]
    event_id: Mapped[UUID]
    day: Mapped[columns.Day]
    due_out_at: Mapped[columns.Moment | None]
    overstayed_at: Mapped[columns.Moment | None]

    __table_args__ = (
        CheckConstraint("(person_id = 0) <> (pass_id = 0)", name="one_holder"),
        Index("ix_presence_inside", "institution_id", "at", postgresql_where=text("inside")),
        {"info": info(Tenancy.TENANT)},
    )


class SchoolPresence(Base):
    """How many are inside a school's gates now: the leaf that sums over a province are made of."""

    __tablename__ = "school_presence"

    institution_id: Mapped[columns.InstitutionKey]
    lineage: Mapped[columns.Lineage]
    inside: Mapped[int]

    __table_args__ = ({"info": info(Tenancy.AGGREGATE)},)


class WalkUp(Base):
    """A visitor whom the guard has registered at the gate: who, and to whom. ``client_id`` is the phone's."""

    __tablename__ = "walk_up"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    client_id: Mapped[UUID]
    name: Mapped[columns.Words]
    identity_cipher: Mapped[columns.Bytes]
    identity_fingerprint: Mapped[columns.Bytes]
    identity_masked: Mapped[columns.Words]
    phone_cipher: Mapped[columns.Bytes]
    phone_fingerprint: Mapped[columns.Bytes]
    phone_masked: Mapped[columns.Words]
    reason: Mapped[columns.Words]
    registered_by: Mapped[columns.BigInt | None]
    registered_at: Mapped[columns.Moment]

    __table_args__ = (
        Index("uq_walk_up_client_id", "institution_id", "client_id", unique=True),
        {"info": info(Tenancy.TENANT)},
    )
