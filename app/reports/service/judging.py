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
from app.reports.models import DailyReport, ReportFailure, ReportRevision
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
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery, wanted: failures.WantedFailures
) -> Page[FailureOut]:
    """The failures of an institution and of all below it, of a period (the last week), by day.

    Raises `NotFound`, `PeriodNotPossible`.
    """
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    last = wanted.until or clock.today()
    first = wanted.since or last - timedelta(days=6)
    demand_period(first, last)
    reachable = visible(actor, Action.REPORTS_READ, ReportFailure)
    statement = failures.listed(reachable, place.id, first, last, wanted)
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
    decided = {"decided_by": demand_above(actor, failure.lineage), "decided_at": clock.now()}
    _move(session, actor, failure, body.verdict.value, body.reason, verdict_reason=body.reason, **decided)
    events.record(session, ReportFailureDecided(failure.institution_id, failure.id, body.verdict.value))
    return _told(session, [failure])[0]


def demand_above(actor: Actor, lineage: Sequence[int]) -> int | None:
    """The nearest institution above the last of ``lineage`` that the actor reviews for; raises `NotAbove`.

    None: the program itself.
    """
    offices = {held.institution_id for _, held in actor.reaches(Action.REPORTS_REVIEW)}
    above = [one for one in lineage[:-1] if one in offices]
    if not above and not actor.system:
        raise NotAbove
    return above[-1] if above else None


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
    of, sent = reports.with_revisions(session, {one.institution_id for one in rows}, {one.report_id for one in rows})
    told = ("id", "institution_id", "day", "kind", "number", "state", "found_at", "explanation", "verdict_reason")
    return [
        FailureOut(
            name=names.get(one.institution_id, "—"),
            decided_by=one.decided_by,
            evidence=sorted(_evidence(one, of[one.report_id], sent.get(one.report_id, ())), key=lambda link: link.at),
            **{name: getattr(one, name) for name in told},
        )
        for one in rows
    ]


def _evidence(failure: ReportFailure, report: DailyReport, sent: Sequence[ReportRevision]) -> Iterator[EvidenceOut]:
    """From the rows themselves: what was asked, said and done about a report, and what was made of it."""

    def link(what: str, at: object, **details: object) -> EvidenceOut:
        return EvidenceOut.model_validate({"at": at, "what": what, "details": details})

    yield link("asked", report.asked_at)
    for at in report.reminders[: report.reminded]:
        yield link("reminded", at)
    yield link("due", report.due_at)
    for one in sent:
        details = {"number": one.number, "digest": one.seal.digest, "reason": one.seal.reason}
        yield link("sent" if one.number == 1 else "amended", one.known_from, **details, unlike_facts=_unlike(one))
        if one.returned_at is not None:
            yield link("returned", one.returned_at, number=one.number, reason=one.return_reason)
    if "changed_at" in failure.details:
        yield link("changed", failure.details["changed_at"])
    yield link("found", failure.found_at, **failure.details)
    if failure.explained_at is not None:
        yield link("explained", failure.explained_at)
    if failure.decided_at is not None:
        yield link("decided", failure.decided_at, institution_id=failure.decided_by, verdict=failure.state)


def _unlike(one: ReportRevision) -> dict[str, Any]:
    """What was stated unlike the facts, as it was signed, with the reason that was given."""
    content: Any = one.seal.content
    return {
        name: {"stated": number, "facts": content["facts"][name], "reason": content["reasons"].get(name)}
        for name, number in content["figures"].items()
        if number != content["facts"][name]
    }
