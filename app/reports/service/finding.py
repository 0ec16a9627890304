"""The four failures, as rules. Each is found once for what was sent, with what the rule has compared.

- *missing*: nothing was sent by the cut-off. It lapses when the report comes, which is then late.
- *late*: the first revision came after the cut-off.
- *false*: a figure was stated unlike the facts at the moment of signing, without a reason.
- *concealed*: signs that the school knew of when it signed, or by the moment that the figures stand for, are not in
  the report, or the school itself entered afterwards what it had measured before. A family's reading that arrives
  late is neither: the school cannot have known.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.checkins import service as checkins
from app.institutions.models import Institution, InstitutionKind
from app.kernel import clock, events
from app.kernel.workflow import fire
from app.policies import service as policies
from app.reports.events import ReportDue, ReportFailureFound, ReportMissing
from app.reports.models import DailyReport, FailureKind, FailureState, ReportFailure
from app.reports.queries import failures, places, reports
from app.reports.service import booking
from app.reports.service.drafting import Draft
from app.reports.workflow import REPORT_FAILURE
from app.rollups import service as rollups

_SIGNS = ("fever", "attention", "household_fever")


def at_sending(session: Session, place: Institution, found: Draft, now: datetime) -> None:
    """What shows at the moment of signing."""
    report = found.report
    rows = []
    if report.owed and report.number == 1 and now > report.due_at:
        minutes = int((now - report.due_at).total_seconds() // 60)
        rows.append(_row(report, FailureKind.LATE, {"minutes": minutes}, now))
        _lapse(session, report)
    if found.differs:
        details = {name: {"stated": found.own[name], "facts": found.facts_own[name]} for name in found.differs}
        rows.append(_row(report, FailureKind.FALSE, details, now))
    if place.kind is InstitutionKind.SCHOOL:
        compared = _hidden(session, place.id, report.day, found.own)
        # What differs for a stated reason is not hidden from anybody.
        if hidden := {name: counts for name, counts in compared.items() if name not in report.reasons}:
            rows.append(_row(report, FailureKind.CONCEALED, hidden, now))
    _keep(session, rows)


def book_day(session: Session, day: date) -> int:
    """Put the reports of everybody in scope for a day on the books; how many were new."""
    unbooked = places.without_report(session, day)
    booking.book(session, unbooked, day)
    return len(unbooked)


def remind(session: Session, day: date) -> int:
    """Record `ReportDue` for everybody in scope whose reminder has come; how many."""
    due = reports.remind(session, day, clock.now())
    events.record_all(session, [ReportDue(row[0], row[1], day.isoformat()) for row in due])
    return len(due)


def find_missing(session: Session, days: Sequence[date]) -> int:
    """Find the missing reports of some days, of everybody in scope; how many were new."""
    now = clock.now()
    overdue = {one.id: one for one in reports.overdue(session, days, now)}
    found = _keep(session, [_row(one, FailureKind.MISSING, {}, now) for one in overdue.values()])
    of = [overdue[one] for one in found]
    events.record_all(session, [ReportMissing(one.institution_id, one.id, one.day.isoformat()) for one in of])
    return len(found)


def find_concealed(session: Session, institution_id: int, day: date) -> bool:
    """Hold what a school has sent for a day against what it entered afterwards; whether that is a new failure."""
    report = reports.find(session, institution_id, day, lock=True)
    sent = reports.newest(session, [institution_id], day).get(institution_id)
    if report is None or sent is None:
        return False
    figures_of, _ = booking.as_of(day, policies.effective(session, institution_id))
    # What the school knew by the moment of the figures, and has not amended: it may have sent long before that.
    hidden = _hidden(session, institution_id, day, {name: getattr(sent, name) for name in _SIGNS})
    content: Any = sent.seal.content
    hidden = {name: counts for name, counts in hidden.items() if name not in content["reasons"]}
    entered, first_at = checkins.entered_after(session, institution_id, figures_of, sent.known_from)
    hidden |= {name: {"entered_after_sending": count} for name, count in entered.items() if count}
    if hidden and first_at is not None:
        hidden["changed_at"] = first_at.isoformat()
    return bool(hidden and _keep(session, [_row(report, FailureKind.CONCEALED, hidden, clock.now())]))


def _hidden(session: Session, institution_id: int, day: date, said: Mapping[str, int]) -> dict[str, Any]:
    """Signs of the reported day that stand in the books of the school now and not in what it says."""
    figures_of, moment = booking.as_of(day, policies.effective(session, institution_id))
    now = clock.now()
    # What came between the moment of the figures and the signing belongs to the next report, unless it was measured
    # before that moment by the school itself.
    then = rollups.school_figures(session, institution_id, figures_of, moment if moment < now else None)
    later = checkins.entered_after(session, institution_id, figures_of, moment)[0] if moment < now else {}
    known = {name: then[name] + later.get(name, 0) for name in _SIGNS}
    return {name: {"said": said[name], "known": known[name]} for name in _SIGNS if said[name] < known[name]}


def _row(report: DailyReport, kind: FailureKind, details: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "institution_id": report.institution_id,
        "report_id": report.id,
        "day": report.day,
        "kind": kind,
        "number": report.number,
        "state": FailureState.FOUND,
        "details": dict(details),
        "found_at": now,
        "lineage": list(report.lineage),
    }


def _keep(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Keep failures that are new, and tell of them; their reports."""
    new = failures.add(session, rows)
    events.record_all(session, [ReportFailureFound(row[0], row[1], str(row[2])) for row in new])
    return [row[3] for row in new]


def _lapse(session: Session, report: DailyReport) -> None:
    missing = failures.undecided(session, report.institution_id, report.id, FailureKind.MISSING)
    if missing is not None:
        fire(session, REPORT_FAILURE, ReportFailure.state, missing, "lapse", account_id=None)


def days_to_look_at() -> list[date]:
    """Today, and yesterday for what was found over midnight."""
    return [clock.today(), clock.today() - timedelta(days=1)]
