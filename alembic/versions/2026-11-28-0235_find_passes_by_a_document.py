"""Have a pass of somebody on no roll be found by the identity number on a document."""

import sqlalchemy as sa
from alembic import op

revision = "gates_3"
down_revision = "reports_6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("entry_pass", sa.Column("identity_fingerprint", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_entry_pass_identity",
        "entry_pass",
        ["institution_id", "identity_fingerprint"],
        postgresql_where=sa.text("identity_fingerprint IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_entry_pass_identity", table_name="entry_pass")
    op.drop_column("entry_pass", "identity_fingerprint")
