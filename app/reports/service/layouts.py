"""Layouts: one collection, shown by each office in its own order, under its own titles."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.reports.models import ReportLayout, ReportRevision
from app.reports.queries import forms, places, reports
from app.reports.schemas.forms import Heading, LayoutIn, LayoutOut, LayoutRow, LayoutRowsOut
from app.reports.service.forms import demand_figures


def set_layout(session: Session, actor: Actor, institution_id: int, body: LayoutIn) -> LayoutOut:
    """Make a layout; raises `NotFound`, `Forbidden`, `FigureNotKnown`."""
    place = obtain(session, actor, Action.REPORT_FORMS_SET, Institution, institution_id)
    demand_figures([one.code for one in body.headings if one.source == "figure"])
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


def read_layout(session: Session, actor: Actor, institution_id: int, layout_id: int, day: date) -> LayoutRowsOut:
    """A layout filled with what the children have sent for a day; raises `NotFound`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    found = forms.layout(session, place.id, layout_id)
    if found is None:
        raise NotFound
    layout = LayoutOut.model_validate(found)
    below = places.children(session, place.id, day)
    sent = reports.newest(session, [one.id for one in below], day)
    items = [
        LayoutRow(
            institution_id=one.id, name=one.name, cells=[_cell(column, sent.get(one.id)) for column in layout.headings]
        )
        for one in below
    ]
    totals = [
        sum(cell for item in items if isinstance(cell := item.cells[place_], int))
        if column.source == "figure"
        else None
        for place_, column in enumerate(layout.headings)
    ]
    return LayoutRowsOut(layout=layout, day=day, items=items, totals=totals)


def _cell(column: Heading, sent: ReportRevision | None) -> int | str | None:
    if sent is None:
        return None
    content: Any = sent.seal.content
    cell: int | str | None = content["figures" if column.source == "figure" else "answers"].get(column.code)
    return cell
