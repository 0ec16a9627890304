"""Add inboxes."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "notifications_1"
down_revision = "checkins_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Computed("-id", persisted=True), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("values_cipher", sa.LargeBinary(), nullable=False),
        sa.Column(
            "urgency",
            sa.Enum("at_once", "today", name="urgency", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("uq_message_key", "message", ["account_id", "institution_id", "key"], unique=True)
    op.create_index("ix_message_inbox", "message", ["account_id", "place"], unique=False)
    op.create_index(
        "ix_message_unread", "message", ["account_id"], unique=False, postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index("ix_message_written_at", "message", ["written_at"], unique=False)
    op.execute(rls.grant("message"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("message")
