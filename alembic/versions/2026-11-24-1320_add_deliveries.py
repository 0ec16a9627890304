"""Add deliveries, robots, and what accounts want by which channel."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "notifications_2"
down_revision = "checkin_imports_2"
branch_labels = None
depends_on = None

FENCED = ("robot", "delivery")
TABLES = (*FENCED, "muted_channel", "wechat_allowance", "channel_use")


def upgrade() -> None:
    """Apply."""
    op.add_column("wechat_link", sa.Column("openid_cipher", sa.LargeBinary(), nullable=True))
    op.create_table(
        "robot",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("wecom", "dingtalk", name="robotkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("secret_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_robot")),
    )
    op.create_table(
        "delivery",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Computed("-id", persisted=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("robot_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", _channels(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("message_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("gathering", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sent",
                "refused",
                "expired",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(account_id = 0) <> (robot_id = 0)", name=op.f("ck_delivery_one_receiver")),
        sa.CheckConstraint("(state = 'queued') = (settled_at IS NULL)", name=op.f("ck_delivery_settled_at_a_moment")),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "uq_delivery_gathering",
        "delivery",
        ["institution_id", "account_id", "robot_id", "channel"],
        unique=True,
        postgresql_where=sa.text("gathering AND state = 'queued'"),
    )
    op.create_index("ix_delivery_place", "delivery", ["institution_id", "place"], unique=False)
    op.create_index("ix_delivery_made_at", "delivery", ["made_at"], unique=False)
    op.create_table(
        "muted_channel",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", _channels(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "channel", name=op.f("pk_muted_channel")),
    )
    op.create_table(
        "wechat_allowance",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("left", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "template", name=op.f("pk_wechat_allowance")),
    )
    op.create_table(
        "channel_use",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_use")),
    )
    op.create_index("ix_channel_use_subject", "channel_use", ["subject_fingerprint", "at"], unique=False)
    # Its number is taken before its row is written: what is encrypted in it is bound to it.
    op.execute(f"GRANT USAGE ON SEQUENCE robot_id_seq TO {rls.APP_ROLE}")
    for table in TABLES:
        op.execute(rls.grant(table))
    for table in FENCED:
        for statement in rls.statements(table, rls.Tenancy.RULES):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("wechat_link", "openid_cipher")


def _channels() -> sa.Enum:
    words = ("wechat", "text", "email", "wecom", "dingtalk")
    return sa.Enum(*words, name="channel", native_enum=False, create_constraint=True, length=32)
