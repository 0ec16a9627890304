"""Have the policy of units and their figures read its setting once for a statement instead of once for a row."""

from alembic import op

from app.kernel import rls

revision = "rollups_4"
down_revision = "reminders_1"
branch_labels = None
depends_on = None

TABLES = ("unit", "unit_roll", "unit_day")


def upgrade() -> None:
    """Apply; what stands on shards keeps the form that they allow."""
    if op.get_bind().exec_driver_sql("SELECT count(*) FROM pg_extension WHERE extname = 'citus'").scalar_one() == 0:
        _alter(rls.POLICIES[rls.Tenancy.UNITS][0])


def downgrade() -> None:
    """Take back."""
    _alter(rls.ON_SHARDS[rls.Tenancy.UNITS])


def _alter(using: str) -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY {table}_scope ON {table} USING ({using})")
