"""How a value comes down the tree.

From the root downwards each institution's value takes the place of the one before. Once somebody has locked, what comes
below is joined with the locked value to the tightest of both; so a looser value that stood before the lock came does
no harm, and comes back by itself when the lock is lifted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.policies.models import PolicySetting
from app.policies.settings import SETTINGS, Setting


@dataclass(frozen=True, slots=True)
class Said:
    """A value that an institution has set, in its canonical JSON form; with its row where it may be changed."""

    institution_id: int
    key: str
    value: Any
    locked: bool
    row: PolicySetting | None = None

    @classmethod
    def of(cls, row: PolicySetting) -> "Said":
        """What a row says."""
        return cls(row.institution_id, row.key, row.value, row.locked, row)


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting as it holds at the end of a lineage; ids of institutions, None for the default and for no lock.

    ``bound`` is the value that the levels above have locked; ``said`` is what its value has come from.
    """

    setting: Setting
    value: Any
    source: int | None = None
    bound: Any = None
    locked_by: int | None = None
    own: PolicySetting | None = None
    said: Sequence[Said] = ()

    def honours_lock(self, value: Any) -> bool:
        """Whether a value is at least as tight as what is locked above."""
        return self.locked_by is None or bool(self.setting.order.join(self.bound, value) == value)


def resolve(lineage: Sequence[int], rows: Sequence[Said]) -> Mapping[str, Effective]:
    """Every setting at the end of ``lineage`` (root first), from all ``rows`` that its institutions have set."""
    found = {(row.key, row.institution_id): row for row in rows}
    return {
        key: _walk(setting, lineage, [found.get((key, one)) for one in lineage]) for key, setting in SETTINGS.items()
    }


def resolve_along(key: str, lineage: Sequence[int], rows: Sequence[Said]) -> list[Any]:
    """The value of one setting at each institution of ``lineage`` (root first), from the ``rows`` that have set it."""
    said = {row.institution_id: row for row in rows}
    found = [said.get(one) for one in lineage]
    return [_walk(SETTINGS[key], lineage[:end], found[:end]).value for end in range(1, len(lineage) + 1)]


def _walk(setting: Setting, lineage: Sequence[int], rows: Sequence[Said | None]) -> Effective:
    found = Effective(setting, setting.default)
    locked: Any = None
    locked_by: int | None = None
    said = [row for row in rows if row is not None]
    for institution_id, row in zip(lineage, rows, strict=True):
        value, source = found.value, found.source
        if row is not None and locked_by is None:
            value, source = row.value, institution_id
        elif row is not None:
            value = setting.order.join(locked, row.value)
            # What the lock alone decides is the lock's.
            source = locked_by if value == locked else institution_id
        found = Effective(setting, value, source, locked, locked_by, row.row if row else None, said)
        if row is not None and row.locked:
            locked, locked_by = value, institution_id
    return found
