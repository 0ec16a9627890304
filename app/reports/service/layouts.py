"""Layouts: one collection, shown by each office in its own order, under its own titles."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.db import Scope, widen
from app.kernel.errors import FieldError, Invalid, NotFound
from app.kernel.language import pick
from app.kernel.schemas import Page
from app.reports.models import ReportLayout, ReportRevision
from app.reports.queries import forms, places, reports
from app.reports.schemas.forms import Heading, LayoutIn, LayoutOut, LayoutRow, LayoutRowsOut
from app.reports.service import answering
from app.reports.service.drafting import numbers, with_missing
from app.reports.service.forms import demand_figures


def set_layout(session: Session, actor: Actor, institution_id: int, body: LayoutIn) -> LayoutOut:
    """Make a layout; raises `NotFound`, `Forbidden`, `FigureNotKnown`, `Invalid` (a question that no form asks)."""
    place = obtain(session, actor, Action.REPORT_FORMS_SET, Institution, institution_id)
    # Written through the subtree: a level above makes one for an office below it.
    widen(session, Scope(subtrees=frozenset({place.id})))
    demand_figures([one.code for one in body.headings if one.source == "figure"])
    _demand_questions(session, place, body)
    layout = ReportLayout(
        institution_id=place.id,
        title=body.title,
        headings=[one.model_dump() for one in body.headings],
        set_by=actor.account_id,
        set_at=clock.now(),
    )
    session.add(layout)
    session.flush()
    audit.record(session, actor, "report_layouts.set", "report_layout", layout.id, institution_id=place.id)
    return LayoutOut.model_validate(layout)


def list_layouts(session: Session, actor: Actor, institution_id: int) -> Page[LayoutOut]:
    """The layouts of an institution; raises `NotFound`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    return Page(items=[LayoutOut.model_validate(one) for one in forms.layouts(session, place.id)])


def read_layout(
    session: Session, actor: Actor, institution_id: int, layout_id: int, *, day: date, known_at: datetime | None
) -> LayoutRowsOut:
    """A layout filled with what the children had sent for a day, as known at a moment; raises `NotFound`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    found = forms.layout(session, place.id, layout_id)
    if found is None:
        raise NotFound
    layout = LayoutOut.model_validate(found)
    below = places.children(session, place.id, day)
    sent = reports.newest(session, [one.id for one in below], day, known_at)
    items = [
        LayoutRow(
            institution_id=one.id, name=one.name, cells=[_cell(column, sent.get(one.id)) for column in layout.headings]
        )
        for one in below
    ]
    return LayoutRowsOut(layout=layout, day=day, items=items, totals=_totals(layout.headings, items))


def _totals(headings: Sequence[Heading], items: Sequence[LayoutRow]) -> list[int | None]:
    """The sums of columns that hold numbers; of a figure there is always one."""
    columns = [[cell for item in items if isinstance(cell := item.cells[place], int)] for place in range(len(headings))]
    return [
        sum(numbers) if numbers or heading.source == "figure" else None
        for heading, numbers in zip(headings, columns, strict=True)
    ]


def _demand_questions(session: Session, place: Institution, body: LayoutIn) -> None:
    widen(session, Scope(lineage=frozenset(place.lineage)))
    asked = forms.questions(session, place.lineage)
    detail = pick("没有这个问题。", "There is no such question.")
    wrong = [
        FieldError(f"/headings/{number}/code", "unknown_question", detail)
        for number, one in enumerate(body.headings)
        if one.source == "question" and one.code not in asked
    ]
    if wrong:
        raise Invalid(errors=wrong)


def _cell(column: Heading, sent: ReportRevision | None) -> int | str | None:
    if sent is None:
        return None
    if column.source == "question":
        return answering.shown(sent, column.code)
    return with_missing(numbers(sent))[column.code]
