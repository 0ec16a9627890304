"""Judge each revision by itself, and say when a failure was decided and by which office."""

import sqlalchemy as sa
from alembic import op

revision = "reports_5"
down_revision = "rollups_3"
branch_labels = None
depends_on = None

KEY = ["institution_id", "report_id", "kind"]
# Decisions name no office; those of before say when they were made.
DECIDED = """
    UPDATE report_failure one SET decided_at = decision.at FROM decision
    WHERE decision.institution_id = one.institution_id AND decision.subject = 'report_failure'
        AND decision.subject_id = one.id::text AND decision.move IN ('uphold', 'drop')
"""
NUMBERED = """
    UPDATE report_failure one SET number = report.number FROM daily_report report
    WHERE report.institution_id = one.institution_id AND report.id = one.report_id AND one.kind <> 'missing'
"""
READ = ("report_failure", "daily_report", "decision")


def upgrade() -> None:
    """Apply."""
    op.add_column("report_failure", sa.Column("number", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("report_failure", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("report_failure", sa.Column("decided_by", sa.BigInteger(), nullable=True))
    # The owner, too, is bound by the policy while that is forced.
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(DECIDED)
    op.execute(NUMBERED)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.drop_index("uq_report_failure_kind", "report_failure")
    op.create_index("uq_report_failure_kind", "report_failure", [*KEY, "number"], unique=True)


def downgrade() -> None:
    """Take back; of several failures of a kind the newest stays."""
    op.execute("ALTER TABLE report_failure NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "DELETE FROM report_failure one USING report_failure newer WHERE newer.institution_id = one.institution_id "
        "AND newer.report_id = one.report_id AND newer.kind = one.kind AND newer.number > one.number"
    )
    op.execute("ALTER TABLE report_failure FORCE ROW LEVEL SECURITY")
    op.drop_index("uq_report_failure_kind", "report_failure")
    op.create_index("uq_report_failure_kind", "report_failure", KEY, unique=True)
    for name in ("decided_by", "decided_at", "number"):
        op.drop_column("report_failure", name)
