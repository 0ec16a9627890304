"""What an institution has received for a day, as known at any moment: the snapshot of a cut-off is that moment's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.institutions.models import Institution
from app.kernel import clock
from app.reports.models import ReportRevision, ReportState
from app.reports.queries import places, reports, sums
from app.reports.schemas.failures import ReportRates, ReportRatesOut
from app.reports.schemas.reports import ChildReportOut, CollectedOut, MissingOut, SchoolReports
from app.reports.service.drafting import FIGURES, is_zero, numbers, owing, with_missing
from app.reports.service.judging import demand_period
from app.reports.service.reading import state_of
from app.rollups.service import Rate

Row = Mapping[str, Any]
_STATES = ("sent", "on_time", "zero", "returned", "missing")


def collect_reports(
    session: Session, actor: Actor, institution_id: int, day: date, known_at: datetime | None
) -> CollectedOut:
    """Each child's report, and the schools below it: who has sent what; raises `NotFound`."""
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    below = places.children(session, place.id, day)
    received = reports.newest(session, [one.id for one in below], day, known_at)
    missing = set(owing(session, [one for one in below if one.id not in received], day))
    schools = {child: Counter(row) for child, row in sums.of_schools(session, place.lineage, day, known_at).items()}
    items = [
        _child(one, received.get(one.id), schools.get(one.id, Counter()), owes=one.id in missing, known_at=known_at)
        for one in below
    ]
    total = _sum(schools.values())
    return CollectedOut(
        institution_id=place.id,
        day=day,
        known_at=known_at or clock.now(),
        received=len(received),
        owed=len(missing) + sum(one.owed for one in received.values()),
        figures=with_missing(_figures(_sum(numbers(one) for one in received.values()))),
        schools=_states(total),
        school_figures=with_missing(_figures(total)),
        missing=[MissingOut(institution_id=one.id, name=one.name) for one in below if one.id in missing],
        items=items,
    )


def read_rates(
    session: Session, actor: Actor, institution_id: int, *, since: date, until: date, at: datetime
) -> ReportRatesOut:
    """Completeness and timeliness of a period, of an institution with all below it and of each part, at a moment.

    Of reports alone whose cut-off had passed, and of those that came before it. Raises `NotFound`, `PeriodNotPossible`.
    """
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    demand_period(since, until)
    rows = sums.rates(session, place.lineage, since, until, at)
    known = places.by_id(session, [one for one in rows if one is not None])
    items = [
        _rates(child or place.id, place if child is None else known.get(child), rows[child])
        for child in sorted(rows, key=lambda one: one or 0)
    ]
    whole = _rates(place.id, place, _sum({**row, "child": 0} for row in rows.values()))
    return ReportRatesOut(since=since, until=until, items=items, **dict(whole))


def _child(
    place: Institution, sent: ReportRevision | None, schools: Counter[str], *, owes: bool, known_at: datetime | None
) -> ChildReportOut:
    state = state_of(sent, known_at) if sent else ReportState.OWED if owes else None
    return ChildReportOut(
        institution_id=place.id,
        name=place.name,
        kind=place.kind,
        state=state,
        number=sent.number if sent else 0,
        sent_at=sent.known_from if sent else None,
        on_time=sent.on_time if sent else None,
        zero=is_zero(numbers(sent)) if sent else None,
        figures=dict(numbers(sent)) if sent else None,
        schools=_states(schools),
        school_figures=with_missing(_figures(schools)),
    )


def _states(counts: Mapping[str, int]) -> SchoolReports:
    kept = {name: counts.get(name, 0) for name in _STATES}
    owed = counts.get("owed_sent", 0) + kept["missing"]
    return SchoolReports(owed=owed, with_cases=kept["sent"] - kept["zero"], **kept)


def _figures(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in FIGURES}


def _sum(rows: Iterable[Row]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return total


def _rates(institution_id: int, place: Institution | None, row: Row) -> ReportRates:
    return ReportRates(
        institution_id=institution_id,
        name=place.name if place else "—",
        kind=place.kind if place else None,
        completeness=Rate.of(row["sent"], row["owed"]),
        timeliness=Rate.of(row["on_time"], row["sent"]),
    )
