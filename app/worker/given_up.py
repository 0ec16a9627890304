"""Events that have failed too often: looked at, tried again, or dropped with a reason. Both acts are audited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.access.service import SYSTEM
from app.audit import service as audit
from app.kernel import clock, db, events
from app.kernel.db import Scope, bind
from app.kernel.events import ATTEMPTS, OutboxEntry
from app.worker import queries


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One of them; ``error`` is the kind of the last error, since its text may quote a row."""

    id: int
    kind: str
    institution_id: int
    recorded_at: datetime
    error: str


def listed(kind: str | None = None) -> Sequence[GivenUp]:
    """Those that there are, oldest first."""
    with db.transaction() as session:
        return [
            GivenUp(one.id, one.name, one.institution_id, one.recorded_at, one.last_error or "")
            for one in queries.given_up(session, ATTEMPTS, None, kind)
        ]


def retry(ids: Sequence[int] | None, kind: str | None, reason: str) -> int:
    """Have them heard from the beginning, now; how many. ``ids`` of None: all, or all of ``kind``."""

    def begin_again(row: OutboxEntry) -> None:
        row.attempts, row.due_at = 0, clock.now()

    done = _settle("outbox.retry", begin_again, ids, kind, reason)
    if done:
        events.announce()
    return done


def drop(ids: Sequence[int] | None, kind: str | None, reason: str) -> int:
    """Have them heard never; how many."""

    def end(row: OutboxEntry) -> None:
        row.done_at = clock.now()

    return _settle("outbox.drop", end, ids, kind, reason)


def _settle(
    act: str, change: Callable[[OutboxEntry], None], ids: Sequence[int] | None, kind: str | None, reason: str
) -> int:
    with db.transaction() as session:
        rows = queries.given_up(session, ATTEMPTS, ids, kind)
        for row in rows:
            bind(session, Scope(institutions=frozenset({row.institution_id})))
            details = {"kind": row.name, "error": row.last_error}
            audit.record(
                session,
                SYSTEM,
                act,
                "outbox",
                row.id,
                institution_id=row.institution_id,
                reason=reason,
                details=details,
            )
            change(row)
        return len(rows)
