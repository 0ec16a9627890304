"""A streaming replica for reads, never behind what was acknowledged.

Whatever was acknowledged before a request stands in the primary's log before the position at which the log ends when
the request asks. A replica that has replayed its log to there shows all of it; one that has not is not read from.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.kernel import settings
from app.kernel.db import bind, engine_for, scope_of

CATCH_UP_SECONDS = 0.03
LOOK_AGAIN_SECONDS = 0.002
AFTER_FAILURE_SECONDS = 5.0

READS = Counter("lianfang_replica_reads", "reads that a replica could answer, by who did and why", ["answered_by"])

_END_OF_LOG = text("SELECT CAST(pg_current_wal_flush_lsn() AS text)")
_REPLAYED = text("SELECT pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn)")

_away_until = 0.0


@contextmanager
def reading(primary: Session) -> Iterator[Session]:
    """A session for reading in the scope of ``primary``: on the replica where there is one that has caught up.

    Otherwise ``primary`` itself. Waits some milliseconds for a replica that is a little behind; one that is away is not
    asked again for some seconds.
    """
    global _away_until
    url = settings.current().replica_database_url
    if url is None:
        yield primary
        return
    with ExitStack() as stack:
        chosen, who = primary, "primary_replica_away"
        if time.monotonic() >= _away_until:
            try:
                replica = stack.enter_context(Session(engine_for(url)))
                who = "primary_replica_behind"
                if _catches_up(replica, primary):
                    bind(replica, scope_of(primary))
                    chosen, who = replica, "replica"
            except SQLAlchemyError:
                _away_until, who = time.monotonic() + AFTER_FAILURE_SECONDS, "primary_replica_away"
        READS.labels(who).inc()
        yield chosen


def _catches_up(replica: Session, primary: Session) -> bool:
    position = primary.scalar(_END_OF_LOG)
    deadline = time.monotonic() + CATCH_UP_SECONDS
    # Nothing is replayed on a server that is no replica: the answer is NULL, and it is not read from.
    while not (there := bool(replica.scalar(_REPLAYED, {"position": position}))) and time.monotonic() < deadline:
        time.sleep(LOOK_AGAIN_SECONDS)
    return there
