"""Keep with what was sent whether it was owed, and when and why it went back; find reports that are still out."""

import sqlalchemy as sa
from alembic import op

from app.kernel.rls import APP_ROLE

revision = "reports_4"
down_revision = "exports_1"
branch_labels = None
depends_on = None

OWED = """
    UPDATE report_revision one SET owed = report.owed FROM daily_report report
    WHERE report.institution_id = one.institution_id AND report.id = one.report_id AND NOT report.owed
"""
# When a report went back is known from its decisions; the newest of what was sent is what went back.
RETURNED = """
    UPDATE report_revision one SET returned_at = decision.at, return_reason = decision.reason
    FROM daily_report report JOIN decision ON decision.institution_id = report.institution_id
        AND decision.subject = 'daily_report' AND decision.subject_id = report.id::text AND decision.move = 'return'
    WHERE report.institution_id = one.institution_id AND report.id = one.report_id
        AND one.known_from <= decision.at AND (one.known_to IS NULL OR one.known_to > decision.at)
"""
READ = ("report_revision", "daily_report", "decision")


def upgrade() -> None:
    """Apply."""
    op.add_column("report_revision", sa.Column("owed", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("report_revision", sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("report_revision", sa.Column("return_reason", sa.Text(), nullable=True))
    # The owner, too, is bound by the policy while that is forced.
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(OWED)
    op.execute(RETURNED)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT UPDATE (known_to, returned_at, return_reason) ON report_revision TO {APP_ROLE}")
    op.create_index("ix_daily_report_out", "daily_report", ["day", "sent_at"], unique=False)
    op.drop_index("ix_daily_report_day", "daily_report")


def downgrade() -> None:
    """Take back."""
    op.create_index("ix_daily_report_day", "daily_report", ["day"], unique=False)
    op.drop_index("ix_daily_report_out", "daily_report")
    for name in ("return_reason", "returned_at", "owed"):
        op.drop_column("report_revision", name)
