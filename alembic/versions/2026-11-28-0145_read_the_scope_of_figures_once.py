"""Have the policy of figures read its settings once for a statement instead of once for a row."""

from alembic import op

from app.kernel import rls

revision = "rollups_3"
down_revision = "reports_4"
branch_labels = None
depends_on = None

TABLES = (
    "placement",
    "school_roll",
    "school_day",
    "venue",
    "school_venues",
    "school_presence",
    "entry_step",
    "daily_report",
    "report_revision",
    "report_seal",
    "report_failure",
)
PLAINLY = rls.ON_SHARDS[rls.Tenancy.AGGREGATE]


def upgrade() -> None:
    """Apply; what stands on shards keeps the form that they allow."""
    if op.get_bind().exec_driver_sql("SELECT count(*) FROM pg_extension WHERE extname = 'citus'").scalar_one() == 0:
        _alter(rls.POLICIES[rls.Tenancy.AGGREGATE][0])


def downgrade() -> None:
    """Take back."""
    _alter(PLAINLY)


def _alter(using: str) -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY {table}_scope ON {table} USING ({using})")
