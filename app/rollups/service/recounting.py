"""Holding stored figures against the rows that they count. Drift is a defect: reported, not repaired in silence."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import SYSTEM, Actor, obtain
from app.audit import service as audit
from app.institutions import service as institutions
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.db import Scope, bind
from app.rollups.metrics import METRICS, UNITS, Metric
from app.rollups.models import NOBODY
from app.rollups.queries import leaves, places, sums
from app.rollups.queries.tables import DAY, ROLL
from app.rollups.schemas import Drift, DriftOut, RecountOut
from app.rollups.service.leaves import apply_rolls, lock_days

Counts = Mapping[int, Mapping[str, int]]
Recounter = Callable[[Session, int, date], Counts]
KnownCounter = Callable[[Session, int, date, datetime], Counts]
RECOUNTERS: dict[str, Recounter] = {}
KNOWN: dict[str, KnownCounter] = {}


def register_recount(feeder: str, counter: Recounter) -> None:
    """Have ``counter(session, institution_id, day)`` count the figures that ``feeder`` feeds, by unit, from its rows.

    What it leaves out counts as nothing.
    """
    RECOUNTERS[feeder] = counter


def register_known(feeder: str, counter: KnownCounter) -> None:
    """Have ``counter(session, institution_id, day, moment)`` count what ``feeder`` knew of a day at a moment."""
    KNOWN[feeder] = counter


def school_figures(
    session: Session, institution_id: int, day: date, known_at: datetime | None = None
) -> dict[str, int]:
    """A school's own figures of a day; with ``known_at`` those of the day itself are counted as known then.

    What stands (on roll, due, units) is kept by days, not by moments: it is told as of the day.
    """
    row = sums.sums_of_school(session, institution_id, day)
    figures = {name: row[name] or 0 for name in (*ROLL, *DAY)}
    if known_at is not None:
        figures |= dict.fromkeys(DAY, 0)
        for count in KNOWN.values():
            for counts in count(session, institution_id, day, known_at).values():
                for name, number in counts.items():
                    figures[name] += number
    return figures


def recount(
    session: Session, institution_id: int, day: date, *, actor: Actor = SYSTEM, repair: bool = False
) -> list[Drift]:
    """Where a school's stored figures of ``day`` differ from its rows; found drift is audited.

    Writers of that school wait meanwhile. ``repair`` writes the counted figures (the command line alone asks for it).
    """
    leaves.lock_rolls(session, [institution_id])
    units = {NOBODY, *leaves.units_of_day(session, institution_id, day)}
    lock_days(session, [(institution_id, day, unit) for unit in units])
    leaves.lock_schools_of_day(session, [(institution_id, day)])
    counters = _counters(day)
    figures = [metric for metric in METRICS if metric.fed_by in counters]
    counted = _merged([count(session, institution_id, day) for count in counters.values()])
    stored = {row["unit_id"]: row for row in sums.sums_of_units(session, institution_id, day)}
    school = sums.sums_of_school(session, institution_id, day)
    drifts = [
        drift
        for unit in sorted(stored.keys() | counted.keys())
        for drift in _compared((institution_id, day, unit), figures, stored.get(unit, {}), counted.get(unit, {}))
    ]
    total = {metric.name: sum(counts.get(metric.name, 0) for counts in counted.values()) for metric in figures}
    drifts += _compared((institution_id, day, None), figures, school, total)
    if drifts:
        if repair:
            _repair(session, institution_id, day, drifts)
        _report(session, actor, institution_id, day, drifts, repaired=repair)
    return drifts


def recount_as(session: Session, actor: Actor, institution_id: int, day: date) -> RecountOut:
    """The same for somebody who asks; raises `NotFound`, `Forbidden`."""
    obtain(session, actor, Action.ROLLUPS_RECOUNT, Institution, institution_id)
    drifts = recount(session, institution_id, day, actor=actor)
    return RecountOut(items=[DriftOut.model_validate(drift) for drift in drifts])


def schools_to_recount(session: Session) -> list[int]:
    """Every school of every tree; changes the scope of the transaction."""
    bind(session, Scope(subtrees=frozenset(institutions.root_ids(session))))
    return list(places.all_schools(session))


def _counters(day: date) -> Mapping[str, Recounter]:
    # Units keep no days of their own: what they count can be told for today only.
    own = {UNITS: lambda session, school, _day: places.count_units(session, school)} if day == clock.today() else {}
    return {**RECOUNTERS, **own}


def _merged(parts: list[Counts]) -> dict[int, dict[str, int]]:
    merged: dict[int, dict[str, int]] = {}
    for part in parts:
        for unit, counts in part.items():
            merged.setdefault(unit, {}).update(counts)
    return merged


def _compared(
    place: tuple[int, date, int | None],
    figures: list[Metric],
    stored: Mapping[str, int | None],
    counted: Mapping[str, int],
) -> list[Drift]:
    pairs = [(metric.name, stored.get(metric.name) or 0, counted.get(metric.name, 0)) for metric in figures]
    return [Drift(*place, name, kept, real) for name, kept, real in pairs if kept != real]


def _repair(session: Session, institution_id: int, day: date, drifts: list[Drift]) -> None:
    def missing(unit: int | None, names: tuple[str, ...]) -> dict[str, int]:
        mine = [drift for drift in drifts if drift.unit_id == unit and drift.metric in names]
        return {drift.metric: drift.counted - drift.stored for drift in mine}

    units = sorted({drift.unit_id for drift in drifts if drift.unit_id is not None})
    rolls = {unit: delta for unit in units if (delta := missing(unit, ROLL))}
    days = {unit: delta for unit in units if (delta := missing(unit, DAY))}
    apply_rolls(session, institution_id, day, rolls, missing(None, ROLL))
    lock_days(session, [(institution_id, day, unit) for unit in days])
    if days:
        leaves.add_unit_days(session, {(institution_id, day, unit): counts for unit, counts in days.items()})
    if school := missing(None, DAY):
        leaves.add_school_days(session, {(institution_id, day): school})


def _report(
    session: Session, actor: Actor, institution_id: int, day: date, drifts: list[Drift], *, repaired: bool
) -> None:
    audit.record(
        session,
        actor,
        "rollups.repair" if repaired else "rollups.drift",
        "institution",
        institution_id,
        institution_id=institution_id,
        details={"day": day.isoformat(), "figures": sorted({drift.metric for drift in drifts}), "count": len(drifts)},
    )
