"""Add venues and closure orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "closures_1"
down_revision = "stored_answers_1"
branch_labels = None
depends_on = None

TENANCY = {
    "venue": rls.Tenancy.AGGREGATE,
    "school_venues": rls.Tenancy.AGGREGATE,
    "closure_order": rls.Tenancy.ORDERS,
    "closure_term": rls.Tenancy.ORDERS,
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "closure_order",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_closure_order")),
    )
    op.create_index("ix_closure_order_lineage", "closure_order", ["lineage"], unique=False, postgresql_using="gin")
    op.create_index("uq_closure_order_number", "closure_order", ["institution_id", "issuer_id", "number"], unique=True)
    op.create_table(
        "school_venues",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("campus", sa.Integer(), nullable=False),
        sa.Column("gate", sa.Integer(), nullable=False),
        sa.Column("teaching_building", sa.Integer(), nullable=False),
        sa.Column("library", sa.Integer(), nullable=False),
        sa.Column("laboratory", sa.Integer(), nullable=False),
        sa.Column("gymnasium", sa.Integer(), nullable=False),
        sa.Column("sports_ground", sa.Integer(), nullable=False),
        sa.Column("activity_centre", sa.Integer(), nullable=False),
        sa.Column("dormitory", sa.Integer(), nullable=False),
        sa.Column("canteen", sa.Integer(), nullable=False),
        sa.Column("office_building", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_school_venues")),
    )
    op.create_table(
        "venue",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "campus",
                "gate",
                "teaching_building",
                "library",
                "laboratory",
                "gymnasium",
                "sports_ground",
                "activity_centre",
                "dormitory",
                "canteen",
                "office_building",
                "other",
                name="venuekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("campus_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("kind <> 'campus' OR campus_id IS NULL", name=op.f("ck_venue_campus_in_no_campus")),
        sa.ForeignKeyConstraint(
            ["institution_id", "campus_id"],
            ["venue.institution_id", "venue.id"],
            name=op.f("fk_venue_institution_id_campus_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_venue")),
    )
    op.create_index(
        "uq_venue_name",
        "venue",
        ["institution_id", "name"],
        unique=True,
        postgresql_where=sa.text("retired_on IS NULL"),
    )
    op.create_table(
        "closure_term",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "degree",
            sa.Enum(
                "open",
                "no_gathering",
                "closed_to_society",
                "closed",
                name="degree",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("exceptions", sa.Boolean(), nullable=False),
        sa.Column("venue_kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("venue_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("degree <> 'open'", name=op.f("ck_closure_term_closes")),
        sa.CheckConstraint("known_to IS NULL OR known_to >= known_from", name=op.f("ck_closure_term_known_in_order")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_closure_term_moments_in_order")),
        sa.CheckConstraint("venue_kinds IS NULL OR venue_ids IS NULL", name=op.f("ck_closure_term_one_extent")),
        sa.ForeignKeyConstraint(
            ["institution_id", "order_id"],
            ["closure_order.institution_id", "closure_order.id"],
            name=op.f("fk_closure_term_institution_id_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_closure_term")),
    )
    op.create_index("ix_closure_term_lineage", "closure_term", ["lineage"], unique=False, postgresql_using="gin")
    op.create_index("ix_closure_term_order", "closure_term", ["institution_id", "order_id"], unique=False)
    op.create_index(
        "uq_closure_term_open",
        "closure_term",
        ["institution_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("known_to IS NULL AND valid_to IS NULL"),
    )
    for table, tenancy in TENANCY.items():
        op.execute(rls.grant(table))
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_index(
        "uq_closure_term_open",
        table_name="closure_term",
        postgresql_where=sa.text("known_to IS NULL AND valid_to IS NULL"),
    )
    op.drop_index("ix_closure_term_order", table_name="closure_term")
    op.drop_index("ix_closure_term_lineage", table_name="closure_term", postgresql_using="gin")
    op.drop_table("closure_term")
    op.drop_index("uq_venue_name", table_name="venue", postgresql_where=sa.text("retired_on IS NULL"))
    op.drop_table("venue")
    op.drop_table("school_venues")
    op.drop_index("uq_closure_order_number", table_name="closure_order")
    op.drop_index("ix_closure_order_lineage", table_name="closure_order", postgresql_using="gin")
    op.drop_table("closure_order")
