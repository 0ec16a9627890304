"""Failures before the level above: the evidence, what the institution says to it, the decision."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.institutions.models import Institution
from app.kernel import clock, events, paging
from app.kernel.db import Scope, widen
from app.kernel.schemas import Page
from app.kernel.workflow import fire
from app.reports.errors import NotAbove, PeriodNotPossible
from app.reports.events import ReportFailureDecided, ReportFailureExplained
from app.reports.models import DailyReport, FailureKind, FailureState, ReportFailure
from app.reports.queries import failures, places, reports
from app.reports.schemas.failures import (
    EvidenceOut,
    ExplanationIn,
    FailureOut,
    FailureVerdictIn,
)
from app.reports.workflow import REPORT_FAILURE

LONGEST = 92  # days of a period


def list_failures(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    since: date | None,
    until: date | None,
    kind: FailureKind | None,
    state: FailureState | None,
) -> Page[FailureOut]:
    """The failures of an institution and of all below it, of a period (the last week), by day.

    Raises `NotFound`, `PeriodNotPossible`.
    """
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    last = until or clock.today()
    first = since or last - timedelta(days=6)
    demand_period(first, last)
    reachable = visible(actor, Action.REPORTS_READ, ReportFailure)
    statement = failures.listed(reachable, place.id, first, last, kind=kind, state=state)
    rows, following = paging.fetch(session, statement, [ReportFailure.day, ReportFailure.id], page)
    return Page(items=_told(session, rows), next=following)


def explain_failure(session: Session, actor: Actor, failure_id: int, body: ExplanationIn) -> FailureOut:
    """Say how a failure came about, for the institution; raises `NotFound`, `Forbidden`, `MoveNotPossible`."""
    failure = obtain(session, actor, Action.REPORTS_SIGN, ReportFailure, failure_id, lock=True)
    _move(session, actor, failure, "explain", body.explanation, explanation=body.explanation, explained_at=clock.now())
    events.record(session, ReportFailureExplained(failure.institution_id, failure.id))
    return _told(session, [failure])[0]


def decide_failure(session: Session, actor: Actor, failure_id: int, body: FailureVerdictIn) -> FailureOut:
    """Uphold a failure or drop it, for a level above; raises `NotFound`, `Forbidden`, `NotAbove`, `MoveNotPossible`."""
    failure = obtain(session, actor, Action.REPORTS_REVIEW, ReportFailure, failure_id, lock=True)
    demand_above(actor, failure.lineage)
    _move(session, actor, failure, body.verdict.value, body.reason, verdict_reason=body.reason)
    events.record(session, ReportFailureDecided(failure.institution_id, failure.id, body.verdict.value))
    return _told(session, [failure])[0]


def demand_above(actor: Actor, lineage: Sequence[int]) -> None:
    """Raise `NotAbove` unless the actor reviews for an institution above the last of ``lineage``."""
    offices = {held.institution_id for _, held in actor.reaches(Action.REPORTS_REVIEW)}
    if not actor.system and offices.isdisjoint(lineage[:-1]):
        raise NotAbove


def demand_period(since: date, until: date) -> None:
    """Raise `PeriodNotPossible` for one that runs backwards or is too long."""
    if not 0 <= (until - since).days < LONGEST:
        raise PeriodNotPossible(days=LONGEST)


def _move(session: Session, actor: Actor, failure: ReportFailure, move: str, reason: str, **values: Any) -> None:
    # The move is written where the institution sees it; nothing else of its rows is looked at.
    widen(session, Scope(institutions=frozenset({failure.institution_id})))
    fire(
        session,
        REPORT_FAILURE,
        ReportFailure.state,
        failure,
        move,
        account_id=actor.account_id,
        reason=reason,
        **values,
    )


def _told(session: Session, rows: Sequence[ReportFailure]) -> list[FailureOut]:
    names = places.names(session, {one.institution_id for one in rows})
    told = ("id", "institution_id", "day", "kind", "state", "found_at", "explanation", "verdict_reason")
    return [
        FailureOut(
            name=names.get(one.institution_id, "—"),
            evidence=sorted(_evidence(session, one), key=lambda link: link.at),
            **{name: getattr(one, name) for name in told},
        )
        for one in rows
    ]


def _evidence(session: Session, failure: ReportFailure) -> Iterator[EvidenceOut]:
    """Asked, reminded, due, sent, amended, found, explained: from the rows themselves."""
    report = session.get_one(DailyReport, (failure.institution_id, failure.report_id))
    yield EvidenceOut(at=report.asked_at, what="asked", details={})
    for at in report.reminders[: report.reminded]:
        yield EvidenceOut.model_validate({"at": at, "what": "reminded", "details": {}})
    yield EvidenceOut(at=report.due_at, what="due", details={})
    for one in reports.revisions(session, failure.institution_id, report.id):
        details = {"number": one.number, "digest": one.seal.digest, "reason": one.seal.reason}
        yield EvidenceOut(at=one.known_from, what="sent" if one.number == 1 else "amended", details=details)
    yield EvidenceOut(at=failure.found_at, what="found", details=failure.details)
    if failure.explained_at is not None:
        yield EvidenceOut(at=failure.explained_at, what="explained", details={})
