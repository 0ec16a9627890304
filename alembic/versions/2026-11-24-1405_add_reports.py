"""Add daily reports: forms, layouts, reports, what was sent of them, failures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "reports_1"
down_revision = "gates_2"
branch_labels = None
depends_on = None

TENANCY = {
    "daily_report": rls.Tenancy.AGGREGATE,
    "report_failure": rls.Tenancy.AGGREGATE,
    "report_form": rls.Tenancy.RULES,
    "report_layout": rls.Tenancy.RULES,
    "report_revision": rls.Tenancy.AGGREGATE,
}
APPEND_ONLY = {"report_form"}
# What was sent is never changed: only that it was replaced, and when, is added, once.
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
    op.create_table(
        "daily_report",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "province",
                "city",
                "county",
                "school",
                name="institutionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("addressee_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "owed", "sent", "returned", name="reportstate", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminders", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("reminded", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stated", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("(sent_at IS NULL) = (number = 0)", name=op.f("ck_daily_report_sent_at_a_moment")),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_daily_report")),
    )
    op.create_index("ix_daily_report_day", "daily_report", ["day"], unique=False)
    op.create_index("uq_daily_report_day", "daily_report", ["institution_id", "day"], unique=True)
    op.create_table(
        "report_form",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "province",
                "city",
                "county",
                "school",
                name="institutionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("school_types", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("figures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_report_form")),
    )
    op.create_index("uq_report_form_number", "report_form", ["institution_id", "code", "number"], unique=True)
    op.create_table(
        "report_layout",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_report_layout")),
    )
    op.create_table(
        "report_failure",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "missing",
                "late",
                "false",
                "concealed",
                name="failurekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "found",
                "explained",
                "upheld",
                "dropped",
                "lapsed",
                name="failurestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict_reason", sa.Text(), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id", "report_id"],
            ["daily_report.institution_id", "daily_report.id"],
            name=op.f("fk_report_failure_institution_id_report_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_report_failure")),
    )
    op.create_index("ix_report_failure_day", "report_failure", ["day"], unique=False)
    op.create_index("uq_report_failure_kind", "report_failure", ["institution_id", "report_id", "kind"], unique=True)
    op.create_table(
        "report_revision",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "province",
                "city",
                "county",
                "school",
                name="institutionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("zero", sa.Boolean(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("on_roll", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("units_uncovered", sa.Integer(), nullable=False),
        sa.Column("persons_uncovered", sa.Integer(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("normal", sa.Integer(), nullable=False),
        sa.Column("attention", sa.Integer(), nullable=False),
        sa.Column("fever", sa.Integer(), nullable=False),
        sa.Column("symptoms", sa.Integer(), nullable=False),
        sa.Column("not_measured", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("household_reported", sa.Integer(), nullable=False),
        sa.Column("household_fever", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("exits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("turned_away", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "known_to IS NULL OR known_to >= known_from", name=op.f("ck_report_revision_known_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "report_id"],
            ["daily_report.institution_id", "daily_report.id"],
            name=op.f("fk_report_revision_institution_id_report_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_report_revision")),
    )
    op.create_index("ix_report_revision_day", "report_revision", ["day"], unique=False)
    op.create_index("uq_report_revision_chain", "report_revision", ["institution_id", "chain"], unique=True)
    op.create_index(
        "uq_report_revision_newest",
        "report_revision",
        ["institution_id", "day"],
        unique=True,
        postgresql_where=sa.text("known_to IS NULL"),
    )
    op.create_index(
        "uq_report_revision_number", "report_revision", ["institution_id", "report_id", "number"], unique=True
    )

    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    op.execute(FROZEN)
    op.execute(TRIGGER)


def downgrade() -> None:
    """Take back."""
    for table in ("report_failure", "report_revision", "daily_report", "report_layout", "report_form"):
        op.drop_table(table)
    op.execute("DROP FUNCTION report_revision_frozen()")
