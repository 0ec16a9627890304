"""Small cells: which figures of the parts of a whole stay hidden, so that none can be computed (decision record 34).

Numbers in, names out: nothing here knows a place or a caller.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from app.rollups.metrics import CASE_METRICS

Counts = Mapping[str, int]
K = TypeVar("K")
# What is hidden together: of those who have checked in so many are normal, need attention or have a fever.
TOGETHER = (("normal", "attention", "fever"), ("symptoms",), ("household_fever",))
NOTHING: frozenset[str] = frozenset()
_CASES = frozenset(metric.name for metric in CASE_METRICS)


def hide(parts: Mapping[K, Counts], below: int, above: frozenset[str]) -> dict[K, frozenset[str]]:
    """The names of what each part hides: counts of cases under ``below``, and what would give them away.

    ``above``: what the whole hides. All its parts hide that as well, whatever they count.
    """
    hidden: dict[K, frozenset[str]] = dict.fromkeys(parts, NOTHING)
    for group in TOGETHER:
        cases = _CASES.intersection(group)
        these = set(parts) if above.issuperset(group) else _parts(parts, sorted(cases), below)
        for part in these:
            hidden[part] |= frozenset(group)
    return hidden


def _parts(parts: Mapping[K, Counts], cases: Iterable[str], below: int) -> set[K]:
    these = {part for part, counts in parts.items() if any(0 < counts[name] < below for name in cases)}
    grown = bool(these)
    while grown:
        grown = False
        for name in cases:
            if _given_away([parts[part][name] for part in these], below):
                these |= _next(parts, these, name)
                # Once everything is hidden nothing can be added, whatever is still said by the whole.
                grown = len(these) < len(parts)
    return these


def _given_away(hidden: Iterable[int], below: int) -> bool:
    # What is hidden adds up to the whole less what is shown. Of parts that all count somebody each counts one at least:
    # only if so much is left over beside that, any of them might be as large as is shown.
    counting = [count for count in hidden if count > 0]
    return bool(counting) and sum(counting) - len(counting) < below - 1


def _next(parts: Mapping[K, Counts], these: set[K], name: str) -> set[K]:
    """The smallest part that counts anybody and is shown yet; where there is none, all of them, zeros too."""
    shown = [part for part, counts in parts.items() if part not in these and counts[name] > 0]
    return {min(shown, key=lambda part: parts[part][name])} if shown else set(parts)
