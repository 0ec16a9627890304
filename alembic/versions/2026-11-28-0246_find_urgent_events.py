"""Find urgent events past any number of others."""

import sqlalchemy as sa
from alembic import op

revision = "events_urgent_1"
down_revision = "gates_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_outbox_name", "outbox", ["name", "due_at"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_outbox_name", table_name="outbox")
