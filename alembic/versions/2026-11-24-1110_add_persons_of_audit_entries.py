"""Find the entries of the trail that name many persons by each of them."""

import sqlalchemy as sa
from alembic import op

from app.kernel import rls

revision = "audit_persons_1"
down_revision = "rollups_2"
branch_labels = None
depends_on = None

# Made from the entry itself, so that nobody who writes one can leave a person out.
NAME = """
CREATE FUNCTION audit_entry_name_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entry_person (institution_id, person_id, seq)
        SELECT DISTINCT NEW.institution_id, named.id::bigint, NEW.seq
        FROM jsonb_array_elements_text(NEW.details -> 'persons') AS named (id);
    RETURN NULL;
END $$
"""
EARLIER = """
INSERT INTO audit_entry_person (institution_id, person_id, seq)
    SELECT DISTINCT institution_id, named.id::bigint, seq
    FROM audit_entry, jsonb_array_elements_text(details -> 'persons') AS named (id)
    WHERE jsonb_typeof(details -> 'persons') = 'array'
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_entry_person",
        sa.Column("institution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "person_id", "seq", name=op.f("pk_audit_entry_person")),
    )
    # The owner is bound by the policy as well, and no scope names every institution.
    op.execute("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY")
    op.execute(EARLIER)
    op.execute("ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY")
    op.execute(NAME)
    op.execute(
        "CREATE TRIGGER audit_entry_name_persons AFTER INSERT ON audit_entry FOR EACH ROW "
        "WHEN (jsonb_typeof(NEW.details -> 'persons') = 'array') EXECUTE FUNCTION audit_entry_name_persons()"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_person_refuse BEFORE UPDATE OR DELETE ON audit_entry_person "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()"
    )
    op.execute(rls.grant("audit_entry_person", append_only=True))
    for statement in rls.statements("audit_entry_person", rls.Tenancy.TENANT):
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER audit_entry_name_persons ON audit_entry")
    op.execute("DROP FUNCTION audit_entry_name_persons()")
    op.drop_table("audit_entry_person")
