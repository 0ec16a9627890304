"""Add persons, guardians, rolls."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel import rls

revision = "people_1"
down_revision = "policies_1"
branch_labels = None
depends_on = None

TENANCY = {
    "person": rls.Tenancy.TENANT,
    "standing": rls.Tenancy.TENANT,
    "guardian": rls.Tenancy.TENANT,
    "invitation": rls.Tenancy.TENANT,
    "roll_import": rls.Tenancy.TENANT,
    "promotion": rls.Tenancy.TENANT,
}
APPEND_ONLY = ()
TABLES = ("person", "standing", "guardian", "invitation", "roll_import", "promotion")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "roll_import",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_roll_import")),
    )
    op.create_table(
        "promotion",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("classes", sa.Integer(), nullable=False),
        sa.Column("graduates", sa.Integer(), nullable=False),
        sa.Column("promoted_by", sa.BigInteger(), nullable=True),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "school_year", name=op.f("pk_promotion")),
    )
    op.create_table(
        "person",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "student", "staff", "household", name="personkind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("enrolled", "left", name="personstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("dormitory_id", sa.BigInteger(), nullable=True),
        sa.Column("student_id", sa.BigInteger(), nullable=True),
        sa.Column("ward_id", sa.BigInteger(), sa.Computed("coalesce(student_id, id)", persisted=True), nullable=False),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("identity_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("identity_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("identity_masked", sa.Text(), nullable=True),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("phone_masked", sa.Text(), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(kind = 'household') = (student_id IS NOT NULL)", name=op.f("ck_person_household_has_student")
        ),
        sa.CheckConstraint("(state = 'left') = (left_on IS NOT NULL)", name=op.f("ck_person_left_on_a_day")),
        sa.CheckConstraint("kind <> 'household' OR unit_id IS NULL", name=op.f("ck_person_household_has_no_unit")),
        sa.ForeignKeyConstraint(
            ["institution_id", "dormitory_id"],
            ["unit.institution_id", "unit.id"],
            name=op.f("fk_person_institution_id_dormitory_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "student_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_person_institution_id_student_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "unit_id"],
            ["unit.institution_id", "unit.id"],
            name=op.f("fk_person_institution_id_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_phone", "person", ["institution_id", "phone_fingerprint"], unique=False)
    op.create_index("ix_person_unit", "person", ["institution_id", "unit_id"], unique=False)
    op.create_index("ix_person_ward", "person", ["institution_id", "ward_id"], unique=False)
    op.create_index(
        "uq_person_identity",
        "person",
        ["institution_id", "kind", "identity_fingerprint"],
        unique=True,
        postgresql_where=sa.text("state = 'enrolled' AND kind <> 'household' AND identity_fingerprint IS NOT NULL"),
    )
    op.create_index(
        "uq_person_number",
        "person",
        ["institution_id", "kind", "number"],
        unique=True,
        postgresql_where=sa.text("state = 'enrolled' AND number IS NOT NULL"),
    )
    op.create_table(
        "guardian",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("phone_masked", sa.Text(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(account_id IS NULL) = (bound_at IS NULL)", name=op.f("ck_guardian_bound_at_a_moment")),
        sa.ForeignKeyConstraint(
            ["institution_id", "student_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_guardian_institution_id_student_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_guardian")),
    )
    op.create_index("ix_guardian_phone", "guardian", ["institution_id", "phone_fingerprint"], unique=False)
    op.create_index("ix_guardian_student", "guardian", ["institution_id", "student_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("code_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "issued",
                "accepted",
                "revoked",
                name="invitationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("issued_by", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'accepted') = (accepted_by IS NOT NULL)", name=op.f("ck_invitation_accepted_by_someone")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "student_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_invitation_institution_id_student_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_invitation")),
    )
    op.create_index("uq_invitation_code", "invitation", ["institution_id", "code_fingerprint"], unique=True)
    op.create_table(
        "standing",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_standing_days_in_order")),
        sa.ForeignKeyConstraint(
            ["institution_id", "person_id"],
            ["person.institution_id", "person.id"],
            name=op.f("fk_standing_institution_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id", "unit_id"],
            ["unit.institution_id", "unit.id"],
            name=op.f("fk_standing_institution_id_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "person_id", "valid_from", name=op.f("pk_standing")),
    )
    op.create_index("ix_standing_unit", "standing", ["institution_id", "unit_id", "valid_from"], unique=False)
    for table in TABLES:
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    # Their ids are taken before their rows are written: what is encrypted in a row is bound to its id.
    for table in ("person", "guardian"):
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {rls.APP_ROLE}")
    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_standing_unit", table_name="standing")
    op.drop_table("standing")
    op.drop_index("uq_invitation_code", table_name="invitation")
    op.drop_table("invitation")
    op.drop_index("ix_guardian_student", table_name="guardian")
    op.drop_index("ix_guardian_phone", table_name="guardian")
    op.drop_table("guardian")
    op.drop_index(
        "uq_person_number", table_name="person", postgresql_where=sa.text("state = 'enrolled' AND number IS NOT NULL")
    )
    op.drop_index(
        "uq_person_identity",
        table_name="person",
        postgresql_where=sa.text("state = 'enrolled' AND kind <> 'household' AND identity_fingerprint IS NOT NULL"),
    )
    op.drop_index("ix_person_ward", table_name="person")
    op.drop_index("ix_person_unit", table_name="person")
    op.drop_index("ix_person_phone", table_name="person")
    op.drop_table("person")
    op.drop_table("roll_import")
    op.drop_table("promotion")
