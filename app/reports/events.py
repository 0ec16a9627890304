"""What happens to daily reports. Days are ISO texts."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class ReportDue(Event):
    """The moment of a reminder has come, and nothing has been sent."""

    report_id: int
    day: str


@dataclass(frozen=True)
class ReportMissing(Event):
    """The cut-off has passed, and nothing has been sent."""

    report_id: int
    day: str


@dataclass(frozen=True)
class ReportSent(Event):
    """A report was sent to the level above, for the first time or after it was returned."""

    report_id: int
    day: str
    revision: int


@dataclass(frozen=True)
class ReportLate(Event):
    """It came after the cut-off."""

    report_id: int
    day: str


@dataclass(frozen=True)
class ReportAmended(Event):
    """What was sent has been replaced by a further revision."""

    report_id: int
    day: str
    revision: int


@dataclass(frozen=True)
class ReportReturned(Event):
    """The level above has sent it back."""

    report_id: int
    day: str


@dataclass(frozen=True)
class ReportFailureFound(Event):
    """A rule has found one of the four failures."""

    failure_id: int
    failure: str


@dataclass(frozen=True)
class ReportFailureExplained(Event):
    """The institution has said why."""

    failure_id: int


@dataclass(frozen=True)
class ReportFailureDecided(Event):
    """A level above has upheld or dropped a failure."""

    failure_id: int
    verdict: str
