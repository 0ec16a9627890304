"""Administrative divisions (GB/T 2260) with the time for which each code was in force.

``data/divisions.csv`` holds Jiangsu: the province, its 13 cities and every county-level division since 2008. A
change counts from the day on which the State Council or the Ministry of Civil Affairs approved it; offices
carry it out weeks later, but the approval is the one day that is published for each. ``valid_to`` is the day
from which a code is no longer in force, empty while it still is. 2008-01-01 as ``valid_from`` stands for
"before these records begin". A code may come twice, with another name in another time (320803).

Development zones run schools but are no divisions; statistics give them codes of their own, which are not here.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files


class DivisionLevel(StrEnum):
    """The three levels that have six-digit codes."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Division:
    """One code in one stretch of time, ``valid_to`` excluded."""

    code: str
    name: str
    name_en: str
    level: DivisionLevel
    parent_code: str | None
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the code is in force on this day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@cache
def load() -> tuple[Division, ...]:
    """All divisions of all times, in the order of their codes."""
    text = files("app.institutions").joinpath("data", "divisions.csv").read_text(encoding="utf-8")
    return tuple(_division(row) for row in csv.DictReader(text.splitlines(), strict=True))


def valid_on(day: date) -> tuple[Division, ...]:
    """The divisions in force on this day, in the order of their codes."""
    return tuple(division for division in load() if division.holds_on(day))


def find(code: str, day: date) -> Division | None:
    """The division that has this code on this day, None if none has."""
    return next((division for division in _by_code().get(code, ()) if division.holds_on(day)), None)


@cache
def _by_code() -> Mapping[str, tuple[Division, ...]]:
    by_code: defaultdict[str, tuple[Division, ...]] = defaultdict(tuple)
    for division in load():
        by_code[division.code] += (division,)
    return dict(by_code)


def _division(row: Mapping[str, str]) -> Division:
    return Division(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        level=DivisionLevel(row["level"]),
        parent_code=row["parent_code"] or None,
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )
