"""The moves of a report, and of a failure."""

from app.kernel.workflow import Machine, Move
from app.reports.models import FailureState, ReportState

DAILY_REPORT = Machine(
    "daily_report",
    (
        Move("send", frozenset({ReportState.OWED, ReportState.RETURNED}), ReportState.SENT),
        Move("amend", frozenset({ReportState.SENT}), ReportState.SENT),
        Move("return", frozenset({ReportState.SENT}), ReportState.RETURNED),
    ),
)

_UNDECIDED = frozenset({FailureState.FOUND, FailureState.EXPLAINED})
REPORT_FAILURE = Machine(
    "report_failure",
    (
        Move("explain", _UNDECIDED, FailureState.EXPLAINED),
        Move("uphold", _UNDECIDED, FailureState.UPHELD),
        Move("drop", _UNDECIDED, FailureState.DROPPED),
        # A missing report that comes is a late one from then on.
        Move("lapse", _UNDECIDED, FailureState.LAPSED),
    ),
)
