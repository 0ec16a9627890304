"""Add inherited rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "policies_1"
down_revision = "institutions_1"
branch_labels = None
depends_on = None

TENANCY = {
    "policy_setting": rls.Tenancy.RULES,
}
APPEND_ONLY = ()
TABLES = ("policy_setting",)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "policy_setting",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_policy_setting_institution_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("institution_id", "key", name=op.f("pk_policy_setting")),
    )
    for table in TABLES:
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_table("policy_setting")
