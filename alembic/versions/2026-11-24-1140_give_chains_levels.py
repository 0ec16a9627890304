"""Give the steps of an approval levels and roles."""

from alembic import op

revision = "policies_2"
down_revision = "gates_1"
branch_labels = None
depends_on = None

# Steps were single words; the level above decided where it had closed the campus.
NEW_CHAINS = """
    UPDATE policy_setting SET value = (
        SELECT jsonb_agg(CASE WHEN step = 'level_above' THEN jsonb_build_object('level', 'issuer', 'needs', 'any',
                'roles', '["reviewer", "county_admin", "city_admin", "provincial_admin"]'::jsonb)
            ELSE jsonb_build_object('level', 'school', 'needs', 'any', 'roles', jsonb_build_array(step))
            END ORDER BY place)
        FROM jsonb_array_elements_text(value) WITH ORDINALITY AS one (step, place))
    WHERE key = 'approval_chain'
"""
OLD_CHAINS = """
    UPDATE policy_setting SET value = (
        SELECT jsonb_agg(CASE WHEN step ->> 'level' = 'school' THEN step -> 'roles' -> 0 ELSE '"level_above"' END
            ORDER BY place)
        FROM jsonb_array_elements(value) WITH ORDINALITY AS one (step, place))
    WHERE key = 'approval_chain'
"""
NEW_KEYS = """
    DELETE FROM policy_setting WHERE key IN
        ('approval_chain_visitors', 'entry_fever_days', 'entry_readings_days', 'entry_hours', 'entry_reminder_hours')
"""


def upgrade() -> None:
    """Apply."""
    _rewrite(NEW_CHAINS)


def downgrade() -> None:
    """Take back."""
    _rewrite(OLD_CHAINS, NEW_KEYS)


def _rewrite(*statements: str) -> None:
    """Change settings of all institutions: the owner, too, is bound by the policy while that is forced."""
    op.execute("ALTER TABLE policy_setting NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    op.execute("ALTER TABLE policy_setting FORCE ROW LEVEL SECURITY")
