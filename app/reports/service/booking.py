"""Reports on the books: what an institution owes for a day, and until when, as the policy of that day says."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.kernel import clock
from app.kernel.db import Scope, widen
from app.kernel.errors import NotFound
from app.policies import service as policies
from app.policies.settings import Rules
from app.reports.errors import ReportNotOpen
from app.reports.models import DailyReport, ReportState
from app.reports.queries import places, reports

BACK = 7  # days for which a report may be made up


def taken(session: Session, place: Institution, day: date) -> DailyReport:
    """The report of an open institution for a day, locked; put on the books if it is not there yet.

    Raises `ReportNotOpen`.
    """
    today = clock.today()
    if not today - timedelta(days=BACK) <= day <= today:
        raise ReportNotOpen(days=BACK)
    found = reports.find(session, place.id, day, lock=True)
    if found is None:
        book(session, [place], day)
        found = reports.find(session, place.id, day, lock=True)
    if found is None:
        raise NotFound
    return found


def book(session: Session, places: Sequence[Institution], day: date) -> None:
    """Put the reports of some institutions for a day on the books; those that are there stay as they are."""
    rules = policies.effective_for(session, {one.id for one in places})
    now = clock.now()
    rows = [_row(one, day, rules[one.id], now) for one in places]
    if rows:
        reports.open_reports(session, rows)


def follow_rules(session: Session, institution_id: int) -> None:
    """Have today's reports of an institution and all below it be owed as rules and tree are now.

    What was sent, or is overdue, stays as it was owed: nobody is made late or in time afterwards. A reminder whose
    moment has passed is not told again.
    """
    widen(session, Scope(subtrees=frozenset({institution_id})))
    now = clock.now()
    known = places.standing_below(session, institution_id)
    out = [one for one in reports.unsent(session, list(known), clock.today()) if one.due_at > now]
    rules = policies.effective_for(session, {one.institution_id for one in out})
    for one in out:
        place = known[one.institution_id]
        for name, value in _owed_by(place, one.day, rules[place.id]).items():
            if getattr(one, name) != value:
                setattr(one, name, value)
        one.reminded = sum(moment <= now for moment in _moments(one.reminders))


def _moments(reminders: Sequence[object]) -> Sequence[datetime]:
    return [one for one in reminders if isinstance(one, datetime)]


def due_at(kind: InstitutionKind, day: date, rules: Rules) -> datetime:
    """The cut-off of a day."""
    school = kind is InstitutionKind.SCHOOL
    return clock.at(day, rules.report_cutoff_school if school else rules.report_cutoff_office)


def as_of(day: date, rules: Rules) -> tuple[date, datetime]:
    """The day whose figures are reported, and the moment that they stand for."""
    figures_of = day - timedelta(days=1) if rules.report_as_of_day_before else day
    return figures_of, clock.at(figures_of, rules.report_as_of)


def _row(place: Institution, day: date, rules: Rules, now: datetime) -> Mapping[str, Any]:
    return {
        "institution_id": place.id,
        "day": day,
        "kind": place.kind,
        "state": ReportState.OWED,
        "asked_at": now,
        "reminded": 0,
        "number": 0,
        "answers": {},
        "stated": {},
        "reasons": {},
        **_owed_by(place, day, rules),
    }


def _owed_by(place: Institution, day: date, rules: Rules) -> Mapping[str, Any]:
    """What follows from rules and tree."""
    due = due_at(place.kind, day, rules)
    # Nobody stands above a root to whom it could owe anything.
    owes = place.parent_id is not None and place.state is InstitutionState.OPEN and rules.school_days.owes(day)
    return {
        "addressee_id": place.parent_id,
        "owed": owes,
        "due_at": due,
        "reminders": [due - timedelta(minutes=minutes) for minutes in rules.report_reminders],
        "lineage": list(place.lineage),
    }
