"""Partitions of readings: made before their day, dropped when nobody's rules keep their readings any more."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.checkins.queries import partitions
from app.checkins.queries.partitions import Partition
from app.kernel import clock
from app.policies import service as policies

SHORTEST = 31  # days whose partitions the database does not drop, whatever the rules say


def list_partitions(session: Session) -> Sequence[Partition]:
    """Those that stand, oldest first."""
    return partitions.standing(session)


def make_partition(session: Session, day: date) -> bool:
    """Make a day's partition; whether there was none. Readings of a day without one land too, all in one place."""
    return partitions.make(session, day)


def expired_partitions(session: Session) -> list[date]:
    """Days whose readings no institution's rules keep any longer; changes the scope of the transaction."""
    kept = max(policies.longest_retention(session), SHORTEST)
    first = clock.today() - timedelta(days=kept)
    return [one.day for one in partitions.standing(session) if one.day < first]


def drop_partition(session: Session, day: date) -> int | None:
    """Destroy all readings of a day, figures stay; how many, None where there is no partition. The trail says so."""
    rows = partitions.drop(session, day)
    if rows is not None:
        audit.record(
            session,
            SYSTEM,
            "checkins.drop_partition",
            "checkin_partition",
            day.isoformat(),
            institution_id=audit.PLATFORM,
            reason="retention_days",
            details={"rows": rows},
        )
    return rows
