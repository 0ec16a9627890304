"""Add leaves of the figures."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "rollups_1"
down_revision = "people_1"
branch_labels = None
depends_on = None

TENANCY = {
    "unit_roll": rls.Tenancy.UNITS,
    "school_roll": rls.Tenancy.AGGREGATE,
    "unit_day": rls.Tenancy.UNITS,
    "school_day": rls.Tenancy.AGGREGATE,
}
APPEND_ONLY = ()
TABLES = ("unit_roll", "school_roll", "unit_day", "school_day")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "school_day",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("lineage", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("normal", sa.Integer(), nullable=False),
        sa.Column("attention", sa.Integer(), nullable=False),
        sa.Column("fever", sa.Integer(), nullable=False),
        sa.Column("symptoms", sa.Integer(), nullable=False),
        sa.Column("not_measured", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("household_reported", sa.Integer(), nullable=False),
        sa.Column("household_fever", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "least(reported, normal, attention, fever, symptoms, not_measured, late, "
            "household_reported, household_fever) >= 0",
            name=op.f("ck_school_day_not_negative"),
        ),
        sa.CheckConstraint("reported = normal + attention + fever", name=op.f("ck_school_day_adds_up")),
        sa.PrimaryKeyConstraint("institution_id", "day", name=op.f("pk_school_day")),
    )
    op.create_index("ix_school_day_day", "school_day", ["day"], unique=False)
    op.create_table(
        "school_roll",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("lineage", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("on_roll", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("units_uncovered", sa.Integer(), nullable=False),
        sa.Column("persons_uncovered", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "least(on_roll, due, units, units_uncovered, persons_uncovered) >= 0",
            name=op.f("ck_school_roll_not_negative"),
        ),
        sa.PrimaryKeyConstraint("institution_id", "valid_from", name=op.f("pk_school_roll")),
    )
    op.create_index("ix_school_roll_days", "school_roll", ["valid_from", "valid_to"], unique=False)
    op.create_index(
        "uq_school_roll_open",
        "school_roll",
        ["institution_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "unit_day",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("normal", sa.Integer(), nullable=False),
        sa.Column("attention", sa.Integer(), nullable=False),
        sa.Column("fever", sa.Integer(), nullable=False),
        sa.Column("symptoms", sa.Integer(), nullable=False),
        sa.Column("not_measured", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("household_reported", sa.Integer(), nullable=False),
        sa.Column("household_fever", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "least(reported, normal, attention, fever, symptoms, not_measured, late, "
            "household_reported, household_fever) >= 0",
            name=op.f("ck_unit_day_not_negative"),
        ),
        sa.CheckConstraint("reported = normal + attention + fever", name=op.f("ck_unit_day_adds_up")),
        sa.PrimaryKeyConstraint("institution_id", "day", "unit_id", name=op.f("pk_unit_day")),
    )
    op.create_table(
        "unit_roll",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("on_roll", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("units_uncovered", sa.Integer(), nullable=False),
        sa.Column("persons_uncovered", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "least(on_roll, due, units, units_uncovered, persons_uncovered) >= 0",
            name=op.f("ck_unit_roll_not_negative"),
        ),
        sa.PrimaryKeyConstraint("institution_id", "unit_id", "valid_from", name=op.f("pk_unit_roll")),
    )
    op.create_index(
        "uq_unit_roll_open",
        "unit_roll",
        ["institution_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    for table in TABLES:
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_index("uq_unit_roll_open", table_name="unit_roll", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_table("unit_roll")
    op.drop_table("unit_day")
    op.drop_index("uq_school_roll_open", table_name="school_roll", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_index("ix_school_roll_days", table_name="school_roll")
    op.drop_table("school_roll")
    op.drop_index("ix_school_day_day", table_name="school_day")
    op.drop_table("school_day")
