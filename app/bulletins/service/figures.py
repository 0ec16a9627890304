"""What a bulletin rests on: the figures of a day by part, against the day before; nothing in them tells of somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.bulletins.schemas import BulletinFigures, FigureOut, PartOut, ReportsTold
from app.bulletins.service.veiling import LEAST, veil
from app.closures import service as closures
from app.institutions.models import Institution, InstitutionKind
from app.kernel import clock
from app.policies import service as policies
from app.reports import service as reports
from app.reports.models import ReportState
from app.rollups import service as rollups
from app.rollups.service import Rate

# What is shown, and which of it are signs of illness: few of these are somebody.
PLAIN: Final = ("due", "reported", "missing")
SIGNS: Final = ("fever", "symptoms", "attention", "turned_away")
SHOWN: Final = (*PLAIN, *SIGNS)
_NOBODY = "—"


@dataclass(frozen=True)
class _Day:
    """Counts of a place and of its parts, before anything is hidden."""

    whole: Mapping[str, int | None]
    rate: Rate
    names: Sequence[tuple[int, str]]
    parts: Sequence[Mapping[str, int | None]]
    rates: Sequence[Rate]


def told(session: Session, actor: Actor, place: Institution, day: date) -> BulletinFigures:
    """The figures of an institution for a day; raises what the features say whose figures they are."""
    below = max(LEAST, policies.effective(session, place.id).small_cells_below)
    is_school = place.kind is InstitutionKind.SCHOOL
    today = _of(session, actor, place, day)
    before = _of(session, actor, place, day - timedelta(days=1))
    veiled = {name: veil(*_column(today, name), below, small_whole=is_school) for name in SIGNS}
    earlier = {name: veil(*_column(before, name), below, small_whole=is_school)[0] for name in SIGNS}
    shown = {name: whole for name, (whole, _) in veiled.items()}
    received = _received(session, actor, place, day)
    return BulletinFigures(
        as_of=clock.now(),
        hidden_below=below,
        whole={
            name: _figure(shown.get(name, today.whole[name]), earlier.get(name, before.whole[name])) for name in SHOWN
        },
        percent=today.rate.percent,
        percent_before=before.rate.percent,
        reports=received[0],
        closures=_closed(session, actor, place, day),
        parts=[
            PartOut(
                name=name,
                counts={one: part[one] for one in PLAIN} | {one: veiled[one][1][number] for one in SIGNS},
                percent=today.rates[number].percent,
                reported=received[1].get(child),
            )
            for number, ((child, name), part) in enumerate(zip(today.names, today.parts, strict=True))
        ],
    )


def _figure(count: int | None, before: int | None) -> FigureOut:
    # A change from a count that was hidden would tell that count.
    return FigureOut(count=count, change=count - before if count is not None and before is not None else None)


def _column(found: _Day, name: str) -> tuple[int | None, list[int | None]]:
    return found.whole[name], [part[name] for part in found.parts]


def _of(session: Session, actor: Actor, place: Institution, day: date) -> _Day:
    whole = rollups.read_figures(session, actor, place.id, day)
    children = rollups.children_figures(session, actor, place.id, day, None).items
    names = [(one.institution_id, one.name) for one in children]
    parts = [(one.counts, one.completeness) for one in children]
    if all(one.itself for one in children):  # a school with none below it
        units = rollups.unit_figures(session, actor, place.id, day).items
        names = [(0, one.name or _NOBODY) for one in units]
        parts = [(one.counts, one.completeness) for one in units]
    return _Day(whole.counts, whole.completeness, names, [one[0] for one in parts], [one[1] for one in parts])


def _received(
    session: Session, actor: Actor, place: Institution, day: date
) -> tuple[ReportsTold, Mapping[int, bool | None]]:
    found = reports.collect_reports(session, actor, place.id, day, None)
    schools = found.schools
    told_of = ReportsTold(
        owed=schools.owed, sent=schools.sent, on_time=schools.on_time, zero=schools.zero, missing=schools.missing
    )
    by_child = {one.institution_id: None if one.state is None else _is_in(one.state) for one in found.items}
    return told_of, by_child


def _is_in(state: ReportState) -> bool:
    return state is ReportState.SENT


def _closed(session: Session, actor: Actor, place: Institution, day: date) -> dict[str, int]:
    ended = datetime.combine(day, time(23, 59, 59), clock.SHANGHAI)
    moment = ended if day < clock.today() else None
    found = closures.closure_figures(session, actor, place.id, moment, None)
    return found.schools.model_dump()
