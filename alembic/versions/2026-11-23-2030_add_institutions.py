"""Add the tree, units, divisions."""

import dataclasses

import sqlalchemy as sa
from alembic import op

from app.institutions import divisions
from app.kernel import rls

revision = "institutions_1"
down_revision = "identity_1"
branch_labels = None
depends_on = None

TENANCY = {
    "institution": rls.Tenancy.TREE,
    "placement": rls.Tenancy.AGGREGATE,
    "unit": rls.Tenancy.UNITS,
    "member_name": rls.Tenancy.TENANT,
}
APPEND_ONLY = ()
TABLES = ("institution", "placement", "unit", "member_name", "institution_root", "division")


# Deferred to the commit: a move rewrites a whole subtree in one statement, in any order.
LINEAGE = """
CREATE FUNCTION institution_lineage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own institution%ROWTYPE;
    above bigint[];
BEGIN
    SELECT * INTO own FROM institution WHERE id = NEW.id;
    IF own.parent_id IS NULL THEN
        above := '{}';
    ELSE
        SELECT lineage INTO above FROM institution WHERE id = own.parent_id;
    END IF;
    IF above IS NULL OR own.id = ANY (above) OR own.lineage <> above || own.id THEN
        RAISE EXCEPTION 'the lineage does not follow the parents' USING
            ERRCODE = 'check_violation', CONSTRAINT = 'ck_institution_lineage_follows_parents';
    END IF;
    RETURN NULL;
END $$
"""
# Tasks begin without a scope and could not see where to begin: the roots' ids stand outside of row-level security.
ROOT = """
CREATE FUNCTION institution_root() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NULL THEN
        INSERT INTO institution_root (id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    ELSIF TG_OP = 'UPDATE' THEN
        DELETE FROM institution_root WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "division",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_division")),
    )
    op.create_table(
        "institution",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
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
        sa.Column(
            "school_type",
            sa.Enum(
                "kindergarten",
                "primary",
                "junior",
                "senior",
                "vocational",
                "special",
                "nursery",
                name="schooltype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=True),
        sa.Column("lineage", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "merged",
                name="institutionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(kind = 'school') = (school_type IS NOT NULL)", name=op.f("ck_institution_school_has_type")
        ),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_institution_merged_into")
        ),
        sa.CheckConstraint("(state = 'open') = (closed_on IS NULL)", name=op.f("ck_institution_closed_on_a_day")),
        sa.CheckConstraint("lineage[array_upper(lineage, 1)] = id", name=op.f("ck_institution_lineage_ends_here")),
        sa.CheckConstraint("parent_id IS DISTINCT FROM id", name=op.f("ck_institution_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["institution.id"], name=op.f("fk_institution_merged_into_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["institution.id"], name=op.f("fk_institution_parent_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_institution_code")),
    )
    op.create_index("ix_institution_lineage", "institution", ["lineage"], unique=False, postgresql_using="gin")
    op.create_index("ix_institution_parent", "institution", ["parent_id", "id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("lineage", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_placement_days_in_order")),
        sa.PrimaryKeyConstraint("institution_id", "valid_from", name=op.f("pk_placement")),
    )
    op.create_index(
        "ix_placement_due", "placement", ["valid_from"], unique=False, postgresql_where=sa.text("NOT applied")
    )
    op.create_table(
        "unit",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "grade",
                "class",
                "department",
                "dormitory",
                name="unitkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grade_level", sa.SmallInteger(), nullable=True),
        sa.Column("responsible_account_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("grade_level BETWEEN 0 AND 20", name=op.f("ck_unit_grade_level")),
        sa.ForeignKeyConstraint(
            ["institution_id", "parent_id"],
            ["unit.institution_id", "unit.id"],
            name=op.f("fk_unit_institution_id_parent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("institution_id", "id", name=op.f("pk_unit")),
    )
    op.create_index(
        "uq_unit_name",
        "unit",
        ["institution_id", "kind", "name"],
        unique=True,
        postgresql_where=sa.text("closed_on IS NULL"),
    )
    op.create_table(
        "member_name",
        sa.Column("institution_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "account_id", name=op.f("pk_member_name")),
    )
    op.create_table(
        "institution_root",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_root")),
    )
    op.bulk_insert(
        sa.table(
            "division",
            *(sa.column(name) for name in ("code", "name", "name_en", "level", "parent_code")),
            *(sa.column(name, sa.Date()) for name in ("valid_from", "valid_to")),
        ),
        [dataclasses.asdict(division) | {"level": division.level.value} for division in divisions.load()],
    )
    op.execute(LINEAGE)
    op.execute(ROOT)
    op.execute(
        "CREATE TRIGGER institution_root AFTER INSERT OR UPDATE OF parent_id ON institution "
        "FOR EACH ROW EXECUTE FUNCTION institution_root()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER institution_lineage AFTER INSERT OR UPDATE OF parent_id, lineage ON institution "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION institution_lineage()"
    )
    op.execute(f"GRANT USAGE ON SEQUENCE institution_id_seq TO {rls.APP_ROLE}")
    for table in TABLES:
        op.execute(rls.grant(table, append_only=table in APPEND_ONLY))
    for table, tenancy in TENANCY.items():
        for statement in rls.statements(table, tenancy):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER institution_root ON institution")
    op.execute("DROP FUNCTION institution_root()")
    op.drop_table("institution_root")
    op.drop_table("member_name")
    op.execute("DROP TRIGGER institution_lineage ON institution")
    op.execute("DROP FUNCTION institution_lineage()")
    op.drop_index("uq_unit_name", table_name="unit", postgresql_where=sa.text("closed_on IS NULL"))
    op.drop_table("unit")
    op.drop_index("ix_placement_due", table_name="placement", postgresql_where=sa.text("NOT applied"))
    op.drop_table("placement")
    op.drop_index("ix_institution_parent", table_name="institution")
    op.drop_index("ix_institution_lineage", table_name="institution", postgresql_using="gin")
    op.drop_table("institution")
    op.drop_table("division")
