"""Reading figures: of a place and a day, of its parts, over days. Nothing is cached; each read sums leaves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action
from app.access.service import Actor, Facts, obtain, visible
from app.institutions.models import Institution, InstitutionKind, Unit
from app.kernel import clock
from app.kernel.db import Scope, widen
from app.rollups.errors import MetricNotKnown, SpanNotPossible
from app.rollups.metrics import BY_NAME, CASE_METRICS, SHOWN, State
from app.rollups.models import NOBODY
from app.rollups.queries import places, sums
from app.rollups.queries.tables import DAY, ROLL
from app.rollups.schemas import (
    ChildFigures,
    ChildrenFiguresOut,
    DayFigures,
    FiguresOut,
    MetricOut,
    SchoolStates,
    TrendOut,
    UnitFigures,
    UnitsFiguresOut,
    counted,
)

LONGEST_TREND = 92  # days
_STRANGER = "—"
_STORED = (*ROLL, *DAY)
_STATES = tuple(state.value for state in State)


def list_metrics() -> list[MetricOut]:
    """Every figure that is shown."""
    return [MetricOut.model_validate(metric) for metric in SHOWN]


def read_figures(session: Session, actor: Actor, institution_id: int, day: date | None) -> FiguresOut:
    """The figures of an institution with all below it; raises `NotFound`, `Forbidden`."""
    root = obtain(session, actor, Action.ROLLUPS_READ, Institution, institution_id)
    day = day or clock.today()
    row = sums.sums_below(session, root.lineage, day, by_child=False)[0]
    return FiguresOut(institution_id=institution_id, day=day, **_subtree(row))


def children_figures(
    session: Session, actor: Actor, institution_id: int, day: date | None, sort: str | None
) -> ChildrenFiguresOut:
    """The parts at the next level; ``sort`` names a figure, with ``-`` before it for the largest first.

    Raises `NotFound`, `Forbidden`, `MetricNotKnown`. A part stands where it stood on that day; what has left the
    caller's reach since then keeps its figures there but not its name.
    """
    key = _sorting(sort)
    root = obtain(session, actor, Action.ROLLUPS_READ, Institution, institution_id)
    day = day or clock.today()
    rows = {row["child"]: row for row in sums.sums_below(session, root.lineage, day, by_child=True)}
    children = {*rows, *places.placed_below(session, institution_id, day)}
    known = places.named(session, (child or institution_id for child in children))
    items = [_child(child or institution_id, rows.get(child), known, itself=child is None) for child in children]
    items.sort(key=lambda item: item.institution_id)
    items.sort(key=lambda item: item.counts[key] if key else 0, reverse=bool(sort and sort.startswith("-")))
    return ChildrenFiguresOut(institution_id=institution_id, day=day, items=items)


def unit_figures(session: Session, actor: Actor, institution_id: int, day: date | None) -> UnitsFiguresOut:
    """The parts inside a school that the actor may see; those in no unit only for who may see the whole school.

    Offices see every class as counts: the school is named in their scope, its persons are not. Raises `NotFound` where
    nothing of the institution may be seen.
    """
    school = obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    widen(session, Scope(lineage=frozenset({institution_id})))
    day = day or clock.today()
    allowed = visible(actor, Action.ROLLUPS_READ, Unit)
    units = {unit.id: unit for unit in session.scalars(places.units_among(allowed, institution_id))}
    whole = holds(actor, Action.ROLLUPS_READ, Facts(institution_id=institution_id, lineage=tuple(school.lineage)))
    items = []
    for row in sums.sums_of_units(session, institution_id, day):
        unit = units.get(row["unit_id"])
        if (unit is not None and (not _is_over(unit, day) or _counts_anything(row))) or (
            unit is None and whole and row["unit_id"] == NOBODY
        ):
            items.append(_unit(unit, row))
    return UnitsFiguresOut(institution_id=institution_id, day=day, items=items)


def trend(session: Session, actor: Actor, institution_id: int, since: date, until: date) -> TrendOut:
    """Figures of each day from ``since`` to ``until``; raises `NotFound`, `Forbidden`, `SpanNotPossible`."""
    root = obtain(session, actor, Action.ROLLUPS_READ, Institution, institution_id)
    span = (until - since).days + 1
    if not 1 <= span <= LONGEST_TREND:
        raise SpanNotPossible(days=LONGEST_TREND)
    # Most leaves of a whole tree are its own, so a list of its schools would only be in the way.
    schools = places.ever_below(session, institution_id) if root.parent_id else None
    happened = {row["day"]: row for row in sums.day_sums(session, institution_id, schools, since, until)}
    changes = {row["day"]: row for row in sums.roll_changes(session, institution_id, since, until)}
    days = [since + timedelta(days=number) for number in range(span)]
    standing = accumulate((changes.get(day, {}) for day in days), _plus, initial=Counter[str]())
    next(standing)
    items = [
        DayFigures(day=day, **_figures({**stands, **_only(happened.get(day, {}), DAY)}))
        for day, stands in zip(days, standing, strict=True)
    ]
    return TrendOut(institution_id=institution_id, items=items)


def _plus(standing: Counter[str], change: Mapping[str, Any]) -> Counter[str]:
    return Counter({name: standing[name] + int(change.get(name) or 0) for name in ROLL})


def _only(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, int]:
    return {name: row.get(name) or 0 for name in names}


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    found = counted(_only(row, _STORED))
    return {**found, "state": _state(found["counts"])}


def _state(counts: Mapping[str, int]) -> State:
    if any(counts[metric.name] for metric in CASE_METRICS):
        return State.CASES
    if counts["reported"]:
        return State.ZERO
    return State.MISSING if counts["due"] else State.NOTHING_DUE


def _subtree(row: Mapping[str, Any]) -> dict[str, Any]:
    schools = SchoolStates(**_only(row, _STATES))
    return {**_figures(row), "schools": schools}


def _child(
    child: int, row: Mapping[str, Any] | None, known: Mapping[int, Institution], *, itself: bool
) -> ChildFigures:
    institution = known.get(child)
    figures = _subtree(row or {})
    if row is None and institution is not None and institution.kind is InstitutionKind.SCHOOL:
        figures["schools"] = SchoolStates(cases=0, zero=0, missing=0, nothing_due=1)
    return ChildFigures(
        institution_id=child,
        name=institution.name if institution else _STRANGER,
        kind=institution.kind if institution else None,
        itself=itself,
        **figures,
    )


def _unit(unit: Unit | None, row: Mapping[str, Any]) -> UnitFigures:
    return UnitFigures(
        unit_id=unit.id if unit else None,
        name=unit.name if unit else None,
        kind=unit.kind if unit else None,
        **_figures(row),
    )


def _is_over(unit: Unit, day: date) -> bool:
    return unit.closed_on is not None and unit.closed_on <= day


def _counts_anything(row: Mapping[str, Any]) -> bool:
    return any(row[name] for name in (*ROLL, *DAY))


def _sorting(sort: str | None) -> str | None:
    name = sort.removeprefix("-") if sort else None
    if name is not None and name not in BY_NAME:
        raise MetricNotKnown
    return name
