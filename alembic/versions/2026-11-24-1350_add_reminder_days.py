"""Add the days whose reminders were planned."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "alerts_1"
down_revision = "policies_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reminder_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_reminder_day")),
    )
    op.execute(rls.grant("reminder_day"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("reminder_day")
