"""Add passes and the gate."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "gates_1"
down_revision = "checkins_2"
branch_labels = None
depends_on = None

TENANCY = {
    "entry_pass": rls.Tenancy.TENANT,
    "gate_event": rls.Tenancy.TENANT,
    "presence": rls.Tenancy.TENANT,
    "walk_up": rls.Tenancy.TENANT,
    "school_presence": rls.Tenancy.AGGREGATE,
}
DAYS = ("school_day", "unit_day")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "entry_pass",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "entry_request",
                "duty_shift",
                "walk_up",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("venue_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("single_use", sa.Boolean(), nullable=False),
        sa.Column("rotating", sa.Boolean(), nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoke_reason IS NULL)", name=op.f("ck_entry_pass_revoked_for_a_reason")
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_entry_pass_moments_in_order")),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_entry_pass")),
    )
    op.create_index("ix_entry_pass_account", "entry_pass", ["account_id", "valid_until"], unique=False)
    op.create_index("ix_entry_pass_person", "entry_pass", ["institution_id", "person_id", "valid_until"], unique=False)
    op.create_index(
        "ix_entry_pass_revoked",
        "entry_pass",
        ["institution_id", "revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_index("ix_entry_pass_source", "entry_pass", ["institution_id", "source", "source_id"], unique=False)
    op.create_table(
        "presence",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("at_gate", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(person_id = 0) <> (pass_id = 0)", name=op.f("ck_presence_one_holder")),
        sa.PrimaryKeyConstraint("institution_id", "area_id", "person_id", "pass_id", name=op.f("pk_presence")),
    )
    op.create_index(
        "ix_presence_inside", "presence", ["institution_id", "at"], unique=False, postgresql_where=sa.text("inside")
    )
    op.create_table(
        "school_presence",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("inside", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_school_presence")),
    )
    op.create_table(
        "walk_up",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("identity_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("identity_masked", sa.Text(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("phone_masked", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.BigInteger(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_walk_up")),
    )
    op.create_index("uq_walk_up_client_id", "walk_up", ["institution_id", "client_id"], unique=True)
    op.create_table(
        "gate_event",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("at_gate", sa.Boolean(), nullable=False),
        sa.Column("pass_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("in", "out", name="direction", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "admitted", "turned_away", name="gateoutcome", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("findings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("temperature", sa.SmallInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.Column("skewed", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nonnulls(pass_id, person_id) >= 1", name=op.f("ck_gate_event_somebody")),
        sa.ForeignKeyConstraint(
            ["institution_id", "pass_id"],
            ["entry_pass.institution_id", "entry_pass.id"],
            name=op.f("fk_gate_event_institution_id_pass_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "venue_id"],
            ["venue.institution_id", "venue.id"],
            name=op.f("fk_gate_event_institution_id_venue_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_gate_event")),
    )
    op.create_index("ix_gate_event_day", "gate_event", ["institution_id", "day"], unique=False)
    op.create_index("ix_gate_event_time", "gate_event", ["institution_id", "occurred_at", "id"], unique=False)
    op.add_column("school_day", sa.Column("entries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("school_day", sa.Column("exits", sa.Integer(), server_default="0", nullable=False))
    op.add_column("school_day", sa.Column("turned_away", sa.Integer(), server_default="0", nullable=False))
    op.add_column("unit_day", sa.Column("entries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("unit_day", sa.Column("exits", sa.Integer(), server_default="0", nullable=False))
    op.add_column("unit_day", sa.Column("turned_away", sa.Integer(), server_default="0", nullable=False))
    for table in DAYS:
        op.create_check_constraint("gate_not_negative", table, "least(entries, exits, turned_away) >= 0")
    for table, tenancy in TENANCY.items():
        op.execute(rls.grant(table))
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_column("unit_day", "turned_away")
    op.drop_column("unit_day", "exits")
    op.drop_column("unit_day", "entries")
    op.drop_column("school_day", "turned_away")
    op.drop_column("school_day", "exits")
    op.drop_column("school_day", "entries")
    op.drop_index("ix_gate_event_time", table_name="gate_event")
    op.drop_index("ix_gate_event_day", table_name="gate_event")
    op.drop_table("gate_event")
    op.drop_index("uq_walk_up_client_id", table_name="walk_up")
    op.drop_table("walk_up")
    op.drop_table("school_presence")
    op.drop_index("ix_presence_inside", table_name="presence", postgresql_where=sa.text("inside"))
    op.drop_table("presence")
    op.drop_index("ix_entry_pass_source", table_name="entry_pass")
    op.drop_index("ix_entry_pass_revoked", table_name="entry_pass", postgresql_where=sa.text("revoked_at IS NOT NULL"))
    op.drop_index("ix_entry_pass_person", table_name="entry_pass")
    op.drop_index("ix_entry_pass_account", table_name="entry_pass")
    op.drop_table("entry_pass")
