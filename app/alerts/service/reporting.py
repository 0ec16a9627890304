"""Daily reports: signers are reminded until they have sent, and told what came of it; the level above, how many owe."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from app.access.roles import Role
from app.access.service import holders
from app.alerts import queries
from app.kernel import clock
from app.kernel.db import Scope, widen
from app.notifications import service as notifications
from app.notifications.service import Notice, Template
from app.policies import service as policies
from app.reports.models import DailyReport, FailureKind, ReportState

_Values = Mapping[str, str | int]
_OFFICE: Final = (Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN)


class _Said(NamedTuple):
    template: Template
    values: _Values
    key: str


def tell_report_due(session: Session, institution_id: int, report_id: int) -> None:
    """Remind those who may sign, unless the report has been sent meanwhile or its cut-off is over."""
    report = queries.daily_report(session, institution_id, report_id)
    if report is not None and report.state is ReportState.OWED and clock.now() < report.due_at:
        values: _Values = {"deadline": f"{report.due_at.astimezone(clock.SHANGHAI):%H:%M}"}
        key = f"report_due:{report_id}:{report.reminded}"
        notice = _to_signers(session, report, _Said(Template.REPORT_DUE, values, key))
        notifications.notify(session, replace(notice, until=report.due_at))


def tell_report_missing(session: Session, institution_id: int, report_id: int) -> None:
    """Tell those who may sign that the cut-off is over, and the level above how many owe it a report."""
    report = queries.daily_report(session, institution_id, report_id)
    if report is None or report.state is not ReportState.OWED:
        return
    values: _Values = {"day": report.day.isoformat()}
    late = _to_signers(session, report, _Said(Template.REPORT_LATE, values, f"report_late:{report_id}"))
    _notify(session, late, report)
    if report.addressee_id is None:
        return
    widen(session, Scope(subtrees=frozenset({report.addressee_id})))
    owing = queries.reports_owed_to(session, report.addressee_id, report.day, clock.now())
    # Once for each cut-off: those below share it, and the first that is heard of tells of all.
    key = f"reports_late_below:{report.day}:{report.due_at:%H%M}"
    _to_level_above(session, report, _Said(Template.REPORTS_LATE_BELOW, {**values, "count": owing}, key))


def tell_report_returned(session: Session, institution_id: int, report_id: int) -> None:
    """Tell those who may sign that the level above has sent it back."""
    report = queries.daily_report(session, institution_id, report_id)
    if report is not None and report.state is ReportState.RETURNED:
        values: _Values = {"day": report.day.isoformat()}
        key = f"report_returned:{report_id}:{report.version}"
        _notify(session, _to_signers(session, report, _Said(Template.REPORT_RETURNED, values, key)), report)


def tell_failure(session: Session, institution_id: int, failure_id: int) -> None:
    """Tell the institution, which may explain, and the level above, which decides.

    That a report is missing was told by `tell_report_missing`; that one was late its sender knows.
    """
    found = queries.report_failure(session, institution_id, failure_id)
    if found is None or found[1].kind in {FailureKind.MISSING, FailureKind.LATE}:
        return
    report, failure = found
    values: _Values = {"day": report.day.isoformat(), "failure": failure.kind.value}
    key = f"report_failure:{failure_id}"
    _notify(session, _to_signers(session, report, _Said(Template.REPORT_FAILURE, values, key)), report)
    _to_level_above(session, report, _Said(Template.REPORT_FAILURE, values, key))


def tell_failure_explained(session: Session, institution_id: int, failure_id: int) -> None:
    """Tell the level above that there is something to decide."""
    found = queries.report_failure(session, institution_id, failure_id)
    if found is not None:
        report, failure = found
        values: _Values = {"day": report.day.isoformat(), "failure": failure.kind.value}
        _to_level_above(session, report, _Said(Template.FAILURE_EXPLAINED, values, f"failure_explained:{failure_id}"))


def tell_failure_decided(session: Session, institution_id: int, failure_id: int, verdict: str) -> None:
    """Tell the institution what was decided."""
    found = queries.report_failure(session, institution_id, failure_id)
    if found is not None:
        report, failure = found
        values: _Values = {"day": report.day.isoformat(), "failure": failure.kind.value, "verdict": verdict}
        key = f"failure_decided:{failure_id}:{verdict}"
        _notify(session, _to_signers(session, report, _Said(Template.FAILURE_DECIDED, values, key)), report)


def _to_level_above(session: Session, report: DailyReport, said: _Said) -> None:
    if report.addressee_id is not None:
        # Said by the office itself: what all below it share, it hears once.
        _notify(session, _to(session, report, report.addressee_id, said), report)


def _to_signers(session: Session, report: DailyReport, said: _Said) -> Notice:
    return _to(session, report, report.institution_id, said)


def _to(session: Session, report: DailyReport, office_id: int, said: _Said) -> Notice:
    signers = policies.effective(session, report.institution_id).report_signers
    receivers = {one.account_id for one in holders(session, {office_id}, [*_OFFICE, *(Role(one) for one in signers)])}
    return Notice(office_id, receivers, said.template, said.values, said.key, link=f"/reports/{report.day}")


def _notify(session: Session, notice: Notice, report: DailyReport) -> None:
    moment = policies.effective(session, report.institution_id).after_quiet(clock.now())
    notifications.notify(session, replace(notice, not_before=moment))
