"""Mark who has overstayed, once for each stay."""

import sqlalchemy as sa
from alembic import op

revision = "gates_2"
down_revision = "alerts_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("presence", sa.Column("overstayed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back; nothing but the mark is lost."""
    op.drop_column("presence", "overstayed_at")
