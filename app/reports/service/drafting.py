"""A draft: own facts as of the policy's moment, what was received from below, what the reporter adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions.models import Institution, InstitutionKind
from app.kernel import clock, versions
from app.kernel.errors import FieldError, Invalid
from app.kernel.language import pick
from app.policies import service as policies
from app.reports.models import DailyReport, ReportFile, ReportRevision, ReportState
from app.reports.queries import files, places, reports
from app.reports.schemas.forms import CollectionOut, ReportFileOut
from app.reports.schemas.reports import CompletionIn, DraftOut, MissingOut, ReceivedOut, ReturnedOut
from app.reports.service import answering, booking
from app.reports.service.forms import collection, demand_figures
from app.rollups import service as rollups
from app.rollups.metrics import CASE_METRICS, METRICS

Counts = Mapping[str, int]
FIGURES = tuple(metric.name for metric in METRICS)
_CASES = tuple(metric.name for metric in CASE_METRICS)
_NONE: Counts = dict.fromkeys(FIGURES, 0)


@dataclass(frozen=True)
class Draft:
    """Everything that a report says if it is sent now. ``own``: of the institution itself, with what is stated."""

    report: DailyReport
    collection: CollectionOut
    as_of: datetime
    facts_own: Counts
    own: Counts
    received: Sequence[ReportRevision]
    missing: Sequence[int]
    names: Mapping[int, str]
    returned: ReturnedOut | None
    files: Sequence[ReportFile]

    @property
    def facts(self) -> dict[str, int]:
        """Own facts and what was received."""
        return self._total(self.facts_own)

    @property
    def figures(self) -> dict[str, int]:
        """What the report says."""
        return self._total(self.own)

    @property
    def differs(self) -> list[str]:
        """Figures stated unlike the facts without a reason."""
        return [name for name in FIGURES if self.own[name] != self.facts_own[name] and name not in self.report.reasons]

    @property
    def unanswered(self) -> list[str]:
        """Questions that must be answered and are not."""
        return answering.unanswered(self.collection.questions, self.report.answers)

    @property
    def answer_sums(self) -> dict[str, int]:
        """Number questions: the own answer and what was received."""
        return answering.sums(self.collection.questions, self.report.answers, self.received)

    @property
    def answer_counts(self) -> dict[str, dict[str, int]]:
        """Choices: how many have chosen which."""
        return answering.counts(self.collection.questions, self.report.answers, self.received)

    def _total(self, own: Counts) -> dict[str, int]:
        parts = [own, *(numbers(one) for one in self.received)]
        return with_missing({name: sum(part[name] for part in parts) for name in FIGURES})


def numbers(revision: ReportRevision) -> Counts:
    """The figures of a revision, those of below included."""
    content: Any = revision.seal.content
    return {**_NONE, **content["figures"]}


def with_missing(counts: Counts) -> dict[str, int]:
    """Figures with the one that is never stored."""
    return {**counts, "missing": counts["due"] - counts["reported"]}


def is_zero(counts: Counts) -> bool:
    """Whether nothing happened: a zero report (零报告)."""
    return not any(counts[name] for name in _CASES)


def draft_report(session: Session, actor: Actor, institution_id: int, day: date) -> DraftOut:
    """The report of an institution as it would be sent now; raises `NotFound`, `Forbidden`, `ReportNotOpen`."""
    place = obtain(session, actor, Action.REPORTS_SIGN, Institution, institution_id)
    return told(draft(session, place, booking.taken(session, place, day)))


def complete_report(
    session: Session, actor: Actor, institution_id: int, day: date, body: CompletionIn, *, if_match: str | None
) -> DraftOut:
    """Fill in what the facts do not say; raises the same, `PreconditionFailed`, `FigureNotKnown`, `Invalid`.

    What was sent stays as it is until it is sent again.
    """
    place = obtain(session, actor, Action.REPORTS_SIGN, Institution, institution_id)
    report = booking.taken(session, place, day)
    versions.require(report.version, if_match)
    _demand_stated(body)
    asked = collection(session, place, day)
    filed = files.some(session, place.id, [one.answer for one in body.answers if isinstance(one.answer, int)])
    report.answers = answering.checked(asked.questions, body.answers, {one.id for one in filed})
    report.stated = {one.figure: one.count for one in body.stated}
    report.reasons = {one.figure: one.reason for one in body.stated if one.reason is not None}
    report.version += 1
    session.flush()
    details = {"questions": sorted(report.answers), "stated": sorted(report.stated)}
    audit.record(
        session, actor, "reports.complete", "daily_report", report.id, institution_id=place.id, details=details
    )
    found = draft(session, place, report, asked)
    if found.own["reported"] > found.own["due"]:
        detail = pick("已报人数不能多于应报人数。", "No more can have checked in than are due.")
        raise Invalid(errors=[FieldError("/stated", "more_than_due", detail)])
    return told(found)


def _demand_stated(body: CompletionIn) -> None:
    demand_figures([one.figure for one in body.stated])
    detail = pick(
        "该指标由应报与已报人数得出, 请填报那两项。", "It follows from who is due and who has checked in; state those."
    )
    wrong = [
        FieldError(f"/stated/{place}/figure", "follows_from_others", detail)
        for place, one in enumerate(body.stated)
        if one.figure not in FIGURES
    ]
    if wrong:
        raise Invalid(errors=wrong)


def draft(session: Session, place: Institution, report: DailyReport, asked: CollectionOut | None = None) -> Draft:
    """What the report of ``place`` says now."""
    asked = asked or collection(session, place, report.day)
    figures_of, moment = booking.as_of(report.day, policies.effective(session, place.id))
    now = clock.now()
    known_at = moment if moment < now else None
    own = rollups.school_figures(session, place.id, figures_of, known_at) if _has_facts(place) else _NONE
    below = places.children(session, place.id, report.day)
    received = reports.newest(session, [one.id for one in below], report.day) if below else {}
    stated: Any = report.stated
    named = answering.file_ids(asked.questions, report.answers)
    return Draft(
        report=report,
        collection=asked,
        as_of=min(moment, now),
        facts_own=own,
        own={**own, **stated},
        received=[received[one] for one in sorted(received)],
        missing=owing(session, [one for one in below if one.id not in received], report.day),
        names={one.id: one.name for one in below},
        returned=returned_out(reports.newest(session, [place.id], report.day).get(place.id))
        if report.state is ReportState.RETURNED
        else None,
        files=files.some(session, place.id, named) if named else [],
    )


def owing(session: Session, silent: Sequence[Institution], day: date) -> list[int]:
    """Those of some that have sent nothing who owe a report for the day."""
    if not silent:
        return []
    booked = reports.of_day(session, [one.id for one in silent], day)
    unbooked = {one.id for one in silent} - booked.keys()
    rules = policies.effective_for(session, unbooked) if unbooked else {}
    return [
        one.id for one in silent if (booked[one.id].owed if one.id in booked else rules[one.id].school_days.owes(day))
    ]


def told(found: Draft) -> DraftOut:
    """A draft as it is answered."""
    report, figures, facts = found.report, found.figures, found.facts
    values: dict[str, Any] = {"answers": report.answers, "stated": report.stated, "reasons": report.reasons}
    return DraftOut(
        institution_id=report.institution_id,
        day=report.day,
        state=report.state,
        owed=report.owed,
        due_at=report.due_at,
        as_of=found.as_of,
        figures={name: figures[name] for name in found.collection.figures},
        facts={name: facts[name] for name in found.collection.figures},
        differs=found.differs,
        questions=found.collection.questions,
        unanswered=found.unanswered,
        answer_sums=found.answer_sums,
        answer_counts=found.answer_counts,
        files=[ReportFileOut.model_validate(one) for one in found.files],
        returned=found.returned,
        received=[received_out(one, found.names) for one in found.received],
        missing=[MissingOut(institution_id=one, name=found.names[one]) for one in found.missing],
        version=report.version,
        **values,
    )


def received_out(revision: ReportRevision, names: Mapping[int, str]) -> ReceivedOut:
    """The newest that was received from one below."""
    return ReceivedOut(
        institution_id=revision.institution_id,
        name=names[revision.institution_id],
        number=revision.number,
        sent_at=revision.known_from,
        on_time=revision.on_time,
        returned=revision.returned_at is not None,
        zero=is_zero(numbers(revision)),
    )


def returned_out(revision: ReportRevision | None, known_at: datetime | None = None) -> ReturnedOut | None:
    """When and why what was sent went back, if that was known at a moment."""
    if revision is None or revision.returned_at is None or revision.return_reason is None:
        return None
    if known_at is not None and revision.returned_at > known_at:
        return None
    return ReturnedOut(at=revision.returned_at, reason=revision.return_reason)


def _has_facts(place: Institution) -> bool:
    return place.kind is InstitutionKind.SCHOOL
