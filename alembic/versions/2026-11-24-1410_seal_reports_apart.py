"""Keep what was signed apart from the figures that sums read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "reports_2"
down_revision = "reports_1"
branch_labels = None
depends_on = None

SEALED = ("chain", "content", "previous", "digest", "signature", "reason", "sent_by")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "report_seal",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id", "revision_id"],
            ["report_revision.institution_id", "report_revision.id"],
            name=op.f("fk_report_seal_institution_id_revision_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "revision_id", name=op.f("pk_report_seal")),
    )
    # The owner, too, is bound by the policy while that is forced.
    op.execute("ALTER TABLE report_revision NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO report_seal (institution_id, revision_id, chain, content, previous, digest, signature, reason, "
        "sent_by, lineage) SELECT institution_id, id, chain, content, previous, digest, signature, reason, sent_by, "
        "lineage FROM report_revision"
    )
    op.execute("ALTER TABLE report_revision FORCE ROW LEVEL SECURITY")
    op.create_index("uq_report_seal_chain", "report_seal", ["institution_id", "chain"], unique=True)
    for statement in rls.statements("report_seal", rls.Tenancy.AGGREGATE):
        op.execute(statement)
    op.execute(rls.grant("report_seal", append_only=True))
    op.drop_index("uq_report_revision_chain", "report_revision")
    for name in SEALED:
        op.drop_column("report_revision", name)


def downgrade() -> None:
    """Take back."""
    op.add_column("report_revision", sa.Column("chain", sa.Integer(), nullable=True))
    op.add_column("report_revision", sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    for name in ("previous", "digest", "signature", "reason"):
        op.add_column("report_revision", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("report_revision", sa.Column("sent_by", sa.BigInteger(), nullable=True))
    for table in ("report_revision", "report_seal"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE report_revision DISABLE TRIGGER report_revision_frozen")
    op.execute(
        "UPDATE report_revision one SET chain = seal.chain, content = seal.content, previous = seal.previous, "
        "digest = seal.digest, signature = seal.signature, reason = seal.reason, sent_by = seal.sent_by "
        "FROM report_seal seal WHERE seal.institution_id = one.institution_id AND seal.revision_id = one.id"
    )
    op.execute("ALTER TABLE report_revision ENABLE TRIGGER report_revision_frozen")
    op.execute("ALTER TABLE report_revision FORCE ROW LEVEL SECURITY")
    for name in ("chain", "content", "previous", "digest", "signature"):
        op.alter_column("report_revision", name, nullable=False)
    op.create_index("uq_report_revision_chain", "report_revision", ["institution_id", "chain"], unique=True)
    op.drop_table("report_seal")
