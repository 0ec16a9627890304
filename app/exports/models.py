"""Files that were asked for."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.language import Language


class ExportKind(StrEnum):
    """What it is of: figures of a place by its parts, who is missing, fourteen days of temperatures; a report as it was
    sent, what a level has received of its schools, an issue of a bulletin.
    """

    FIGURES = "figures"
    MISSING = "missing"
    TEMPERATURE_RECORDS = "temperature_records"
    DAILY_REPORT = "daily_report"
    COLLECTED_REPORTS = "collected_reports"
    BULLETIN = "bulletin"


class ExportFormat(StrEnum):
    """As what."""

    XLSX = "xlsx"
    PDF = "pdf"


class ExportState(StrEnum):
    """Made at once, or while the account asks how far it is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Export(Base):
    """A file of an account, encrypted, until ``expires_at``; ``wanted`` names ids and a day.

    While it is made ``content_cipher`` holds the rows that were read so far, of ``done`` of ``total`` parts. Afterwards
    it holds the file, or nothing where that could not be made.
    """

    __tablename__ = "export"

    id: Mapped[columns.IdKey]
    account_id: Mapped[columns.BigInt]
    institution_id: Mapped[columns.BigInt]
    kind: Mapped[ExportKind] = mapped_column(columns.choice(ExportKind))
    format: Mapped[ExportFormat] = mapped_column(columns.choice(ExportFormat))
    language: Mapped[Language] = mapped_column(columns.choice(Language))
    wanted: Mapped[columns.Document]
    done: Mapped[int]
    total: Mapped[int]
    content_cipher: Mapped[columns.Bytes | None]
    asked_at: Mapped[columns.Moment]
    finished_at: Mapped[columns.Moment | None]
    expires_at: Mapped[columns.Moment]

    @property
    def state(self) -> ExportState:
        """Where it stands."""
        if self.finished_at is None:
            return ExportState.RUNNING
        return ExportState.FAILED if self.content_cipher is None else ExportState.DONE

    __table_args__ = (
        CheckConstraint("done BETWEEN 0 AND total", name="done_of_all"),
        Index("ix_export_account", "account_id", "id"),
        Index("ix_export_expires_at", "expires_at"),
    )
