"""Failures of reporting with their evidence, and rates."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from app.institutions.models import InstitutionKind
from app.kernel.schemas import Note, Schema
from app.reports.models import FailureKind, FailureState
from app.rollups.service import Rate


class FailureVerdict(StrEnum):
    """The level above upholds a failure or drops it."""

    UPHOLD = "uphold"
    DROP = "drop"


class ExplanationIn(Schema):
    """What the institution says to it."""

    explanation: Note


class FailureVerdictIn(Schema):
    """A decision, with its reason."""

    verdict: FailureVerdict
    reason: Note


class EvidenceOut(Schema):
    """A link of the chain: asked, reminded, due, sent, returned, amended, changed, found, explained, decided."""

    at: datetime
    what: str
    details: dict[str, Any]


class FailureOut(Schema):
    """A failure, with the chain of evidence in time order."""

    id: int
    institution_id: int
    name: str
    day: date
    kind: FailureKind
    number: int = Field(description="of the revision that shows it; 0: nothing was sent")
    state: FailureState
    found_at: datetime
    explanation: str | None
    verdict_reason: str | None
    decided_by: int | None = Field(description="the institution that has decided")
    evidence: list[EvidenceOut]


class ReportRates(Schema):
    """Of the reports owed: how many came at all, and how many of those in time."""

    institution_id: int
    name: str
    kind: InstitutionKind | None
    completeness: Rate = Field(description="sent, of those owed")
    timeliness: Rate = Field(description="sent in time, of those sent")


class ReportRatesOut(ReportRates):
    """Rates of a period; what stands below adds up to them."""

    since: date
    until: date
    items: list[ReportRates]
