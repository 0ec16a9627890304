"""Add the answers that are kept by their Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "stored_answers_1"
down_revision = "checkins_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "stored_answer",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("request_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("cipher", sa.LargeBinary(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key_fingerprint", name=op.f("pk_stored_answer")),
    )
    op.create_index("ix_stored_answer_kept_until", "stored_answer", ["kept_until"])
    op.execute(rls.grant("stored_answer"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("stored_answer")
