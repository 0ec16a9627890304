"""Reading figures: of a place and a day, of its parts, over days. Nothing is cached; each read sums leaves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action
from app.access.service import Actor, Facts, obtain
from app.institutions.models import Institution, InstitutionKind, Unit
from app.kernel import clock
from app.kernel.db import Scope, widen
from app.rollups.cells import NOTHING
from app.rollups.errors import MetricNotKnown, SpanNotPossible
from app.rollups.metrics import BY_NAME, CASE_METRICS, SHOWN, State
from app.rollups.models import NOBODY
from app.rollups.queries import places, sums
from app.rollups.queries.tables import DAY, ROLL
from app.rollups.schemas import (
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
from app.rollups.service import hiding

LONGEST_TREND = 92  # days
_STRANGER = "—"
_STORED = (*ROLL, *DAY)
_STATES = tuple(SchoolStates.model_fields)
_NO_DAY = dict.fromkeys(DAY, 0)


def list_metrics() -> list[MetricOut]:
    """Every figure that is shown."""
    return [MetricOut.model_validate(metric) for metric in SHOWN]


def read_figures(session: Session, actor: Actor, institution_id: int, day: date | None) -> FiguresOut:
    """The figures of an institution with all below it; raises `NotFound`, `Forbidden`."""
    root = obtain(session, actor, Action.ROLLUPS_READ, Institution, institution_id)
    day = day or clock.today()
    hidden = hiding.of_days(session, actor, root, day, day).get(day, NOTHING)
    row = sums.sums_below(session, root.lineage, day, by_child=False)[0]
    return FiguresOut(institution_id=institution_id, day=day, **_subtree(row, hidden))


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
    known = places.labels(session, {child or institution_id for child in children})
    hidden = hiding.of_parts(session, actor, root, day, {child: rows.get(child, _NO_DAY) for child in children})
    items = [
        _child(child or institution_id, rows.get(child), known, hidden[child], itself=child is None)
        for child in children
    ]
    items.sort(key=lambda item: int(item["institution_id"]))
    # By what is shown: what is hidden goes with the zeros, or the order would tell it.
    items.sort(key=lambda item: (key and item["counts"][key]) or 0, reverse=bool(sort and sort.startswith("-")))
    # All at once: a province's answers have hundreds of parts, and each object made apart costs as much as its figures.
    return ChildrenFiguresOut.model_validate({"institution_id": institution_id, "day": day, "items": items})


def unit_figures(session: Session, actor: Actor, institution_id: int, day: date | None) -> UnitsFiguresOut:
    """The parts inside a school that the actor may see; those in no unit only for who may see the whole school.

    Offices see every class as counts: the school is named in their scope, its persons are not. Raises `NotFound` where
    nothing of the institution may be seen.
    """
    school = obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    widen(session, Scope(lineage=frozenset({institution_id})))
    day = day or clock.today()
    place = Facts(institution_id=institution_id, lineage=tuple(school.lineage))
    whole = holds(actor, Action.ROLLUPS_READ, place)
    # Asked of the place at hand: as a condition of the statement it would look into the tree from a class's shard.
    units = {
        unit.id: unit
        for unit in places.units_of(session, institution_id)
        if whole or holds(actor, Action.ROLLUPS_READ, replace(place, unit_id=unit.id))
    }
    rows = {row["unit_id"]: row for row in sums.sums_of_units(session, institution_id, day)}
    hidden = hiding.of_units(session, actor, school, day, rows)
    items = []
    for unit_id, row in rows.items():
        unit = units.get(unit_id)
        if (unit is not None and (not _is_over(unit, day) or _counts_anything(row))) or (
            unit is None and whole and unit_id == NOBODY
        ):
            own = unit is not None and hiding.sees_persons(actor, school, unit_id)
            items.append(_unit(unit, row, NOTHING if own else hidden[unit_id]))
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
    hidden = hiding.of_days(session, actor, root, since, until)
    days = [since + timedelta(days=number) for number in range(span)]
    standing = accumulate((changes.get(day, {}) for day in days), _plus, initial=Counter[str]())
    next(standing)
    items = [
        DayFigures(day=day, **_figures({**stands, **_only(happened.get(day, {}), DAY)}, hidden.get(day, NOTHING)))
        for day, stands in zip(days, standing, strict=True)
    ]
    return TrendOut(institution_id=institution_id, items=items)


def _plus(standing: Counter[str], change: Mapping[str, Any]) -> Counter[str]:
    return Counter({name: standing[name] + int(change.get(name) or 0) for name in ROLL})


def _only(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, int]:
    return {name: row.get(name) or 0 for name in names}


def _figures(row: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    found = counted(_only(row, _STORED), hidden)
    return {**found, "state": _state(found["counts"])}


def _state(counts: Mapping[str, int | None]) -> State:
    cases = [counts[metric.name] for metric in CASE_METRICS]
    if any(cases):
        return State.CASES
    if None in cases:
        return State.SUPPRESSED
    if counts["reported"]:
        return State.ZERO
    return State.MISSING if counts["due"] else State.NOTHING_DUE


def _subtree(row: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    # How many schools have cases says something of how many cases there are.
    schools = None if hidden else _only(row, _STATES)
    return {**_figures(row, hidden), "schools": schools}


def _child(
    child: int,
    row: Mapping[str, Any] | None,
    known: Mapping[int, tuple[str, InstitutionKind]],
    hidden: frozenset[str],
    *,
    itself: bool,
) -> dict[str, Any]:
    """The members of a `ChildFigures`."""
    name, kind = known.get(child, (_STRANGER, None))
    figures = _subtree(row or {}, hidden)
    if row is None and not hidden and kind is InstitutionKind.SCHOOL:
        figures["schools"] = {**figures["schools"], State.NOTHING_DUE.value: 1}
    return {"institution_id": child, "name": name, "kind": kind, "itself": itself, **figures}


def _unit(unit: Unit | None, row: Mapping[str, Any], hidden: frozenset[str]) -> UnitFigures:
    return UnitFigures(
        unit_id=unit.id if unit else None,
        name=unit.name if unit else None,
        kind=unit.kind if unit else None,
        **_figures(row, hidden),
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
