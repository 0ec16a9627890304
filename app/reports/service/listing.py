"""What the schools below an institution have sent, school by school: for files that somebody takes away."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.institutions.models import Institution
from app.reports.queries import reports, schools
from app.reports.schemas.reports import SchoolReportRow
from app.reports.service.drafting import FIGURES, with_missing


def schools_booked(session: Session, actor: Actor, institution_id: int, day: date) -> list[int]:
    """The schools at or below an institution that have a report of a day on the books; raises `NotFound`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    return list(schools.booked(session, place.id, day))


def school_rows(
    session: Session, actor: Actor, institution_id: int, day: date, ids: Sequence[int]
) -> list[SchoolReportRow]:
    """The reports of some schools, in that order; those that do not stand below the institution are left out."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    booked = reports.of_day(session, ids, day)
    newest = reports.newest(session, ids, day)
    names = schools.named(session, ids)
    rows = []
    for one in ids:
        report, sent = booked.get(one), newest.get(one)
        if report is None or place.id not in report.lineage:
            continue
        name, above = names.get(one, ("—", None))
        rows.append(
            SchoolReportRow(
                institution_id=one,
                name=name,
                above=above,
                state=report.state,
                owed=report.owed,
                number=sent.number if sent else 0,
                sent_at=report.sent_at if sent else None,
                on_time=sent.on_time if sent else None,
                zero=sent.zero if sent else None,
                figures=with_missing({figure: getattr(sent, figure) for figure in FIGURES}) if sent else None,
            )
        )
    return rows
