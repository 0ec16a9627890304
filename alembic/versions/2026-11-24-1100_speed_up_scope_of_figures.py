"""Have the policy of figures look for a single subtree first."""

from alembic import op

from app.kernel import rls

revision = "rollups_2"
down_revision = "checkin_imports_1"
branch_labels = None
depends_on = None

TABLES = ("placement", "school_roll", "school_day", "venue", "school_venues")
BEFORE = (
    "institution_id = ANY (nullif(current_setting('app.institutions', true), '')::bigint[]) "
    "OR lineage && (nullif(current_setting('app.subtrees', true), '')::bigint[])"
)


def upgrade() -> None:
    """Apply."""
    plainly = rls.ON_SHARDS[rls.Tenancy.AGGREGATE]
    _alter(plainly, plainly)


def downgrade() -> None:
    """Take back."""
    _alter(BEFORE, BEFORE)


def _alter(using: str, check: str) -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY {table}_scope ON {table} USING ({using}) WITH CHECK ({check})")
