"""Writing the leaves, in the transaction of the facts that change them.

Lock order: the institution (shared, only when a leaf is made), roll rows, units of the day in id order, and last the
school's day. A writer locks, then looks at its rows, then writes: its second look sees what the first one waited for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from sqlalchemy.orm import Session

from app.institutions.models import InstitutionKind, InstitutionState
from app.kernel import clock
from app.kernel.db import Scope, is_sharded, widen
from app.kernel.errors import NotFound
from app.rollups.metrics import BY_NAME, Leaf
from app.rollups.queries import leaves, places
from app.rollups.queries.leaves import SchoolDayKey, UnitDayKey
from app.rollups.queries.tables import OF_UNITS

K = TypeVar("K", int, UnitDayKey)
DayKey = TypeVar("DayKey", UnitDayKey, SchoolDayKey)
Deltas = Mapping[int, Mapping[str, int]]
_NO_UNIT = dict.fromkeys(OF_UNITS, 0)


def lock_days(session: Session, units: Collection[UnitDayKey]) -> None:
    """Lock the leaves of units (0: household and those in no unit), making what is missing of theirs and their schools.

    ``units``: school, day and unit of all that the transaction is going to count in; it asks once. Everybody takes the
    steps in one order: share the places of schools to be made, make units, make schools, lock units, and at the end (in
    `add_days`) lock schools; each by key. A row that one makes is invisible to the others until it is committed, so
    that nobody waits for it but those who are making it too. On shards each school takes all steps in its turn. Raises
    `NotFound` for a school that is not in scope.
    """
    for wanted in _together(session, sorted(units)):
        _lock_days(session, wanted)


def _together(session: Session, keys: Sequence[DayKey]) -> Iterable[Sequence[DayKey]]:
    """The sorted keys as they are locked: all at once, or school by school where each has its own server."""
    if keys and is_sharded(session):
        return [list(some) for _, some in groupby(keys, key=itemgetter(0))]
    return [keys] if keys else []


def _lock_days(session: Session, wanted: Sequence[UnitDayKey]) -> None:
    new_units, new_schools = leaves.missing_days(session, wanted)
    lineages = [_lineage(session, *school) for school in new_schools]
    if new_units:
        leaves.make_unit_days(session, new_units)
    for (institution_id, day), lineage in zip(new_schools, lineages, strict=True):
        leaves.make_school_day(session, institution_id, day, lineage)
    leaves.lock_unit_days(session, wanted)


def add_days(session: Session, deltas: Mapping[UnitDayKey, Mapping[str, int]]) -> None:
    """Add to the day's figures of units and of their schools; `lock_days` came before. Figures go down as well as up.

    All classes of a school, from all over it, meet in the school's row: it is locked as late as can be.

    Raises ValueError for a figure that is none of a day.
    """
    changes = _changes(deltas, Leaf.DAY)
    if not changes:
        return
    schools: dict[SchoolDayKey, Counter[str]] = {}
    for (institution_id, day, _), counts in changes.items():
        schools.setdefault((institution_id, day), Counter()).update(counts)
    leaves.add_unit_days(session, changes)
    for some in _together(session, sorted(schools)):
        leaves.lock_schools_of_day(session, some)
    leaves.add_school_days(session, schools)


def add_roll(session: Session, institution_id: int, day: date, deltas: Deltas) -> None:
    """Add to what stands in units and in their school, from ``day`` on.

    Rows that began earlier are split at ``day``; those that begin later take the change as well, so that a change
    which came late, or waited for a lock over midnight, is still counted right on every day. Raises ValueError for a
    figure that does not stand, `NotFound` for a school that is not in scope.
    """
    changes = _changes(deltas, Leaf.ROLL)
    if changes:
        apply_rolls(session, institution_id, day, changes, _total(changes))


def apply_rolls(session: Session, institution_id: int, day: date, units: Deltas, school: Mapping[str, int]) -> None:
    """Add to rolls of units and of their school, which are given apart: only a repair has them differ."""
    _lock_roll(session, institution_id, day)
    if units:
        leaves.split_units(session, institution_id, day, sorted(units))
        leaves.add_unit_rolls(session, institution_id, day, units)
    if school:
        leaves.split_school(session, institution_id, day)
        leaves.add_school_rolls(session, institution_id, day, school)


def _lock_roll(session: Session, institution_id: int, day: date) -> None:
    # The school's rows stand for those of its units as well: who changes any of them holds these.
    if leaves.lock_rolls(session, [institution_id]):
        return
    lineage = leaves.lineage_shared(session, institution_id)
    if lineage is None:
        raise NotFound
    leaves.make_school_roll(session, institution_id, day, lineage)
    leaves.lock_rolls(session, [institution_id])


def _lineage(session: Session, institution_id: int, day: date) -> Sequence[int]:
    # A past day keeps the place that the school had then; today's is the tree's own, which a move may be changing.
    then = leaves.lineage_on(session, institution_id, day) if day < clock.today() else None
    lineage = then or leaves.lineage_shared(session, institution_id)
    if lineage is None:
        raise NotFound
    return lineage


def _changes(deltas: Mapping[K, Mapping[str, int]], leaf: Leaf) -> dict[K, dict[str, int]]:
    wrong = {name for counts in deltas.values() for name in counts if BY_NAME[name].leaf is not leaf}
    if wrong:
        raise ValueError(f"not a figure of this kind of leaf: {sorted(wrong)}")
    changes = {
        unit: {name: count for name, count in counts.items() if count} for unit, counts in sorted(deltas.items())
    }
    return {unit: counts for unit, counts in changes.items() if counts}


def _total(changes: Deltas) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in changes.values():
        total.update(counts)
    return total


def open_school(session: Session, institution_id: int) -> None:
    """Give a school its empty roll; does nothing for an office, or a second time."""
    institution = places.named(session, [institution_id]).get(institution_id)
    if institution is not None and institution.kind is InstitutionKind.SCHOOL:
        _lock_roll(session, institution_id, min(institution.opened_on, clock.today()))


def relocate(session: Session, institution_id: int, day: date) -> None:
    """Have the leaves of a subtree follow the tree from ``day`` on; days before stay where they were."""
    schools = places.schools_below(session, institution_id)
    leaves.lock_rolls(session, schools)
    moved = leaves.misplaced(session, schools, day)
    if moved:
        leaves.split_schools(session, moved, day)
        leaves.lock_school_days(session, moved, day)
        leaves.replace_lineage(session, moved, day)


def close_school(session: Session, institution_id: int, day: date) -> None:
    """Take the units of a school off and let its rolls end on ``day``; the latter only once nobody stands on them."""
    if institution_id not in places.schools_below(session, institution_id):
        return
    count_units(session, institution_id)
    if not leaves.stands(session, institution_id):
        leaves.end_rolls(session, institution_id, day)


def absorb(session: Session, institution_id: int, into_id: int, day: date) -> None:
    """Close what was merged; the leaves of what stood below it follow to the institution that took it up."""
    close_school(session, institution_id, day)
    widen(session, Scope(subtrees=frozenset({into_id})))
    relocate(session, into_id, day)


def count_units(session: Session, institution_id: int) -> None:
    """Bring the counts of units, and of those that nobody answers for, in line with the units, from today on."""
    today = clock.today()
    institution = places.named(session, [institution_id]).get(institution_id)
    if institution is None:
        raise NotFound
    if institution.state is InstitutionState.OPEN:
        _lock_roll(session, institution_id, today)
    add_roll(session, institution_id, today, unit_drift(session, institution_id, today))


def unit_drift(session: Session, institution_id: int, today: date) -> dict[int, dict[str, int]]:
    """By how much the units differ from what is stored of them; a closed school has none."""
    stored = leaves.unit_counts(session, institution_id, today)
    counted = places.count_units(session, institution_id)
    return {
        unit: {name: counted.get(unit, _NO_UNIT)[name] - stored.get(unit, _NO_UNIT)[name] for name in OF_UNITS}
        for unit in counted.keys() | stored.keys()
    }
