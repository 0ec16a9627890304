"""The leaves: what stands (rolls, from a day until it changes) and what happened (days), by class and by school.

School leaves carry the lineage that the school had on that day, so that a move leaves history where it was and a sum
over any subtree needs no join.
"""

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info

NOBODY = 0  # the "unit" of persons who stand in none, and of household members


class RollCounts:
    """One column for each ROLL metric."""

    on_roll: Mapped[int]
    due: Mapped[int]
    units: Mapped[int]
    units_uncovered: Mapped[int]
    persons_uncovered: Mapped[int]


class DayCounts:
    """One column for each DAY metric."""

    reported: Mapped[int]
    normal: Mapped[int]
    attention: Mapped[int]
    fever: Mapped[int]
    symptoms: Mapped[int]
    not_measured: Mapped[int]
    late: Mapped[int]
    household_reported: Mapped[int]
    household_fever: Mapped[int]
    # What features above count begins at none: those who make the rows need not know of it.
    entries: Mapped[int] = mapped_column(server_default="0")
    exits: Mapped[int] = mapped_column(server_default="0")
    turned_away: Mapped[int] = mapped_column(server_default="0")


_ADDS_UP = "reported = normal + attention + fever"
_NOT_NEGATIVE_DAY = (
    "least(reported, normal, attention, fever, symptoms, not_measured, late, household_reported, household_fever) >= 0"
)
_NOT_NEGATIVE_GATE = "least(entries, exits, turned_away) >= 0"
_NOT_NEGATIVE_ROLL = "least(on_roll, due, units, units_uncovered, persons_uncovered) >= 0"


class UnitRoll(RollCounts, Base):
    """What stands in a unit (0: in none), from a day until another (exclusive)."""

    __tablename__ = "unit_roll"

    institution_id: Mapped[columns.InstitutionKey]
    unit_id: Mapped[columns.InstitutionKey]
    valid_from: Mapped[columns.DayKey]
    valid_to: Mapped[columns.Day | None]

    __table_args__ = (
        CheckConstraint(_NOT_NEGATIVE_ROLL, name="not_negative"),
        Index("uq_unit_roll_open", "institution_id", "unit_id", unique=True, postgresql_where=text("valid_to IS NULL")),
        {"info": info(Tenancy.UNITS)},
    )


class SchoolRoll(RollCounts, Base):
    """The sum over a school, from a day until another (exclusive), with the lineage of those days."""

    __tablename__ = "school_roll"

    institution_id: Mapped[columns.InstitutionKey]
    valid_from: Mapped[columns.DayKey]
    valid_to: Mapped[columns.Day | None]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        CheckConstraint(_NOT_NEGATIVE_ROLL, name="not_negative"),
        Index("uq_school_roll_open", "institution_id", unique=True, postgresql_where=text("valid_to IS NULL")),
        Index("ix_school_roll_days", "valid_from", "valid_to"),
        {"info": info(Tenancy.AGGREGATE)},
    )


class UnitDay(DayCounts, Base):
    """What happened in a unit on a day; also the row that writers of its check-ins lock first."""

    __tablename__ = "unit_day"

    institution_id: Mapped[columns.InstitutionKey]
    day: Mapped[columns.DayKey]
    unit_id: Mapped[columns.InstitutionKey]

    __table_args__ = (
        CheckConstraint(_ADDS_UP, name="adds_up"),
        CheckConstraint(_NOT_NEGATIVE_DAY, name="not_negative"),
        CheckConstraint(_NOT_NEGATIVE_GATE, name="gate_not_negative"),
        {"info": info(Tenancy.UNITS)},
    )


class SchoolDay(DayCounts, Base):
    """What happened in a school on a day, with the lineage of that day."""

    __tablename__ = "school_day"

    institution_id: Mapped[columns.InstitutionKey]
    day: Mapped[columns.DayKey]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        CheckConstraint(_ADDS_UP, name="adds_up"),
        CheckConstraint(_NOT_NEGATIVE_DAY, name="not_negative"),
        CheckConstraint(_NOT_NEGATIVE_GATE, name="gate_not_negative"),
        Index("ix_school_day_day", "day"),
        {"info": info(Tenancy.AGGREGATE)},
    )
