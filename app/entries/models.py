"""Requests with their persons and steps, who voted, who acts for whom, visitors' invitations, duty shifts."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.access.roles import Role
from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info

_REQUEST = ["entry_request.institution_id", "entry_request.id"]
_PERSON = ["person.institution_id", "person.id"]


class EntryKind(StrEnum):
    """Who asks: someone of the roll for themselves, a guardian, the school for a list or class, a visitor."""

    SELF = "self"
    FAMILY = "family"
    ROLL = "roll"
    VISITOR = "visitor"


class Purpose(StrEnum):
    """What somebody enters for; a word that may be told to the level above, as the reason may not."""

    WORK = "work"
    STUDY = "study"
    RETURN = "return"
    MEETING = "meeting"
    PICK_UP = "pick_up"
    REPAIR = "repair"
    DELIVERY = "delivery"
    INSPECTION = "inspection"
    OTHER = "other"


class RequestState(StrEnum):
    """A draft lives only until the rules have looked at it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class StepState(StrEnum):
    """One step of a request is open at a time; those after it wait."""

    WAITING = "waiting"
    OPEN = "open"
    PASSED = "passed"
    REFUSED = "refused"
    RETURNED = "returned"
    DROPPED = "dropped"


class StepLevel(StrEnum):
    """Whose step it is: the school's, the next office's, or that of the level whose order closes the place."""

    SCHOOL = "school"
    ABOVE = "above"
    ISSUER = "issuer"


class InvitationState(StrEnum):
    """An invitation also ends by its time and by its uses."""

    ISSUED = "issued"
    REVOKED = "revoked"


class EntryRequest(Base):
    """Some persons who want to enter some venues (none named: the campus) in a window of time.

    ``round`` counts how often it was submitted. ``unit_id``: the class or department that all its persons stand in.
    """

    __tablename__ = "entry_request"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    kind: Mapped[EntryKind] = mapped_column(columns.choice(EntryKind))
    state: Mapped[RequestState] = mapped_column(columns.choice(RequestState))
    purpose: Mapped[Purpose] = mapped_column(columns.choice(Purpose))
    reason: Mapped[columns.Words]
    unit_id: Mapped[columns.BigInt | None]
    account_id: Mapped[columns.BigInt | None]
    invitation_id: Mapped[columns.BigInt | None]
    ticket_fingerprint: Mapped[columns.Bytes | None]
    venue_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    valid_from: Mapped[columns.Moment]
    valid_until: Mapped[columns.Moment]
    round: Mapped[columns.Small]
    submitted_at: Mapped[columns.Moment]
    decided_at: Mapped[columns.Moment | None]
    version: Mapped[columns.Version]

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "unit_id"], ["unit.institution_id", "unit.id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(
            ["institution_id", "invitation_id"],
            ["visit_invitation.institution_id", "visit_invitation.id"],
            ondelete="RESTRICT",
        ),
        CheckConstraint("valid_until > valid_from", name="window"),
        CheckConstraint("(kind = 'visitor') = (invitation_id IS NOT NULL)", name="visitor_was_invited"),
        CheckConstraint("(kind = 'visitor') = (ticket_fingerprint IS NOT NULL)", name="visitor_has_ticket"),
        CheckConstraint(
            "(state IN ('approved', 'refused', 'withdrawn', 'expired')) = (decided_at IS NOT NULL)", name="decided_at"
        ),
        Index("ix_entry_request_state", "institution_id", "state", "id"),
        Index("ix_entry_request_account", "institution_id", "account_id", "id"),
        Index("uq_entry_request_ticket", "institution_id", "ticket_fingerprint", unique=True),
        {"info": info(Tenancy.TENANT)},
    )


class EntryPerson(Base):
    """Somebody of a request. ``person_id`` where the school's roll knows them; the numbers of those whom it does not.

    ``health`` is what was answered, ``holds`` the rules (with what fills their texts) that keep this person out.
    """

    __tablename__ = "entry_person"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    request_id: Mapped[columns.BigInt]
    person_id: Mapped[columns.BigInt | None]
    on_roll: Mapped[bool]
    name: Mapped[columns.Words]
    identity_cipher: Mapped[columns.Bytes | None]
    identity_fingerprint: Mapped[columns.Bytes | None]
    identity_masked: Mapped[columns.Words | None]
    phone_cipher: Mapped[columns.Bytes | None]
    phone_fingerprint: Mapped[columns.Bytes | None]
    phone_masked: Mapped[columns.Words | None]
    health: Mapped[columns.Document]
    holds: Mapped[list[dict[str, object]]] = mapped_column(JSONB)

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "request_id"], _REQUEST, ondelete="CASCADE"),
        ForeignKeyConstraint(["institution_id", "person_id"], _PERSON, ondelete="RESTRICT"),
        CheckConstraint("on_roll OR identity_cipher IS NOT NULL", name="real_name"),
        CheckConstraint("NOT on_roll OR person_id IS NOT NULL", name="on_roll_is_known"),
        Index("ix_entry_person_request", "institution_id", "request_id", "id"),
        Index(
            "uq_entry_person_person",
            "institution_id",
            "request_id",
            "person_id",
            unique=True,
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        {"info": info(Tenancy.TENANT)},
    )


class EntryStep(Base):
    """A rung of a request's ladder, as the policy was when it was submitted; ``office_id`` decides on it.

    Read from above: it holds no personal data. ``summary`` is all that the level above is told.
    """

    __tablename__ = "entry_step"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    lineage: Mapped[columns.Lineage]
    request_id: Mapped[columns.BigInt]
    round: Mapped[columns.Small]
    place: Mapped[columns.Small]
    level: Mapped[StepLevel] = mapped_column(columns.choice(StepLevel))
    office_id: Mapped[columns.BigInt]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    needs_all: Mapped[bool]
    state: Mapped[StepState] = mapped_column(columns.choice(StepState))
    opened_at: Mapped[columns.Moment | None]
    summary: Mapped[columns.Document]

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "request_id"], _REQUEST, ondelete="CASCADE"),
        CheckConstraint("state IN ('waiting', 'dropped') OR opened_at IS NOT NULL", name="opened_at"),
        Index("uq_entry_step_place", "institution_id", "request_id", "round", "place", unique=True),
        Index(
            "uq_entry_step_open",
            "institution_id",
            "request_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_entry_step_office", "office_id", "id", postgresql_where=text("state = 'open'")),
        {"info": info(Tenancy.AGGREGATE)},
    )


class EntryVote(Base):
    """What one account has said to a step in one role; ``delegation_id``: for whoever holds the role."""

    __tablename__ = "entry_vote"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    step_id: Mapped[columns.BigInt]
    role: Mapped[Role] = mapped_column(columns.choice(Role))
    move: Mapped[columns.Words]
    account_id: Mapped[columns.BigInt]
    delegation_id: Mapped[columns.BigInt | None]
    at: Mapped[columns.Moment]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "step_id"], ["entry_step.institution_id", "entry_step.id"], ondelete="CASCADE"
        ),
        Index("uq_entry_vote_role", "institution_id", "step_id", "role", unique=True),
        Index("uq_entry_vote_account", "institution_id", "step_id", "account_id", unique=True),
        {"info": info(Tenancy.TENANT, append_only=True)},
    )


class EntryDelegation(Base):
    """From a day to a day (included) an account decides in the place of another that holds a role.

    Ids only: it is read wherever the institution is named, since a deputy's own role may not look inside.
    """

    __tablename__ = "entry_delegation"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    role: Mapped[Role] = mapped_column(columns.choice(Role))
    unit_id: Mapped[columns.BigInt | None]
    account_id: Mapped[columns.BigInt]
    deputy_account_id: Mapped[columns.BigInt]
    since: Mapped[columns.Day]
    until: Mapped[columns.Day]
    made_by: Mapped[columns.BigInt | None]
    made_at: Mapped[columns.Moment]
    revoked_at: Mapped[columns.Moment | None]

    __table_args__ = (
        CheckConstraint("until >= since", name="days_in_order"),
        CheckConstraint("account_id <> deputy_account_id", name="two_accounts"),
        Index("ix_entry_delegation_deputy", "deputy_account_id", "until"),
        {"info": info(Tenancy.RULES)},
    )


class VisitInvitation(Base):
    """A code that lets outsiders ask for entry, kept as a keyed hash; what it allows is all that they may ask for."""

    __tablename__ = "visit_invitation"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    code_fingerprint: Mapped[columns.Bytes]
    state: Mapped[InvitationState] = mapped_column(columns.choice(InvitationState))
    purpose: Mapped[Purpose] = mapped_column(columns.choice(Purpose))
    venue_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    valid_from: Mapped[columns.Moment]
    valid_until: Mapped[columns.Moment]
    uses_left: Mapped[columns.Small]
    issued_by: Mapped[columns.BigInt | None]
    issued_at: Mapped[columns.Moment]

    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="window"),
        CheckConstraint("uses_left >= 0", name="uses_left"),
        Index("uq_visit_invitation_code", "institution_id", "code_fingerprint", unique=True),
        {"info": info(Tenancy.TENANT)},
    )


class DutyShift(Base):
    """Somebody of the staff who is on duty at a time, and enters without a request."""

    __tablename__ = "duty_shift"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    person_id: Mapped[columns.BigInt]
    venue_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    duty: Mapped[columns.Words]
    starts_at: Mapped[columns.Moment]
    ends_at: Mapped[columns.Moment]
    made_by: Mapped[columns.BigInt | None]
    cancelled_at: Mapped[columns.Moment | None]

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "person_id"], _PERSON, ondelete="CASCADE"),
        CheckConstraint("ends_at > starts_at", name="window"),
        Index("ix_duty_shift_time", "institution_id", "starts_at", "id"),
        Index(
            "uq_duty_shift_person",
            "institution_id",
            "person_id",
            "starts_at",
            unique=True,
            postgresql_where=text("cancelled_at IS NULL"),
        ),
        {"info": info(Tenancy.TENANT)},
    )
