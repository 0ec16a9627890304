"""Give reminders a moment for the level above."""

from alembic import op

revision = "policies_3"
down_revision = "notifications_2"
branch_labels = None
depends_on = None

NEW = """
    UPDATE policy_setting SET value = jsonb_build_object('office_after', 120) || value WHERE key = 'reminders'
"""
OLD = "UPDATE policy_setting SET value = value - 'office_after' WHERE key = 'reminders'"
NEW_KEYS = "DELETE FROM policy_setting WHERE key = 'quiet_hours'"


def upgrade() -> None:
    """Apply."""
    _rewrite(NEW)


def downgrade() -> None:
    """Take back."""
    _rewrite(OLD, NEW_KEYS)


def _rewrite(*statements: str) -> None:
    """Change settings of all institutions: the owner, too, is bound by the policy while that is forced."""
    op.execute("ALTER TABLE policy_setting NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    op.execute("ALTER TABLE policy_setting FORCE ROW LEVEL SECURITY")
