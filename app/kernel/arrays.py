"""Lists on their way to the database: one join for each list, where psycopg asks four questions of each element.

A flush of 64 readings sends some 3,000 values in 45 lists, and asking was the largest part of its time in Python
(docs/performance.md).
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from operator import attrgetter
from types import NoneType
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper

# What an array's text can hold without quotes (PostgreSQL 8.15.6); NULL is told apart below.
_PLAIN_WORDS: Final = re.compile(r"[\w.:+-]*", re.ASCII)


class _PlainLists(ListDumper):
    """Writes lists of numbers, days, moments, ids and plain words itself, all else as psycopg does."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        kinds = set(map(type, obj))
        held = kinds - {NoneType}
        write = _WRITERS.get(held.pop()) if len(held) == 1 else None
        if write is None or (write is str.__str__ and not _all_plain(obj)):
            return super().dump(obj)
        some = map(write, obj) if NoneType not in kinds else ("NULL" if one is None else write(one) for one in obj)
        return f"{{{','.join(some)}}}".encode()


def _all_plain(words: list[Any]) -> bool:
    held = [one for one in words if one is not None]
    plain = _PLAIN_WORDS.fullmatch("".join(held)) is not None
    return plain and all(held) and not any(len(one) == len("null") and one.lower() == "null" for one in held)


def _truth(one: bool) -> str:
    return "t" if one else "f"


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    int: str,
    bool: _truth,
    str: str.__str__,
    UUID: attrgetter("hex"),
    date: date.isoformat,
    datetime: datetime.isoformat,
}


def register(connection: psycopg.Connection[Any]) -> None:
    """Have a connection write lists this way."""
    connection.adapters.register_dumper(list, _PlainLists)
