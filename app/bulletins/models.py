"""Papers that are worked on, what was ever written on them, and what was issued.

Each carries the lineage that its institution had then, so that the levels above read it as they read figures. ``place``
orders a list: newest first.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKeyConstraint, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info


class BulletinState(StrEnum):
    """Where a paper stands; in the first and in ``returned`` it may be changed."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETURNED = "returned"
    ISSUED = "issued"
    DISCARDED = "discarded"


class Audience(StrEnum):
    """Whom an office addresses, at its own place and below: offices, schools' offices, all staff, families."""

    OFFICES = "offices"
    SCHOOLS = "schools"
    STAFF = "staff"
    FAMILIES = "families"


class IssueKind(StrEnum):
    """A bulletin, one in place of another, or the word that another holds no longer."""

    BULLETIN = "bulletin"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


class Bulletin(Base):
    """A paper: ``figures`` are those of ``day`` as of ``drafted_at``; ``corrects_id``: the issue that it is to replace.

    ``written_by`` has changed it last. Until it is issued only its own institution sees it.
    """

    __tablename__ = "bulletin"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    place: Mapped[int] = mapped_column(BigInteger, Computed("-id", persisted=True))
    day: Mapped[columns.Day]
    state: Mapped[BulletinState] = mapped_column(columns.choice(BulletinState))
    corrects_id: Mapped[columns.BigInt | None]
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text))
    title: Mapped[columns.Words]
    text: Mapped[columns.Words]
    figures: Mapped[columns.Document]
    drafted_at: Mapped[columns.Moment]
    written_by: Mapped[columns.BigInt | None]
    edits: Mapped[columns.Small]
    version: Mapped[columns.Version]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        Index("ix_bulletin_place", "institution_id", "place"),
        {"info": info(Tenancy.AGGREGATE)},
    )


class BulletinEdit(Base):
    """What a paper said from one change to the next; the first is what was drafted from the figures."""

    __tablename__ = "bulletin_edit"

    institution_id: Mapped[columns.InstitutionKey]
    bulletin_id: Mapped[columns.InstitutionKey]
    number: Mapped[columns.SmallKey]
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text))
    title: Mapped[columns.Words]
    text: Mapped[columns.Words]
    written_by: Mapped[columns.BigInt | None]
    written_at: Mapped[columns.Moment]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "bulletin_id"], ["bulletin.institution_id", "bulletin.id"], ondelete="RESTRICT"
        ),
        {"info": info(Tenancy.AGGREGATE, append_only=True)},
    )


class BulletinIssue(Base):
    """What was issued: the ``number``-th of its institution in ``year``, frozen by rights.

    ``digest`` is the SHA-256 of ``content`` in its one canonical form. ``replaces_id``: the issue that holds no longer.
    """

    __tablename__ = "bulletin_issue"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    place: Mapped[int] = mapped_column(BigInteger, Computed("-id", persisted=True))
    bulletin_id: Mapped[columns.BigInt | None]
    kind: Mapped[IssueKind] = mapped_column(columns.choice(IssueKind))
    year: Mapped[columns.Small]
    number: Mapped[columns.Small]
    day: Mapped[columns.Day]
    replaces_id: Mapped[columns.BigInt | None]
    reason: Mapped[columns.Words | None]
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text))
    content: Mapped[columns.Document]
    digest: Mapped[columns.Words]
    issued_by: Mapped[columns.BigInt | None]
    issued_at: Mapped[columns.Moment]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "replaces_id"],
            ["bulletin_issue.institution_id", "bulletin_issue.id"],
            ondelete="RESTRICT",
        ),
        CheckConstraint("(kind = 'bulletin') = (replaces_id IS NULL)", name="replaces_another"),
        CheckConstraint("(kind = 'withdrawal') = (bulletin_id IS NULL)", name="made_of_a_paper"),
        Index("ix_bulletin_issue_place", "institution_id", "place"),
        Index("uq_bulletin_issue_number", "institution_id", "year", "number", unique=True),
        Index(
            "uq_bulletin_issue_replaces",
            "institution_id",
            "replaces_id",
            unique=True,
            postgresql_where=sql("replaces_id IS NOT NULL"),
        ),
        Index("ix_bulletin_issue_lineage", "lineage", postgresql_using="gin"),
        {"info": info(Tenancy.ORDERS, append_only=True)},
    )
