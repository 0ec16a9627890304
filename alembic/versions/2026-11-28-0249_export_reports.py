"""Let exports be of daily reports and bulletins."""

from alembic import op

revision = "exports_2"
down_revision = "email_1"
branch_labels = None
depends_on = None

_BEFORE = ("figures", "missing", "temperature_records")
_KINDS = (*_BEFORE, "daily_report", "collected_reports", "bulletin")


def upgrade() -> None:
    """Apply."""
    _allow(_KINDS)


def downgrade() -> None:
    """Take back; files live for a day."""
    op.execute("DELETE FROM export WHERE kind NOT IN ('figures', 'missing', 'temperature_records')")
    _allow(_BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    named = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE export DROP CONSTRAINT ck_export_exportkind")
    op.execute(f"ALTER TABLE export ADD CONSTRAINT ck_export_exportkind CHECK (kind IN ({named}))")
