"""Add entry requests, their approval, visitors and duty rosters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "entries_1"
down_revision = "policies_2"
branch_labels = None
depends_on = None

TENANCY = {
    "entry_delegation": rls.Tenancy.RULES,
    "visit_invitation": rls.Tenancy.TENANT,
    "entry_request": rls.Tenancy.TENANT,
    "duty_shift": rls.Tenancy.TENANT,
    "entry_person": rls.Tenancy.TENANT,
    "entry_step": rls.Tenancy.AGGREGATE,
    "entry_vote": rls.Tenancy.TENANT,
}
APPEND_ONLY = ("entry_vote",)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "entry_delegation",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("deputy_account_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("account_id <> deputy_account_id", name=op.f("ck_entry_delegation_two_accounts")),
        sa.CheckConstraint("until >= since", name=op.f("ck_entry_delegation_days_in_order")),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_entry_delegation")),
    )
    op.create_index("ix_entry_delegation_deputy", "entry_delegation", ["deputy_account_id", "until"], unique=False)
    op.create_table(
        "visit_invitation",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("issued", "revoked", name="invitationstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "purpose",
            sa.Enum(
                "work",
                "study",
                "return",
                "meeting",
                "pick_up",
                "repair",
                "delivery",
                "inspection",
                "other",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("venue_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses_left", sa.SmallInteger(), nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("uses_left >= 0", name=op.f("ck_visit_invitation_uses_left")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_visit_invitation_window")),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_visit_invitation")),
    )
    op.create_index("uq_visit_invitation_code", "visit_invitation", ["institution_id", "code_fingerprint"], unique=True)
    op.create_table(
        "entry_request",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "self",
                "family",
                "roll",
                "visitor",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "approved",
                "refused",
                "withdrawn",
                "expired",
                name="requeststate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "purpose",
            sa.Enum(
                "work",
                "study",
                "return",
                "meeting",
                "pick_up",
                "repair",
                "delivery",
                "inspection",
                "other",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("invitation_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("venue_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(kind = 'visitor') = (invitation_id IS NOT NULL)", name=op.f("ck_entry_request_visitor_was_invited")
        ),
        sa.CheckConstraint(
            "(kind = 'visitor') = (ticket_fingerprint IS NOT NULL)", name=op.f("ck_entry_request_visitor_has_ticket")
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused', 'withdrawn', 'expired')) = (decided_at IS NOT NULL)",
            name=op.f("ck_entry_request_decided_at"),
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_entry_request_window")),
        sa.ForeignKeyConstraint(
            ["institution_id", "invitation_id"],
            ["visit_invitation.institution_id", "visit_invitation.id"],
            name=op.f("fk_entry_request_institution_id_invitation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "unit_id"],
            ["unit.institution_id", "unit.id"],
            name=op.f("fk_entry_request_institution_id_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_entry_request")),
    )
    op.create_index("ix_entry_request_account", "entry_request", ["institution_id", "account_id", "id"], unique=False)
    op.create_index("ix_entry_request_state", "entry_request", ["institution_id", "state", "id"], unique=False)
    op.create_index("uq_entry_request_ticket", "entry_request", ["institution_id", "ticket_fingerprint"], unique=True)
    op.create_table(
        "duty_shift",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_duty_shift_window")),
        sa.ForeignKeyConstraint(
            ["institution_id", "person_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_duty_shift_institution_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_duty_shift")),
    )
    op.create_index("ix_duty_shift_time", "duty_shift", ["institution_id", "starts_at", "id"], unique=False)
    op.create_index(
        "uq_duty_shift_person",
        "duty_shift",
        ["institution_id", "person_id", "starts_at"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "entry_person",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("on_roll", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("identity_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("identity_masked", sa.Text(), nullable=True),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("phone_masked", sa.Text(), nullable=True),
        sa.Column("health", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("NOT on_roll OR person_id IS NOT NULL", name=op.f("ck_entry_person_on_roll_is_known")),
        sa.CheckConstraint("on_roll OR identity_cipher IS NOT NULL", name=op.f("ck_entry_person_real_name")),
        sa.ForeignKeyConstraint(
            ["institution_id", "person_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_entry_person_institution_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "request_id"],
            ["entry_request.institution_id", "entry_request.id"],
            name=op.f("fk_entry_person_institution_id_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_entry_person")),
    )
    op.create_index("ix_entry_person_request", "entry_person", ["institution_id", "request_id", "id"], unique=False)
    op.create_index(
        "uq_entry_person_person",
        "entry_person",
        ["institution_id", "request_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_table(
        "entry_step",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "school", "above", "issuer", name="steplevel", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("needs_all", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "open",
                "passed",
                "refused",
                "returned",
                "dropped",
                name="stepstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'dropped') OR opened_at IS NOT NULL", name=op.f("ck_entry_step_opened_at")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "request_id"],
            ["entry_request.institution_id", "entry_request.id"],
            name=op.f("fk_entry_step_institution_id_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_entry_step")),
    )
    op.create_index(
        "ix_entry_step_office",
        "entry_step",
        ["office_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_entry_step_open",
        "entry_step",
        ["institution_id", "request_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_entry_step_place", "entry_step", ["institution_id", "request_id", "round", "place"], unique=True
    )
    op.create_table(
        "entry_vote",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
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
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("delegation_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id", "step_id"],
            ["entry_step.institution_id", "entry_step.id"],
            name=op.f("fk_entry_vote_institution_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_entry_vote")),
    )
    op.create_index("uq_entry_vote_account", "entry_vote", ["institution_id", "step_id", "account_id"], unique=True)
    op.create_index("uq_entry_vote_role", "entry_vote", ["institution_id", "step_id", "role"], unique=True)
    # Its numbers are taken before its rows are written: what is encrypted in a row is bound to its id.
    op.execute(f"GRANT USAGE ON SEQUENCE entry_person_id_seq TO {rls.APP_ROLE}")
    for table, tenancy in TENANCY.items():
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    for table in reversed(TENANCY):
        op.drop_table(table)
