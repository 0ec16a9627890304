"""Reading what was sent: one report, its revisions and their proof, lists."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action
from app.access.service import Actor, Facts, obtain
from app.institutions.models import Institution
from app.kernel import paging
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.reports.models import DailyReport, Outcome, ReportRevision, ReportState
from app.reports.queries import places, reports
from app.reports.queries.reports import Wanted
from app.reports.schemas.reports import ProofsOut, ReportOut, ReportRow, RevisionOut
from app.reports.service import chain
from app.reports.service.drafting import is_zero, numbers, returned_out
from app.reports.service.judging import demand_period

_ADDED: Mapping[str, Any] = {"answer_sums": {}, "answer_counts": {}, "files": [], "forms": []}


def read_report(session: Session, actor: Actor, institution_id: int, day: date, known_at: datetime | None) -> ReportOut:
    """The report of an institution for a day, as it was known at a moment; raises `NotFound`."""
    place, report = _found(session, actor, institution_id, day)
    return report_out(session, report, place, actor, known_at)


def list_revisions(session: Session, actor: Actor, institution_id: int, day: date) -> Page[RevisionOut]:
    """All that was ever sent of a report, the first first; raises `NotFound`."""
    place, report = _found(session, actor, institution_id, day)
    own = _signs_there(actor, place)
    return Page(items=[_revision_out(one, own=own) for one in reports.revisions(session, place.id, report.id)])


def verify_report(session: Session, actor: Actor, institution_id: int, day: date) -> ProofsOut:
    """Hold what was sent against its signatures; raises `NotFound`."""
    _, report = _found(session, actor, institution_id, day)
    return chain.verify(session, report)


def list_reports(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery, wanted: Wanted
) -> Page[ReportRow]:
    """The reports of an institution and of all that stood below it, by day; raises `NotFound`, `PeriodNotPossible`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    demand_period(wanted.since, wanted.until)
    statement = reports.listed(place.id, wanted)
    rows, following = paging.fetch(session, statement, [DailyReport.day, DailyReport.institution_id], page)
    names, zeros = places.names(session, {one.institution_id for one in rows}), reports.zeros(session, rows)
    return Page(items=[_row(one, names, zeros) for one in rows], next=following)


def schools_that_sent(session: Session, day: date) -> list[int]:
    """The schools in scope that have sent a report of a day."""
    return list(reports.sent_schools(session, day))


def state_of(sent: ReportRevision | None, known_at: datetime | None) -> ReportState:
    """The state of a report by the newest that was sent of it, as known at a moment."""
    if sent is None:
        return ReportState.OWED
    returned = sent.returned_at is not None and (known_at is None or sent.returned_at <= known_at)
    return ReportState.RETURNED if returned else ReportState.SENT


def report_out(
    session: Session, report: DailyReport, place: Institution, actor: Actor, known_at: datetime | None = None
) -> ReportOut:
    """A report with the newest revision, or the newest that was known at a moment."""
    session.flush()
    revision = reports.newest(session, [place.id], report.day, known_at).get(place.id)
    sent_at = report.sent_at if revision is not None else None
    return ReportOut(
        institution_id=place.id,
        name=place.name,
        kind=report.kind,
        day=report.day,
        state=state_of(revision, known_at),
        owed=report.owed,
        asked_at=report.asked_at,
        due_at=report.due_at,
        sent_at=sent_at,
        on_time=revision.on_time if revision else None,
        number=revision.number if revision else 0,
        version=report.version,
        returned=returned_out(revision, known_at),
        revision=_revision_out(revision, own=_signs_there(actor, place)) if revision else None,
    )


def _found(session: Session, actor: Actor, institution_id: int, day: date) -> tuple[Institution, DailyReport]:
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    report = reports.find(session, place.id, day)
    if report is None:
        raise NotFound
    return place, report


def _signs_there(actor: Actor, place: Institution) -> bool:
    return holds(actor, Action.REPORTS_SIGN, Facts(institution_id=place.id, lineage=tuple(place.lineage)))


def _revision_out(revision: ReportRevision, *, own: bool) -> RevisionOut:
    content: Any = revision.seal.content
    return RevisionOut(
        number=revision.number,
        day=revision.day,
        sent_at=revision.known_from,
        # Who signed is a person: the institution itself is told, and the trail knows.
        sent_by=revision.seal.sent_by if own else None,
        on_time=revision.on_time,
        zero=is_zero(numbers(revision)),
        reason=revision.seal.reason,
        as_of=datetime.fromisoformat(content["as_of"]),
        received=sorted(int(one) for one in content["received"]),
        known_to=revision.known_to,
        returned=returned_out(revision),
        # What was sent before these were sealed says nothing of them.
        **{name: content.get(name, empty) for name, empty in _ADDED.items()},
        previous=revision.seal.previous,
        digest=revision.seal.digest,
        signature=revision.seal.signature,
        **{name: content[name] for name in ("figures", "facts", "answers", "reasons", "missing")},
    )


def _row(report: DailyReport, names: Mapping[int, str], zeros: Mapping[int, bool]) -> ReportRow:
    told = ("institution_id", "kind", "day", "state", "owed", "due_at", "sent_at", "number")
    if report.sent_at is not None:
        outcome = Outcome.ZERO if zeros[report.id] else Outcome.CASES
    else:
        outcome = Outcome.MISSING if report.owed else Outcome.NOTHING_OWED
    return ReportRow(
        name=names.get(report.institution_id, "—"),
        outcome=outcome,
        on_time=None if report.sent_at is None else report.sent_at <= report.due_at,
        **{name: getattr(report, name) for name in told},
    )
