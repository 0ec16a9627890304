"""What is hidden from whom: from those above a school, who may not see the persons behind a figure, where policy asks.

Each level's policy says how its parts are shown. Whether a place hides something is therefore found from the top of
what the caller may see down to it: every question about a place and day, and about those beside it, is answered alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action, Reach
from app.access.service import Actor, Facts
from app.institutions.models import Institution
from app.kernel import clock
from app.policies import service as policies
from app.rollups.cells import NOTHING, TOGETHER, hide
from app.rollups.queries import places, sums

K = TypeVar("K")
Hidden = frozenset[str]
Row = Mapping[str, Any]
COUNTED = tuple(name for group in TOGETHER for name in group)
_SETTING = "small_cells_below"
_ZEROS: Row = dict.fromkeys(COUNTED, 0)
_ITSELF = None


@dataclass(frozen=True, slots=True)
class _Path:
    """The way down to a place as it stood from ``since`` to ``until``: from the ``first`` that the caller may see.

    ``below``: under which count each of them hides what its parts count.
    """

    since: date
    until: date
    lineage: tuple[int, ...]
    first: int
    below: Sequence[int]

    @property
    def days(self) -> Iterable[date]:
        return (self.since + timedelta(days=number) for number in range((self.until - self.since).days + 1))


def of_days(session: Session, actor: Actor, root: Institution, since: date, until: date) -> dict[date, Hidden]:
    """What the figures of an institution hide on each day on which they hide anything."""
    found: dict[date, Hidden] = {}
    for path in _paths(session, actor, root, since, until):
        found |= {day: hidden for day, hidden in _hidden(session, path).items() if hidden}
    return found


def of_parts(
    session: Session, actor: Actor, root: Institution, day: date, parts: Mapping[int | None, Row]
) -> dict[int | None, Hidden]:
    """What each of an institution's parts (None: the institution itself) hides on a day."""
    for path in _paths(session, actor, root, day, day):
        return hide(_counted(parts), path.below[-1], _hidden(session, path)[day])
    return dict.fromkeys(parts, NOTHING)


def of_units(
    session: Session, actor: Actor, school: Institution, day: date, units: Mapping[int, Row]
) -> dict[int, Hidden]:
    """What each of a school's units hides on a day; they are the parts of what the school counts itself."""
    for path in _paths(session, actor, school, day, day):
        parts = {_ITSELF: _ZEROS, **_parts(session, path.lineage, day, day).get(day, {})}
        itself = hide(parts, path.below[-1], _hidden(session, path)[day])[_ITSELF]
        return hide(_counted(units), path.below[-1], itself)
    return dict.fromkeys(units, NOTHING)


def sees_persons(actor: Actor, institution: Institution, unit_id: int | None = None) -> bool:
    """Whether the caller may open the figures of an institution, or of a unit of it, down to the persons."""
    facts = Facts(institution_id=institution.id, lineage=tuple(institution.lineage), unit_id=unit_id)
    return holds(actor, Action.ROLLUPS_OPEN, facts)


def _paths(session: Session, actor: Actor, root: Institution, since: date, until: date) -> list[_Path]:
    """One for each place at which an institution stood in a span and where something may be hidden from the caller."""
    if sees_persons(actor, root):
        return []
    tops = {held.institution_id for reach, held in actor.reaches(Action.ROLLUPS_READ) if reach is Reach.SUBTREE}
    found = []
    for begins, ends, lineage in _stood(session, root, since, until):
        below = policies.along(session, lineage, _SETTING)
        first = next((place for place, one in enumerate(lineage) if one in tops), len(lineage) - 1)
        if max(below[first:]) > 1:
            found.append(_Path(begins, ends, lineage, first, below))
    return found


def _stood(session: Session, root: Institution, since: date, until: date) -> list[tuple[date, date, tuple[int, ...]]]:
    if since == clock.today():
        return [(since, until, tuple(root.lineage))]
    stood = [
        (
            max(since, one.valid_from),
            min(until, one.valid_to - timedelta(days=1)) if one.valid_to else until,
            one.lineage,
        )
        for one in places.stood(session, root.id, since, until)
    ]
    # Before its first place it has no figures but those that came too early: they stand where it stands by now.
    begins = min((begin for begin, _, _ in stood), default=until + timedelta(days=1))
    early = [(since, begins - timedelta(days=1), root.lineage)] if since < begins else []
    return [(begin, end, tuple(lineage)) for begin, end, lineage in early + stood]


def _hidden(session: Session, path: _Path) -> dict[date, Hidden]:
    """What the place at the end of a path hides on each day."""
    span, first = (path.since, path.until), path.first
    parts = _parts(session, path.lineage[: first + 1], *span)
    hidden = {
        day: hide({_ITSELF: _total(parts.get(day, {}).values())}, path.below[first], NOTHING)[_ITSELF]
        for day in path.days
    }
    for place, child in enumerate(path.lineage[first + 1 :], start=first):
        if place > first:
            parts = _parts(session, path.lineage[: place + 1], *span)
        hidden = {
            day: hide({child: _ZEROS, **parts.get(day, {})}, path.below[place], hidden[day])[child] for day in path.days
        }
    return hidden


def _parts(session: Session, lineage: Sequence[int], since: date, until: date) -> dict[date, dict[int | None, Row]]:
    found: dict[date, dict[int | None, Row]] = {}
    for row in sums.days_of_children(session, lineage, since, until, COUNTED):
        found.setdefault(row["day"], {})[row["child"]] = row
    return found


def _counted(parts: Mapping[K, Row]) -> dict[K, Row]:
    # A part without a leaf of the day has NULL in its sums.
    return {part: {name: row[name] or 0 for name in COUNTED} for part, row in parts.items()}


def _total(rows: Iterable[Row]) -> Row:
    kept = list(rows)
    return {name: sum(row[name] for row in kept) for name in COUNTED}
