"""Add bulletins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls
from app.kernel.rls import Tenancy

revision = "bulletins_1"
down_revision = "events_urgent_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _papers()
    _edits()
    _issues()
    for table, tenancy, append_only in (
        ("bulletin", Tenancy.AGGREGATE, False),
        ("bulletin_edit", Tenancy.AGGREGATE, True),
        ("bulletin_issue", Tenancy.ORDERS, True),
    ):
        for statement in rls.statements(table, tenancy):
            op.execute(statement)
        op.execute(rls.grant(table, append_only=append_only))


def downgrade() -> None:
    """Take back."""
    for table in ("bulletin_issue", "bulletin_edit", "bulletin"):
        op.drop_table(table)


def _papers() -> None:
    op.create_table(
        "bulletin",
        *_key(),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            _choice("bulletinstate", "draft", "in_review", "approved", "returned", "issued", "discarded"),
            nullable=False,
        ),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        *_words(),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.Column("edits", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_bulletin")),
    )
    op.create_index("ix_bulletin_place", "bulletin", ["institution_id", "place"], unique=False)


def _edits() -> None:
    op.create_table(
        "bulletin_edit",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("bulletin_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        *_words(),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id", "bulletin_id"],
            ["bulletin.institution_id", "bulletin.id"],
            name=op.f("fk_bulletin_edit_institution_id_bulletin"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "bulletin_id", "number", name=op.f("pk_bulletin_edit")),
    )


def _issues() -> None:
    op.create_table(
        "bulletin_issue",
        *_key(),
        sa.Column("bulletin_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", _choice("issuekind", "bulletin", "correction", "withdrawal"), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("audience", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint(
            "(kind = 'bulletin') = (replaces_id IS NULL)", name=op.f("ck_bulletin_issue_replaces_another")
        ),
        sa.CheckConstraint(
            "(kind = 'withdrawal') = (bulletin_id IS NULL)", name=op.f("ck_bulletin_issue_made_of_a_paper")
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_bulletin_issue")),
        sa.ForeignKeyConstraint(
            ["institution_id", "replaces_id"],
            ["bulletin_issue.institution_id", "bulletin_issue.id"],
            name=op.f("fk_bulletin_issue_institution_id_bulletin_issue"),
            ondelete="RESTRICT",
        ),
    )
    op.create_index("ix_bulletin_issue_place", "bulletin_issue", ["institution_id", "place"], unique=False)
    op.create_index("uq_bulletin_issue_number", "bulletin_issue", ["institution_id", "year", "number"], unique=True)
    op.create_index(
        "uq_bulletin_issue_replaces",
        "bulletin_issue",
        ["institution_id", "replaces_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id IS NOT NULL"),
    )
    op.create_index("ix_bulletin_issue_lineage", "bulletin_issue", ["lineage"], unique=False, postgresql_using="gin")


def _key() -> tuple[sa.Column[int], sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Computed("-id", persisted=True), nullable=False),
    )


def _words() -> tuple[sa.Column[list[str]], sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("audience", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
