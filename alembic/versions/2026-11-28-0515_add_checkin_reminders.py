"""Keep who was reminded by hand of a reading."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls
from app.kernel.rls import Tenancy

revision = "reminders_1"
down_revision = "exports_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "checkin_reminder",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("accounts", sa.SmallInteger(), nullable=False),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id", "person_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_checkin_reminder_institution_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "person_id", name=op.f("pk_checkin_reminder")),
    )
    op.create_index("ix_checkin_reminder_day", "checkin_reminder", ["institution_id", "day", "person_id"], unique=False)
    for statement in rls.statements("checkin_reminder", Tenancy.TENANT):
        op.execute(statement)
    op.execute(rls.grant("checkin_reminder", append_only=False))


def downgrade() -> None:
    """Take back."""
    op.drop_table("checkin_reminder")
