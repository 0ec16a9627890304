"""What endpoints, tasks and the floors above ask of reports."""

from app.reports.queries.failures import WantedFailures
from app.reports.queries.reports import Wanted
from app.reports.schemas.failures import ExplanationIn, FailureVerdict, FailureVerdictIn
from app.reports.schemas.forms import LayoutIn, ReportFormIn
from app.reports.schemas.reports import CompletionIn, ReturnIn, RevisionOut, SchoolReportRow, SendingIn
from app.reports.service.booking import follow_rules
from app.reports.service.chain import verify_all
from app.reports.service.collecting import collect_reports, read_rates
from app.reports.service.drafting import complete_report, draft_report
from app.reports.service.filing import MEDIA_TYPES, file_document, read_document
from app.reports.service.finding import book_day, days_to_look_at, find_concealed, find_missing, remind
from app.reports.service.forms import list_forms, read_collection, set_form
from app.reports.service.judging import decide_failure, explain_failure, list_failures
from app.reports.service.layouts import list_layouts, read_layout, set_layout
from app.reports.service.listing import school_rows, schools_booked
from app.reports.service.reading import list_reports, list_revisions, read_report, schools_that_sent, verify_report
from app.reports.service.sending import return_report, send_report

__all__ = [
    "MEDIA_TYPES",
    "CompletionIn",
    "ExplanationIn",
    "FailureVerdict",
    "FailureVerdictIn",
    "LayoutIn",
    "ReportFormIn",
    "ReturnIn",
    "RevisionOut",
    "SchoolReportRow",
    "SendingIn",
    "Wanted",
    "WantedFailures",
    "book_day",
    "collect_reports",
    "complete_report",
    "days_to_look_at",
    "decide_failure",
    "draft_report",
    "explain_failure",
    "file_document",
    "find_concealed",
    "find_missing",
    "follow_rules",
    "list_failures",
    "list_forms",
    "list_layouts",
    "list_reports",
    "list_revisions",
    "read_collection",
    "read_document",
    "read_layout",
    "read_rates",
    "read_report",
    "remind",
    "return_report",
    "school_rows",
    "schools_booked",
    "schools_that_sent",
    "send_report",
    "set_form",
    "set_layout",
    "verify_all",
    "verify_report",
]
