"""Add the e-mail addresses of staff."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "email_1"
down_revision = "bulletins_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "email_address",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("address_masked", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_email_address_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_email_address")),
    )
    op.execute(rls.grant("email_address"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("email_address")
