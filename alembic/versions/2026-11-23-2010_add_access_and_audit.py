"""Add memberships and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "access_and_audit_1"
down_revision = "kernel_1"
branch_labels = None
depends_on = None

TENANCY = {
    "audit_entry": rls.Tenancy.TENANT,
}
APPEND_ONLY = ("audit_entry",)
TABLES = ("membership", "audit_entry")


# What is hashed must not depend on the session: the moment as seconds, the document as its one canonical text.
DIGEST = """
CREATE FUNCTION audit_digest(entry audit_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(entry.previous_hash || convert_to(jsonb_build_array(
        entry.institution_id, entry.seq, extract(epoch FROM entry.at), entry.account_id, entry.act, entry.subject,
        entry.subject_id, entry.reason, entry.details, entry.correlation_id)::text, 'UTF8'))
$$
"""
CHAIN = """
CREATE FUNCTION audit_entry_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    -- Two writers of one chain must not take the same number; the lock ends with the transaction.
    PERFORM pg_advisory_xact_lock(hashint8extended(NEW.institution_id, 7202));
    SELECT seq, hash INTO last FROM audit_entry
        WHERE institution_id = NEW.institution_id ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(last.seq, 0) + 1;
    NEW.previous_hash := coalesce(last.hash, ''::bytea);
    NEW.hash := audit_digest(NEW);
    RETURN NEW;
END $$
"""
REFUSE = """
CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_entry",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        "ix_audit_entry_subject", "audit_entry", ["institution_id", "subject", "subject_id", "seq"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "provincial_admin",
                "city_admin",
                "county_admin",
                "analyst",
                "reviewer",
                "principal",
                "vice_principal",
                "school_reporter",
                "homeroom_teacher",
                "staff",
                "student",
                "school_doctor",
                "gate_guard",
                "guardian",
                "auditor",
                "signed_in",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role <> 'guardian' OR person_id IS NOT NULL", name=op.f("ck_membership_guardian_has_child")
        ),
        sa.CheckConstraint(
            "role <> 'homeroom_teacher' OR unit_id IS NOT NULL", name=op.f("ck_membership_homeroom_has_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(
        "ix_membership_account",
        "membership",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_membership_institution", "membership", ["institution_id", "role"], unique=False)
    op.create_index(
        "uq_membership_standing",
        "membership",
        [
            "account_id",
            "institution_id",
            "role",
            sa.literal_column("coalesce(unit_id, 0)"),
            sa.literal_column("coalesce(person_id, 0)"),
        ],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(DIGEST)
    op.execute(CHAIN)
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER audit_entry_chain BEFORE INSERT ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_chain()"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_refuse BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()"
    )
    for table in TABLES:
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER audit_entry_chain ON audit_entry")
    op.execute("DROP TRIGGER audit_entry_refuse ON audit_entry")
    op.execute("DROP FUNCTION audit_entry_refuse()")
    op.execute("DROP FUNCTION audit_entry_chain()")
    op.execute("DROP FUNCTION audit_digest(audit_entry)")
    op.drop_index("uq_membership_standing", table_name="membership", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_membership_institution", table_name="membership")
    op.drop_index("ix_membership_account", table_name="membership", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("membership")
    op.drop_index("ix_audit_entry_subject", table_name="audit_entry")
    op.drop_table("audit_entry")
