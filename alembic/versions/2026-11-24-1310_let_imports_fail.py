"""Let an import of readings fail, and say why."""

import sqlalchemy as sa
from alembic import op

revision = "checkin_imports_2"
down_revision = "notifications_1"
branch_labels = None
depends_on = None

STATES = "ck_checkin_import_importstate"
REASONS = "ck_checkin_import_importfailure"
REASONED = "ck_checkin_import_failed_for_a_reason"


def upgrade() -> None:
    """Apply."""
    op.add_column("checkin_import", sa.Column("failure", sa.String(32), nullable=True))
    op.drop_constraint(op.f(STATES), "checkin_import")
    _check(STATES, "state IN ('running', 'done', 'cancelled', 'failed')")
    _check(REASONS, "failure IN ('sender_disabled', 'given_up')")
    _check(REASONED, "(state = 'failed') = (failure IS NOT NULL)")


def downgrade() -> None:
    """Take back; what has failed was not landed, as what was cancelled."""
    op.drop_constraint(op.f(REASONED), "checkin_import")
    op.drop_constraint(op.f(STATES), "checkin_import")
    op.drop_column("checkin_import", "failure")
    # The owner, too, is bound by the policy while that is forced.
    op.execute("ALTER TABLE checkin_import NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE checkin_import SET state = 'cancelled' WHERE state = 'failed'")
    op.execute("ALTER TABLE checkin_import FORCE ROW LEVEL SECURITY")
    _check(STATES, "state IN ('running', 'done', 'cancelled')")


def _check(name: str, condition: str) -> None:
    op.create_check_constraint(op.f(name), "checkin_import", condition)
