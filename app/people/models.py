"""Students, staff, household members; guardians and the codes that bind them; who stood in which unit when."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKeyConstraint, Index, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info

_UNIT = ["unit.institution_id", "unit.id"]
_PERSON = ["person.institution_id", "person.id"]


class PersonKind(StrEnum):
    """Students and staff are on roll and counted as due; household members are followed beside them."""

    STUDENT = "student"
    STAFF = "staff"
    HOUSEHOLD = "household"


class PersonState(StrEnum):
    """Leavers keep their history."""

    ENROLLED = "enrolled"
    LEFT = "left"


class Person(Base):
    """Someone whose health is followed. ``ward_id`` is the student for whom guardians answer: the person itself
    unless it is a household member, who hangs on ``student_id``.
    """

    __tablename__ = "person"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    kind: Mapped[PersonKind] = mapped_column(columns.choice(PersonKind))
    state: Mapped[PersonState] = mapped_column(columns.choice(PersonState))
    name: Mapped[columns.Words]
    number: Mapped[columns.Words | None]
    unit_id: Mapped[columns.BigInt | None]
    dormitory_id: Mapped[columns.BigInt | None]
    student_id: Mapped[columns.BigInt | None]
    ward_id: Mapped[int] = mapped_column(BigInteger, Computed("coalesce(student_id, id)", persisted=True))
    relation: Mapped[columns.Words | None]
    identity_cipher: Mapped[columns.Bytes | None]
    identity_fingerprint: Mapped[columns.Bytes | None]
    identity_masked: Mapped[columns.Words | None]
    phone_cipher: Mapped[columns.Bytes | None]
    phone_fingerprint: Mapped[columns.Bytes | None]
    phone_masked: Mapped[columns.Words | None]
    enrolled_on: Mapped[columns.Day]
    left_on: Mapped[columns.Day | None]
    version: Mapped[columns.Version]

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "unit_id"], _UNIT, ondelete="RESTRICT"),
        ForeignKeyConstraint(["institution_id", "dormitory_id"], _UNIT, ondelete="RESTRICT"),
        ForeignKeyConstraint(["institution_id", "student_id"], _PERSON, ondelete="CASCADE"),
        CheckConstraint("(kind = 'household') = (student_id IS NOT NULL)", name="household_has_student"),
        CheckConstraint("kind <> 'household' OR unit_id IS NULL", name="household_has_no_unit"),
        CheckConstraint("(state = 'left') = (left_on IS NOT NULL)", name="left_on_a_day"),
        Index(
            "uq_person_number",
            "institution_id",
            "kind",
            "number",
            unique=True,
            postgresql_where=text("state = 'enrolled' AND number IS NOT NULL"),
        ),
        Index(
            "uq_person_identity",
            "institution_id",
            "kind",
            "identity_fingerprint",
            unique=True,
            postgresql_where=text("state = 'enrolled' AND kind <> 'household' AND identity_fingerprint IS NOT NULL"),
        ),
        Index("ix_person_unit", "institution_id", "unit_id"),
        Index("ix_person_ward", "institution_id", "ward_id"),
        Index("ix_person_phone", "institution_id", "phone_fingerprint"),
        {"info": info(Tenancy.TENANT)},
    )


class Standing(Base):
    """In which unit a student or member of staff stood, from a day until another (exclusive).

    ``due``: whether a reading was owed in those days; kept, since the policy that says so changes and the past stays.
    """

    __tablename__ = "standing"

    institution_id: Mapped[columns.InstitutionKey]
    person_id: Mapped[columns.InstitutionKey]
    valid_from: Mapped[columns.DayKey]
    valid_to: Mapped[columns.Day | None]
    unit_id: Mapped[columns.BigInt | None]
    due: Mapped[bool] = mapped_column(server_default=true())

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "person_id"], _PERSON, ondelete="CASCADE"),
        ForeignKeyConstraint(["institution_id", "unit_id"], _UNIT, ondelete="RESTRICT"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="days_in_order"),
        Index("ix_standing_unit", "institution_id", "unit_id", "valid_from"),
        {"info": info(Tenancy.TENANT)},
    )


class Guardian(Base):
    """Who answers for a student, by the school's list; ``account_id`` once an account is bound."""

    __tablename__ = "guardian"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    student_id: Mapped[columns.BigInt]
    name: Mapped[columns.Words]
    relation: Mapped[columns.Words]
    phone_cipher: Mapped[columns.Bytes | None]
    phone_fingerprint: Mapped[columns.Bytes | None]
    phone_masked: Mapped[columns.Words | None]
    account_id: Mapped[columns.BigInt | None]
    bound_at: Mapped[columns.Moment | None]
    ended_at: Mapped[columns.Moment | None]
    student: Mapped[Person] = relationship(viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "student_id"], _PERSON, ondelete="CASCADE"),
        CheckConstraint("(account_id IS NULL) = (bound_at IS NULL)", name="bound_at_a_moment"),
        Index("ix_guardian_student", "institution_id", "student_id"),
        Index("ix_guardian_phone", "institution_id", "phone_fingerprint"),
        {"info": info(Tenancy.TENANT)},
    )


class InvitationState(StrEnum):
    """A code is used once, or never."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class Invitation(Base):
    """A code by which an account is bound to a student; kept as a keyed hash."""

    __tablename__ = "invitation"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    student_id: Mapped[columns.BigInt]
    relation: Mapped[columns.Words]
    code_fingerprint: Mapped[columns.Bytes]
    state: Mapped[InvitationState] = mapped_column(columns.choice(InvitationState))
    issued_by: Mapped[columns.BigInt | None]
    issued_at: Mapped[columns.Moment]
    expires_at: Mapped[columns.Moment]
    accepted_by: Mapped[columns.BigInt | None]
    student: Mapped[Person] = relationship(viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "student_id"], _PERSON, ondelete="CASCADE"),
        CheckConstraint("(state = 'accepted') = (accepted_by IS NOT NULL)", name="accepted_by_someone"),
        Index("uq_invitation_code", "institution_id", "code_fingerprint", unique=True),
        {"info": info(Tenancy.TENANT)},
    )


class RollImport(Base):
    """One spreadsheet that was read: how, with what result; row errors name rows and columns, never values."""

    __tablename__ = "roll_import"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    kind: Mapped[columns.Words]
    mode: Mapped[columns.Words]
    dry_run: Mapped[bool]
    rows: Mapped[int]
    created: Mapped[int]
    updated: Mapped[int]
    failed: Mapped[int]
    errors: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    imported_by: Mapped[columns.BigInt | None]
    imported_at: Mapped[columns.Moment]

    __table_args__ = {"info": info(Tenancy.TENANT)}  # noqa: RUF012 - SQLAlchemy's form


class Promotion(Base):
    """The year-end promotion of a school; its key is what makes it happen once a school year."""

    __tablename__ = "promotion"

    institution_id: Mapped[columns.InstitutionKey]
    school_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    effective_on: Mapped[columns.Day]
    classes: Mapped[int]
    graduates: Mapped[int]
    promoted_by: Mapped[columns.BigInt | None]
    promoted_at: Mapped[columns.Moment]

    __table_args__ = {"info": info(Tenancy.TENANT)}  # noqa: RUF012 - SQLAlchemy's form
