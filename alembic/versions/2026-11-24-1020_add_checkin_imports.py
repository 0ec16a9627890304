"""Add imports of readings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "checkin_imports_1"
down_revision = "closures_1"
branch_labels = None
depends_on = None

TABLES = ("checkin_import", "checkin_import_chunk")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "checkin_import",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "mode",
            sa.Enum(
                "all_or_nothing", "per_row", name="importmode", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "done",
                "cancelled",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'running') = (finished_at IS NULL)", name=op.f("ck_checkin_import_finished_at_a_moment")
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_checkin_import")),
    )
    op.create_table(
        "checkin_import_chunk",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("readings_cipher", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id", "import_id"],
            ["checkin_import.institution_id", "checkin_import.id"],
            name=op.f("fk_checkin_import_chunk_institution_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "import_id", "number", name=op.f("pk_checkin_import_chunk")),
    )
    for table in TABLES:
        op.execute(rls.grant(table))
        for statement in rls.statements(table, rls.Tenancy.TENANT):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_table("checkin_import_chunk")
    op.drop_table("checkin_import")
