"""Institutions, where they stood and when, and the units of a school."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info


class InstitutionKind(StrEnum):
    """The levels; a school may stand below any of the offices, or below a centre school."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    SCHOOL = "school"


class SchoolType(StrEnum):
    """The first two digits of a school code say the same (11, 21, 31, 34, 36, 51)."""

    KINDERGARTEN = "kindergarten"
    PRIMARY = "primary"
    JUNIOR = "junior"
    SENIOR = "senior"
    VOCATIONAL = "vocational"
    SPECIAL = "special"
    NURSERY = "nursery"


class InstitutionState(StrEnum):
    """Closed and merged institutions keep their history and take no new facts."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Institution(Base):
    """A node of the tree. ``lineage`` runs from the root to the node itself and is derived from ``parent_id``.

    A trigger holds the two together and refuses cycles; only `institutions.service.move` changes them.
    """

    __tablename__ = "institution"

    id: Mapped[columns.IdKey]
    parent_id: Mapped[columns.BigInt | None] = mapped_column(ForeignKey("institution.id", ondelete="RESTRICT"))
    kind: Mapped[InstitutionKind] = mapped_column(columns.choice(InstitutionKind))
    school_type: Mapped[SchoolType | None] = mapped_column(columns.choice(SchoolType))
    code: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[columns.Words]
    division_code: Mapped[columns.Words | None]
    lineage: Mapped[columns.Lineage]
    state: Mapped[InstitutionState] = mapped_column(columns.choice(InstitutionState))
    opened_on: Mapped[columns.Day]
    closed_on: Mapped[columns.Day | None]
    merged_into_id: Mapped[columns.BigInt | None] = mapped_column(ForeignKey("institution.id", ondelete="RESTRICT"))
    version: Mapped[columns.Version]

    __table_args__ = (
        CheckConstraint("lineage[array_upper(lineage, 1)] = id", name="lineage_ends_here"),
        CheckConstraint("parent_id IS DISTINCT FROM id", name="not_its_own_parent"),
        CheckConstraint("(kind = 'school') = (school_type IS NOT NULL)", name="school_has_type"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into"),
        CheckConstraint("(state = 'open') = (closed_on IS NULL)", name="closed_on_a_day"),
        Index("ix_institution_lineage", "lineage", postgresql_using="gin"),
        Index("ix_institution_parent", "parent_id", "id"),
        {"info": info(Tenancy.TREE)},
    )


class Root(Base):
    """The root of a tree; a trigger keeps it. Global: tasks begin without a scope and must know where to begin."""

    __tablename__ = "institution_root"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Placement(Base):
    """Where an institution stood, from a day until another (exclusive); a future one is applied when its day comes."""

    __tablename__ = "placement"

    institution_id: Mapped[columns.InstitutionKey]
    valid_from: Mapped[columns.DayKey]
    valid_to: Mapped[columns.Day | None]
    parent_id: Mapped[columns.BigInt | None]
    lineage: Mapped[columns.Lineage]
    decided_by: Mapped[columns.BigInt | None]
    applied: Mapped[bool]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="days_in_order"),
        Index("ix_placement_due", "valid_from", postgresql_where=text("NOT applied")),
        {"info": info(Tenancy.AGGREGATE, replicated=True)},
    )


class UnitKind(StrEnum):
    """What a school is made of. Every student stands in one class, every member of staff in one department."""

    GRADE = "grade"
    CLASS = "class"
    DEPARTMENT = "department"
    DORMITORY = "dormitory"


class Unit(Base):
    """A grade, class, department or dormitory, with the account that answers for it (责任人)."""

    __tablename__ = "unit"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    kind: Mapped[UnitKind] = mapped_column(columns.choice(UnitKind))
    parent_id: Mapped[columns.BigInt | None]
    name: Mapped[columns.Words]
    grade_level: Mapped[columns.Small | None]
    responsible_account_id: Mapped[columns.BigInt | None]
    closed_on: Mapped[columns.Day | None]
    version: Mapped[columns.Version]

    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "parent_id"], ["unit.institution_id", "unit.id"], ondelete="RESTRICT"),
        CheckConstraint("grade_level BETWEEN 0 AND 20", name="grade_level"),
        Index(
            "uq_unit_name",
            "institution_id",
            "kind",
            "name",
            unique=True,
            postgresql_where=text("closed_on IS NULL"),
        ),
        {"info": info(Tenancy.UNITS)},
    )


class MemberName(Base):
    """How an institution calls the holder of an account to whom it gave a role.

    Its own word, not the account's: otherwise giving a role to a phone number would tell whose it is.
    """

    __tablename__ = "member_name"

    institution_id: Mapped[columns.InstitutionKey]
    account_id: Mapped[columns.InstitutionKey]
    name: Mapped[columns.Words]

    __table_args__ = {"info": info(Tenancy.TENANT)}  # noqa: RUF012 - SQLAlchemy's form


class DivisionRow(Base):
    """An administrative division (GB/T 2260) for the years in which its code was valid; reference data."""

    __tablename__ = "division"

    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[columns.DayKey]
    valid_to: Mapped[columns.Day | None]
    name: Mapped[columns.Words]
    name_en: Mapped[columns.Words]
    level: Mapped[columns.Words]
    parent_code: Mapped[columns.Words | None]
