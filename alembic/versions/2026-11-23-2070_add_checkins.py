"""Add readings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "checkins_1"
down_revision = "rollups_1"
branch_labels = None
depends_on = None

TENANCY = {
    "checkin": rls.Tenancy.TENANT,
}
APPEND_ONLY = ()
TABLES = ("checkin",)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "checkin",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("household", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column(
            "slot",
            sa.Enum("morning", "noon", "evening", name="slot", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "guardian",
                "self",
                "teacher",
                "doctor",
                "gate",
                "import",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "normal",
                "attention",
                "fever",
                name="healthstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("temperature", sa.SmallInteger(), nullable=True),
        sa.Column(
            "site",
            sa.Enum(
                "armpit", "forehead", "ear", "mouth", name="site", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("not_measured_reason", sa.Text(), nullable=True),
        sa.Column("symptoms", sa.Integer(), nullable=False),
        sa.Column("form_version", sa.SmallInteger(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("skewed", sa.Boolean(), nullable=False),
        sa.Column("implausible", sa.Boolean(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.Column("correction_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(replaces IS NULL) = (correction_reason IS NULL)", name=op.f("ck_checkin_correction_has_reason")
        ),
        sa.CheckConstraint(
            "(temperature IS NULL) = (not_measured_reason IS NOT NULL)", name=op.f("ck_checkin_measured_or_why_not")
        ),
        sa.CheckConstraint("temperature BETWEEN 340 AND 430", name=op.f("ck_checkin_possible_temperature")),
        sa.ForeignKeyConstraint(
            ["institution_id", "person_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_checkin_institution_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "day", "person_id", "id", name=op.f("pk_checkin")),
    )
    op.create_index("ix_checkin_unit_day", "checkin", ["institution_id", "day", "unit_id"], unique=False)
    op.create_index("uq_checkin_id", "checkin", ["institution_id", "person_id", "id"], unique=True)
    op.create_index(
        "uq_checkin_replaces",
        "checkin",
        ["institution_id", "person_id", "replaces"],
        unique=True,
        postgresql_where=sa.text("replaces IS NOT NULL"),
    )
    for table in TABLES:
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_index("uq_checkin_replaces", table_name="checkin", postgresql_where=sa.text("replaces IS NOT NULL"))
    op.drop_index("uq_checkin_id", table_name="checkin")
    op.drop_index("ix_checkin_unit_day", table_name="checkin")
    op.drop_table("checkin")
