"""Signing and sending are one act: what is sent is frozen. Sending again adds a revision, and replaces nothing."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import TITLES, Action, Role
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions.models import Institution, InstitutionKind
from app.kernel import clock, events, versions
from app.kernel.db import Scope, widen
from app.kernel.errors import FieldError, Invalid
from app.kernel.language import pick
from app.kernel.workflow import fire
from app.policies import service as policies
from app.reports.errors import NotASigner
from app.reports.events import ReportAmended, ReportLate, ReportReturned, ReportSent
from app.reports.models import DailyReport, ReportRevision, ReportSeal, ReportState
from app.reports.queries import reports
from app.reports.schemas.reports import ReportOut, ReturnIn, SendingIn
from app.reports.service import booking, chain, finding, judging
from app.reports.service.drafting import FIGURES, Draft, draft, is_zero
from app.reports.service.reading import report_out
from app.reports.workflow import DAILY_REPORT


def send_report(
    session: Session, actor: Actor, institution_id: int, day: date, body: SendingIn, *, if_match: str | None
) -> ReportOut:
    """Sign the report and send it to the level above; what was sent before is amended by it.

    Raises `NotFound`, `Forbidden`, `NotASigner`, `ReportNotOpen`, `PreconditionFailed`, `Invalid` (a required question
    is open, or an amendment has no reason).
    """
    place = obtain(session, actor, Action.REPORTS_SIGN, Institution, institution_id)
    _demand_signer(session, actor, place)
    report = booking.taken(session, place, day)
    versions.require(report.version, if_match)
    found = draft(session, place, report)
    _demand_complete(found, body)
    before = report.state
    # Clocks of two machines differ: what replaces a revision is never older than it.
    last = reports.newest(session, [place.id], day).get(place.id)
    now = max([clock.now()] + ([last.known_from] if last else []))
    _move(session, actor, place, report, reason=body.reason, now=now)
    _freeze(session, actor, place, found, reason=body.reason, now=now)
    finding.at_sending(session, place, found, now)
    _tell(session, report, before)
    audit.record(
        session,
        actor,
        "reports.send",
        "daily_report",
        report.id,
        institution_id=place.id,
        reason=body.reason,
        details={"day": day.isoformat(), "number": report.number},
    )
    return report_out(session, report, place, actor)


def return_report(
    session: Session, actor: Actor, institution_id: int, day: date, body: ReturnIn, *, if_match: str | None = None
) -> ReportOut:
    """Send a report back with a reason; what was sent stays known until it is sent again.

    Raises `NotFound`, `Forbidden`, `NotAbove`, `ReportNotOpen`, `PreconditionFailed`, `MoveNotPossible`.
    """
    place = obtain(session, actor, Action.REPORTS_REVIEW, Institution, institution_id)
    judging.demand_above(actor, place.lineage)
    report = booking.taken(session, place, day)
    versions.require(report.version, if_match)
    reports.send_back(session, place.id, report.id, body.reason, clock.now())
    # Of the institution's decisions none is read: the move is written where the institution sees it.
    widen(session, Scope(institutions=frozenset({place.id})))
    fire(
        session,
        DAILY_REPORT,
        DailyReport.state,
        report,
        "return",
        account_id=actor.account_id,
        reason=body.reason,
        version=report.version + 1,
    )
    events.record(session, ReportReturned(place.id, report.id, day.isoformat()))
    return report_out(session, report, place, actor)


def _demand_signer(session: Session, actor: Actor, place: Institution) -> None:
    if place.kind is not InstitutionKind.SCHOOL or actor.system:
        return
    signers = policies.effective(session, place.id).report_signers
    if not any(held.institution_id == place.id and held.role in signers for held in actor.held):
        titles = [pick(*TITLES[Role(one)]) for one in sorted(signers)]
        raise NotASigner(roles=pick("、", ", ").join(titles))


def _demand_complete(found: Draft, body: SendingIn) -> None:
    wrong = [
        FieldError(f"/answers/{code}", "unanswered", pick("此问题必须回答。", "This must be answered."))
        for code in found.unanswered
    ]
    if found.report.state is ReportState.SENT and body.reason is None:
        detail = pick("更正已报送的日报须说明原因。", "Say why what was sent is amended.")
        wrong.append(FieldError("/reason", "missing", detail))
    if wrong:
        raise Invalid(errors=wrong)


def _move(
    session: Session, actor: Actor, place: Institution, report: DailyReport, *, reason: str | None, now: datetime
) -> None:
    # An office's own decisions stand among its tenant rows, which hold no persons.
    widen(session, Scope(institutions=frozenset({place.id})))
    fire(
        session,
        DAILY_REPORT,
        DailyReport.state,
        report,
        "amend" if report.state is ReportState.SENT else "send",
        account_id=actor.account_id,
        reason=reason,
        sent_at=report.sent_at or now,
        number=report.number + 1,
        addressee_id=place.parent_id,
        version=report.version + 1,
    )


def _freeze(
    session: Session, actor: Actor, place: Institution, found: Draft, *, reason: str | None, now: datetime
) -> None:
    report = found.report
    content = _content(actor, place, found, reason, now)
    reports.supersede(session, place.id, report.id, now)
    revision = ReportRevision(
        institution_id=place.id,
        report_id=report.id,
        day=report.day,
        number=report.number,
        kind=place.kind,
        on_time=report.sent_at is not None and report.sent_at <= report.due_at,
        # Of a school its own: those below it are schools too, and are counted by themselves.
        zero=is_zero(found.own if place.kind is InstitutionKind.SCHOOL else found.figures),
        owed=report.owed,
        known_from=now,
        lineage=list(place.lineage),
        **found.own,
        seal=ReportSeal(
            content=content,
            reason=reason,
            sent_by=actor.account_id,
            lineage=list(place.lineage),
            **chain.freeze(session, place.id, content),
        ),
    )
    session.add(revision)
    session.flush()


def _content(actor: Actor, place: Institution, found: Draft, reason: str | None, now: datetime) -> dict[str, Any]:
    """All that is signed, in JSON."""
    return {
        "institution": place.id,
        "addressee": place.parent_id,
        "day": found.report.day.isoformat(),
        "number": found.report.number,
        "as_of": found.as_of.isoformat(),
        "due_at": found.report.due_at.isoformat(),
        "owed": found.report.owed,
        "sent_at": now.isoformat(),
        "first_sent_at": (found.report.sent_at or now).isoformat(),
        "signed_by": actor.account_id,
        "figures": found.figures,
        "facts": found.facts,
        "own": {name: found.own[name] for name in FIGURES},
        "answers": found.report.answers,
        "answer_sums": found.answer_sums,
        "answer_counts": found.answer_counts,
        "files": [{"id": one.id, "name": one.name, "sha256": one.sha256} for one in found.files],
        "forms": [one.model_dump(include={"institution_id", "code", "number"}) for one in found.collection.forms],
        "reasons": found.report.reasons,
        "received": {str(one.institution_id): one.seal.digest for one in found.received},
        "missing": list(found.missing),
        "reason": reason,
    }


def _tell(session: Session, report: DailyReport, before: ReportState) -> None:
    of = (report.institution_id, report.id, report.day.isoformat())
    if before is ReportState.SENT:
        events.record(session, ReportAmended(*of, report.number))
        return
    events.record(session, ReportSent(*of, report.number))
    if report.owed and report.number == 1 and report.sent_at is not None and report.sent_at > report.due_at:
        events.record(session, ReportLate(*of))
