"""Add exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "exports_1"
down_revision = "reports_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "export",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", _choice("exportkind", "figures", "missing", "temperature_records"), nullable=False),
        sa.Column("format", _choice("exportformat", "xlsx", "pdf"), nullable=False),
        sa.Column("language", _choice("language", "zh-CN", "en"), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("content_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_export_done_of_all")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index("ix_export_account", "export", ["account_id", "id"], unique=False)
    op.create_index("ix_export_expires_at", "export", ["expires_at"], unique=False)
    op.execute(rls.grant("export"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("export")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
