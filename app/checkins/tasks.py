"""What nobody waits for: partitions of coming and of expired days, flags of implausible runs.

One transaction each, so that no writer waits for two.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from app.checkins import service
from app.kernel import clock, db
from app.kernel.db import Scope
from app.policies import service as policies

AHEAD = 14  # days for which partitions are made before they are wanted: a worker may be away for a fortnight


def make_partitions(*, back: int = 0, ahead: int = AHEAD) -> list[date]:
    """Make what is missing from ``back`` days before today to ``ahead`` days after it; the days that were new."""
    made = []
    for offset in range(-back, ahead + 1):
        day = clock.today() + timedelta(days=offset)
        with db.transaction() as session:
            if service.make_partition(session, day):
                made.append(day)
    return made


def drop_partitions() -> Mapping[date, int]:
    """Drop what no institution's rules keep any longer; how many readings each day had."""
    with db.transaction() as session:
        expired = service.expired_partitions(session)
    gone = {}
    for day in expired:
        with db.transaction() as session:
            rows = service.drop_partition(session, day)
        if rows is not None:
            gone[day] = rows
    return gone


def flag_school(institution_id: int) -> int:
    """Flag the implausible runs of all days for which readings may still have come; how many readings changed."""
    changed = 0
    scope = Scope(frozenset({institution_id}), frozenset({institution_id}))
    with db.transaction(scope) as session:
        back = policies.effective(session, institution_id).checkin_backdating_days
    for ago in range(back, -1, -1):
        with db.transaction(scope) as session:
            changed += service.flag_runs(session, institution_id, clock.today() - timedelta(days=ago))
    return changed
