"""Freeze what was sent by the application's rights instead of a trigger, which no shard could carry."""

from alembic import op

from app.kernel.rls import APP_ROLE

revision = "reports_3"
down_revision = "reports_2"
branch_labels = None
depends_on = None

FROZEN = """
    CREATE FUNCTION report_revision_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR OLD.known_to IS NOT NULL
                OR to_jsonb(NEW) - 'known_to' <> to_jsonb(OLD) - 'known_to' THEN
            RAISE EXCEPTION 'what was sent is frozen' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
"""
TRIGGER = """
    CREATE TRIGGER report_revision_frozen BEFORE UPDATE OR DELETE ON report_revision
    FOR EACH ROW EXECUTE FUNCTION report_revision_frozen()
"""


def upgrade() -> None:
    """Apply."""
    op.execute("DROP TRIGGER report_revision_frozen ON report_revision")
    op.execute("DROP FUNCTION report_revision_frozen()")
    op.execute(f"REVOKE UPDATE, DELETE ON report_revision FROM {APP_ROLE}")
    # That a revision was replaced, and when, is all that is ever added to it.
    op.execute(f"GRANT UPDATE (known_to) ON report_revision TO {APP_ROLE}")


def downgrade() -> None:
    """Take back."""
    op.execute(f"GRANT UPDATE, DELETE ON report_revision TO {APP_ROLE}")
    op.execute(FROZEN)
    op.execute(TRIGGER)
