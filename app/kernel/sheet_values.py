"""Days and hours as people write them in cells."""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Final, TypeVar

T = TypeVar("T")

_DAY: Final = re.compile(r"((?:19|20|21)[0-9]{2})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


def as_day(text: str) -> date | None:
    """The day of ``2026-09-01``, ``2026/9/1``, ``2026.9.1`` or ``2026年9月1日``, of 1900 to 2199; None for others."""
    found = _DAY.fullmatch(text)
    return _made(date, found) if found else None


def as_time(text: str) -> time | None:
    """The clock time of ``7:30`` or ``07:30:15``; None for others."""
    found = _TIME.fullmatch(text)
    return _made(time, found) if found else None


def _made(kind: Callable[..., T], found: re.Match[str]) -> T | None:
    try:
        return kind(*(int(part) for part in found.groups() if part))
    except ValueError:
        return None
