"""The partitions of readings: one a day, made and dropped by functions of the owner that take a date alone."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session


class Partition(NamedTuple):
    """A day's partition as the catalogue knows it; ``rows`` is an estimate, -1 before the first count."""

    day: date
    rows: int
    size: int  # bytes, indexes included


def standing(session: Session) -> Sequence[Partition]:
    """Those that stand, oldest first; where rows go that have none is not among them."""
    found = session.execute(
        text(
            "SELECT to_date(right(relname, 8), 'YYYYMMDD'), reltuples::bigint, pg_total_relation_size(pg_class.oid)"
            " FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'checkin'::regclass AND relname ~ '^checkin_[0-9]{8}$' ORDER BY relname"
        )
    )
    return [Partition(*row) for row in found]


def make(session: Session, day: date) -> bool:
    """Make a day's partition, with the rows that waited for it; whether there was none.

    The database refuses days more than ten years back or a month ahead.
    """
    return bool(session.scalar(select(func.make_checkin_partition(day))))


def drop(session: Session, day: date) -> int | None:
    """Destroy a day's readings; how many they were, None where there was no partition. Never of the last 30 days."""
    return session.scalar(select(func.drop_checkin_partition(day)))
