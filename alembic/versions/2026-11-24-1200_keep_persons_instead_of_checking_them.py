"""Keep persons for good instead of checking for them with each reading."""

from alembic import op

from app.kernel import rls

revision = "checkins_3"
down_revision = "entries_1"
branch_labels = None
depends_on = None

_NAME = "fk_checkin_institution_id_person_id"


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(_NAME, "checkin", type_="foreignkey")
    op.execute(f"REVOKE DELETE ON person FROM {rls.APP_ROLE}")


def downgrade() -> None:
    """Take back."""
    op.execute(f"GRANT DELETE ON person TO {rls.APP_ROLE}")
    op.create_foreign_key(
        _NAME,
        "checkin",
        "person",
        ["institution_id", "person_id"],
        ["institution_id", "id"],
        ondelete="RESTRICT",
    )
