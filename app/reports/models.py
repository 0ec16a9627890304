"""Forms and layouts, the report of an institution for a day, what was sent of it, and failures.

Whatever belongs to a report carries the lineage that its institution had on that day.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from app.institutions.models import InstitutionKind
from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info
from app.rollups.models import DayCounts, RollCounts


class ReportState(StrEnum):
    """Owed (not yet sent), sent, or returned by the level above."""

    OWED = "owed"
    SENT = "sent"
    RETURNED = "returned"


class Outcome(StrEnum):
    """What came for a day: a report with cases, one without (零报告), nothing though it is owed, nothing to be owed."""

    CASES = "cases"
    ZERO = "zero"
    MISSING = "missing"
    NOTHING_OWED = "nothing_owed"


class FailureKind(StrEnum):
    """The four failures of reporting: 漏报, 迟报, 错报, 瞒报."""

    MISSING = "missing"
    LATE = "late"
    FALSE = "false"
    CONCEALED = "concealed"


class FailureState(StrEnum):
    """Found by a rule, explained by the institution, then upheld or dropped; a missing report that comes lapses."""

    FOUND = "found"
    EXPLAINED = "explained"
    UPHELD = "upheld"
    DROPPED = "dropped"
    LAPSED = "lapsed"


class QuestionKind(StrEnum):
    """What answers a question: a text, a number, one of some choices, a document that was filed for it."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    FILE = "file"


class ReportForm(Base):
    """A version of what an institution asks of those of one level (and of some kinds of schools) below it.

    ``figures`` are names of declared metrics. The newest version in force on a day holds, unless it has ``ended``.
    """

    __tablename__ = "report_form"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    code: Mapped[columns.Words]
    number: Mapped[columns.Small]
    title: Mapped[columns.Words]
    level: Mapped[InstitutionKind] = mapped_column(columns.choice(InstitutionKind))
    school_types: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    figures: Mapped[list[str]] = mapped_column(ARRAY(Text))
    questions: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    in_force_on: Mapped[columns.Day]
    ended: Mapped[bool]
    set_by: Mapped[columns.BigInt | None]
    set_at: Mapped[columns.Moment]

    __table_args__ = (
        Index("uq_report_form_number", "institution_id", "code", "number", unique=True),
        {"info": info(Tenancy.RULES, append_only=True)},
    )


class ReportLayout(Base):
    """How an office shows what was collected: figures and questions in its own order, under its own titles."""

    __tablename__ = "report_layout"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    title: Mapped[columns.Words]
    headings: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    set_by: Mapped[columns.BigInt | None]
    set_at: Mapped[columns.Moment]

    __table_args__ = {"info": info(Tenancy.RULES)}  # noqa: RUF012 - SQLAlchemy's form


class DailyReport(Base):
    """The report of an institution for a day: what is owed when, and what has been filled in so far.

    ``answers``: question → answer; ``stated``: figure → what the reporter says instead of the facts; ``reasons``:
    figure → why. ``reminders`` are moments, of which ``reminded`` have passed. ``number``: of the newest revision.
    ``addressee_id``: the institution it goes to; none for a root.
    """

    __tablename__ = "daily_report"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    day: Mapped[columns.Day]
    kind: Mapped[InstitutionKind] = mapped_column(columns.choice(InstitutionKind))
    addressee_id: Mapped[columns.BigInt | None]
    state: Mapped[ReportState] = mapped_column(columns.choice(ReportState))
    owed: Mapped[bool]
    asked_at: Mapped[columns.Moment]
    due_at: Mapped[columns.Moment]
    reminders: Mapped[list[object]] = mapped_column(ARRAY(DateTime(timezone=True), as_tuple=False))
    reminded: Mapped[columns.Small]
    sent_at: Mapped[columns.Moment | None]
    number: Mapped[columns.Small]
    answers: Mapped[columns.Document]
    stated: Mapped[columns.Document]
    reasons: Mapped[columns.Document]
    version: Mapped[columns.Version]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        Index("uq_daily_report_day", "institution_id", "day", unique=True),
        # Also finds what is still out at a moment, which sums ask for beside what was sent.
        Index("ix_daily_report_out", "day", "sent_at"),
        CheckConstraint("(sent_at IS NULL) = (number = 0)", name="sent_at_a_moment"),
        {"info": info(Tenancy.AGGREGATE)},
    )


class ReportRevision(RollCounts, DayCounts, Base):
    """A sending: the figures that sums are made of, and from when until when it was the newest.

    The counts are the institution's own, without those below: they add up over any subtree. Rows are narrow, since sums
    read those of a whole province; what was signed stands in the seal. The application has the right to change
    ``known_to``, and nothing else.
    """

    __tablename__ = "report_revision"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    report_id: Mapped[columns.BigInt]
    day: Mapped[columns.Day]
    number: Mapped[columns.Small]
    kind: Mapped[InstitutionKind] = mapped_column(columns.choice(InstitutionKind))
    on_time: Mapped[bool]
    zero: Mapped[bool]
    owed: Mapped[bool] = mapped_column(server_default="true")
    known_from: Mapped[columns.Moment]
    known_to: Mapped[columns.Moment | None]
    returned_at: Mapped[columns.Moment | None]
    return_reason: Mapped[columns.Words | None]
    lineage: Mapped[columns.Lineage]

    seal: Mapped["ReportSeal"] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "report_id"], ["daily_report.institution_id", "daily_report.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("known_to IS NULL OR known_to >= known_from", name="known_in_order"),
        Index("uq_report_revision_number", "institution_id", "report_id", "number", unique=True),
        Index(
            "uq_report_revision_newest",
            "institution_id",
            "day",
            unique=True,
            postgresql_where=sql("known_to IS NULL"),
        ),
        Index("ix_report_revision_day", "day"),
        {"info": info(Tenancy.AGGREGATE, append_only=True)},
    )


class ReportSeal(Base):
    """What was signed of a revision, and the proof: ``digest`` is the SHA-256 of ``content`` with ``previous``.

    ``previous`` is the digest of what the institution had sent before, so that its revisions form a ``chain``.
    """

    __tablename__ = "report_seal"

    institution_id: Mapped[columns.InstitutionKey]
    revision_id: Mapped[columns.InstitutionKey]
    chain: Mapped[int]
    content: Mapped[columns.Document]
    previous: Mapped[columns.Words]
    digest: Mapped[columns.Words]
    signature: Mapped[columns.Words]
    reason: Mapped[columns.Words | None]
    sent_by: Mapped[columns.BigInt | None]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "revision_id"],
            ["report_revision.institution_id", "report_revision.id"],
            ondelete="RESTRICT",
        ),
        Index("uq_report_seal_chain", "institution_id", "chain", unique=True),
        {"info": info(Tenancy.AGGREGATE, append_only=True)},
    )


class ReportFile(Base):
    """A document that answers a question, encrypted. What is sent seals its SHA-256; nobody changes it afterwards."""

    __tablename__ = "report_file"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    name: Mapped[columns.Words]
    media_type: Mapped[columns.Words]
    size: Mapped[int]
    sha256: Mapped[columns.Words]
    content_cipher: Mapped[columns.Bytes] = mapped_column(deferred=True)
    filed_by: Mapped[columns.BigInt | None]
    filed_at: Mapped[columns.Moment]
    lineage: Mapped[columns.Lineage]

    __table_args__ = {"info": info(Tenancy.AGGREGATE, append_only=True)}  # noqa: RUF012 - SQLAlchemy's form


class ReportFailure(Base):
    """One of the four failures of an institution on a day; ``details``: what the rule has compared.

    ``number``: of the revision that shows it, 0 where nothing was sent. So what is sent again is judged again.
    ``decided_by``: the institution above that has decided.
    """

    __tablename__ = "report_failure"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    report_id: Mapped[columns.BigInt]
    day: Mapped[columns.Day]
    kind: Mapped[FailureKind] = mapped_column(columns.choice(FailureKind))
    number: Mapped[columns.Small] = mapped_column(server_default="0")
    state: Mapped[FailureState] = mapped_column(columns.choice(FailureState))
    details: Mapped[columns.Document]
    found_at: Mapped[columns.Moment]
    explanation: Mapped[columns.Words | None]
    explained_at: Mapped[columns.Moment | None]
    verdict_reason: Mapped[columns.Words | None]
    decided_at: Mapped[columns.Moment | None]
    decided_by: Mapped[columns.BigInt | None]
    lineage: Mapped[columns.Lineage]

    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "report_id"], ["daily_report.institution_id", "daily_report.id"], ondelete="RESTRICT"
        ),
        Index("uq_report_failure_kind", "institution_id", "report_id", "kind", "number", unique=True),
        Index("ix_report_failure_day", "day"),
        {"info": info(Tenancy.AGGREGATE)},
    )
