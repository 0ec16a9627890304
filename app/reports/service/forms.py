"""What is asked of whom: versions of forms, and the one collection that they add up to."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions import service as institutions
from app.institutions.models import Institution, InstitutionKind
from app.kernel import clock
from app.kernel.db import Scope, widen
from app.kernel.errors import FieldError, Invalid
from app.kernel.language import pick
from app.kernel.schemas import Page
from app.reports.errors import FigureNotKnown, QuestionTaken
from app.reports.models import ReportForm
from app.reports.queries import forms
from app.reports.schemas.forms import CollectionOut, Question, ReportFormIn, ReportFormOut
from app.rollups.metrics import BY_NAME, SHOWN


def set_form(session: Session, actor: Actor, institution_id: int, body: ReportFormIn) -> ReportFormOut:
    """Set a version of a form for all of a level below; the versions before it are kept.

    Raises `NotFound`, `Forbidden`, `Invalid` (that level is not below), `FigureNotKnown`, `QuestionTaken`.
    """
    place = obtain(session, actor, Action.REPORT_FORMS_SET, Institution, institution_id, lock=True)
    # Written through the subtree: a level above sets what an office below it asks.
    widen(session, Scope(subtrees=frozenset({place.id})))
    _demand_below(place, body.level)
    demand_figures(body.figures)
    lineage = [one.id for one in institutions.widen_to_ancestors(session, place.id)]
    day = body.in_force_on or clock.today()
    _demand_codes(session, lineage[:-1], body, day)
    form = ReportForm(
        institution_id=place.id,
        number=forms.last_number(session, place.id, body.code) + 1,
        in_force_on=day,
        questions=[one.model_dump(mode="json") for one in body.questions],
        set_by=actor.account_id,
        set_at=clock.now(),
        **body.model_dump(include={"code", "title", "level", "school_types", "figures", "ended"}),
    )
    session.add(form)
    session.flush()
    details = {"code": form.code, "number": form.number, "level": form.level}
    audit.record(session, actor, "report_forms.set", "report_form", form.id, institution_id=place.id, details=details)
    return ReportFormOut.model_validate(form)


def list_forms(session: Session, actor: Actor, institution_id: int, day: date | None) -> Page[ReportFormOut]:
    """The forms of an institution and of those above it, as in force on a day; raises `NotFound`."""
    obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    lineage = [one.id for one in institutions.widen_to_ancestors(session, institution_id)]
    found = forms.in_force(session, lineage, day or clock.today())
    return Page(items=[ReportFormOut.model_validate(one) for one in found])


def read_collection(session: Session, actor: Actor, institution_id: int, day: date | None) -> CollectionOut:
    """All that is asked of an institution on a day; raises `NotFound`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    return collection(session, place, day or clock.today())


def collection(session: Session, place: Institution, day: date) -> CollectionOut:
    """What the forms of all levels above ask, each figure and question once; what is said higher up comes first."""
    lineage = place.lineage
    widen(session, Scope(lineage=frozenset(lineage)))
    asked = [one for one in forms.in_force(session, lineage, day) if _concerns(one, place)]
    asked.sort(key=lambda one: (lineage.index(one.institution_id), one.id))
    questions: dict[str, Question] = {}
    for form in asked:
        for one in form.questions:
            question = Question.model_validate(one)
            questions.setdefault(question.code, question)
    wanted = {name for form in asked for name in form.figures}
    figures = [metric.name for metric in SHOWN if metric.name in wanted or not wanted]
    return CollectionOut(
        figures=figures,
        questions=list(questions.values()),
        forms=[ReportFormOut.model_validate(one) for one in asked],
    )


def demand_figures(names: Sequence[str]) -> None:
    """Raise `FigureNotKnown` for the first that is no declared metric."""
    for name in names:
        if name not in BY_NAME:
            raise FigureNotKnown(figure=name)


def _demand_below(place: Institution, level: InstitutionKind) -> None:
    levels = list(InstitutionKind)
    if levels.index(level) <= levels.index(place.kind):
        detail = pick("只能为下级机构设置表单。", "Forms are set for levels below.")
        raise Invalid(errors=[FieldError("/level", "not_below", detail)])


def _concerns(form: ReportForm, place: Institution) -> bool:
    kinds: Any = form.school_types
    return not form.ended and form.level is place.kind and (kinds is None or str(place.school_type) in kinds)


def _demand_codes(session: Session, above: Sequence[int], body: ReportFormIn, day: date) -> None:
    taken = {
        one["code"]: Question.model_validate(one)
        for form in forms.in_force(session, above, day)
        if not form.ended
        for one in form.questions
    }
    for question in body.questions:
        if taken.get(question.code, question) != question:
            raise QuestionTaken(question=question.code)
