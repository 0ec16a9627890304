"""Where tables go when the institutions are spread over several servers; what is tried on Citus stands in docs."""

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem
from typer.testing import CliRunner

from app.cli.main import app
from app.kernel.db import Base
from app.kernel.discovery import import_tables
from app.kernel.rls import Tenancy, info
from app.kernel.sharding import TRIGGERED, NotDistributableError, Place, plan

# Whatever else there is belongs to an institution and goes with it. A table that comes to stand here is carried by one
# server, however many there are: that is a decision.
ON_THE_COORDINATOR = {
    "account",
    "audit_entry",
    "audit_entry_person",
    "bulletin_issue",
    "channel_use",
    "closure_order",
    "closure_term",
    "delivery",
    "device",
    "division",
    "entry_delegation",
    "email_address",
    "export",
    "institution",
    "institution_root",
    "membership",
    "message",
    "muted_channel",
    "one_time_code",
    "outbox",
    "policy_setting",
    "refresh_token",
    "reminder_day",
    "report_form",
    "report_layout",
    "robot",
    "sign_in_failure",
    "signing_key",
    "stored_answer",
    "wechat_allowance",
    "wechat_link",
}
EVERYWHERE = {"placement"}


def key() -> Column[int]:
    return Column("institution_id", BigInteger, primary_key=True)


def other(name: str = "id") -> Column[int]:
    return Column(name, BigInteger, primary_key=True)


def test_every_table_has_its_place(owner: Engine) -> None:
    import_tables()
    with owner.connect() as connection:
        triggered = set(connection.scalars(text(TRIGGERED)))
    placed = plan(Base.metadata, triggered)
    assert {one.table for one in placed if one.place is Place.COORDINATOR} == ON_THE_COORDINATOR
    assert {one.table for one in placed if one.place is Place.REFERENCE} == EVERYWHERE
    assert {one.table for one in placed} == set(Base.metadata.tables)


def test_what_is_referred_to_comes_first() -> None:
    import_tables()
    order = [one.table for one in plan(Base.metadata, {"audit_entry", "institution"})]
    assert order.index("unit") < order.index("person") < order.index("guardian")


def test_what_distributed_tables_refer_to_is_copied_everywhere() -> None:
    metadata = MetaData()
    Table("kind", metadata, other())
    Table("owned", metadata, key(), other(), ForeignKeyConstraint(["id"], ["kind.id"]), info=info(Tenancy.TENANT))
    assert [(one.table, one.place) for one in plan(metadata, ())] == [
        ("kind", Place.REFERENCE),
        ("owned", Place.DISTRIBUTED),
    ]


BREAKS: dict[str, list[SchemaItem]] = {
    "has no primary key": [Column("institution_id", BigInteger, nullable=False)],
    "institution_id is no bigint": [Column("institution_id", Integer, primary_key=True)],
    "its primary key does not begin": [other(), key()],
    "uq_once does not begin": [key(), other(), UniqueConstraint("id", "institution_id", name="uq_once")],
    "uq_index does not begin": [key(), other(), Index("uq_index", "id", "institution_id", unique=True)],
    "the identity column number is no bigint": [key(), Column("number", Integer, Identity())],
    "foreign key to parent does not begin": [key(), other(), ForeignKeyConstraint(["id"], ["parent.id"])],
    "foreign key to parent does SET NULL": [
        key(),
        other(),
        ForeignKeyConstraint(["institution_id", "id"], ["parent.institution_id", "parent.id"], ondelete="SET NULL"),
    ],
}


@pytest.mark.parametrize("complaint", BREAKS)
def test_what_cannot_be_distributed_is_named(complaint: str) -> None:
    metadata = MetaData()
    Table("parent", metadata, key(), other(), info=info(Tenancy.TENANT))
    Table("child", metadata, *BREAKS[complaint], info=info(Tenancy.TENANT))
    with pytest.raises(NotDistributableError, match=f"child: .*{complaint}"):
        plan(metadata, ())


def test_what_stays_behind_may_not_refer_to_what_leaves() -> None:
    metadata = MetaData()
    Table("parent", metadata, key(), other(), info=info(Tenancy.TENANT))
    Table(
        "left",
        metadata,
        key(),
        other(),
        ForeignKeyConstraint(["institution_id", "id"], ["parent.institution_id", "parent.id"]),
    )
    with pytest.raises(NotDistributableError, match="left: refers to the distributed parent"):
        plan(metadata, ())


def test_what_is_needed_everywhere_may_have_no_triggers() -> None:
    metadata = MetaData()
    Table("copied", metadata, key(), info=info(Tenancy.AGGREGATE, replicated=True))
    assert plan(metadata, ())[0].place is Place.REFERENCE
    with pytest.raises(NotDistributableError, match="copied: has triggers"):
        plan(metadata, {"copied"})


def test_the_command_shows_the_plan_and_refuses_a_server_that_is_no_cluster(owner_url: str) -> None:
    assert owner_url
    shown = CliRunner().invoke(app, ["shard", "--dry-run"])
    assert shown.exit_code == 0
    assert "checkin" in shown.output
    refused = CliRunner().invoke(app, ["shard"])
    assert refused.exit_code == 1
    assert "citus is not installed" in refused.output
