"""Puts prepared readings into the table and their figures beside them, in one transaction and one order of locks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from app.checkins.events import FeverReported
from app.checkins.models import CheckIn, HealthStatus
from app.checkins.queries import ingest
from app.checkins.service import counting
from app.checkins.service.drafts import Draft, Key
from app.kernel import events


@dataclass(slots=True)
class Landed:
    """Which readings are new; those that somebody else has brought in at the same moment are ``known``."""

    new: set[Key] = field(default_factory=set)
    known: dict[Key, CheckIn] = field(default_factory=dict)


def land(session: Session, drafts: Sequence[Draft], seen: Iterable[CheckIn]) -> Landed:
    """Insert what is new, settle the figures, tell of fevers."""
    if not drafts:
        return Landed()
    # All readings of a person's day count in one unit: that of the first, whatever the roll says by now.
    units = {(row.institution_id, row.day, row.person_id): row.unit_id for row in seen if row.replaced_by is None}
    locks: dict[tuple[int, date], set[int]] = {}
    for draft in drafts:
        draft.unit_id = units.get(draft.person_day, draft.unit_id)
        locks.setdefault(draft.person_day[:2], set()).add(draft.unit_id)
    counting.lock(session, locks)
    keys = {draft.person_day for draft in drafts}
    before = counting.standing(session, keys)
    for draft in drafts:
        if draft.person_day in before:
            draft.unit_id = before[draft.person_day].unit_id
    new = ingest.add(session, [draft.row() for draft in drafts])
    fresh = [draft for draft in drafts if draft.key in new]
    counting.settle(session, before, {draft.person_day for draft in fresh})
    for draft in fresh:
        tell(session, draft)
    return Landed(new, _brought_by_others(session, [draft for draft in drafts if draft.key not in new]))


def tell(session: Session, draft: Draft) -> None:
    """Record the event of a reading with a fever."""
    if draft.status is HealthStatus.FEVER:
        institution_id, person_id, id_ = draft.key
        events.record(session, FeverReported(institution_id, person_id, str(id_), draft.day.isoformat()))


def _brought_by_others(session: Session, drafts: Sequence[Draft]) -> dict[Key, CheckIn]:
    if not drafts:
        return {}
    institutions, people, ids = (set(part) for part in zip(*(draft.key for draft in drafts), strict=True))
    rows = ingest.known(session, institutions, people, ids, [])
    return {(row.institution_id, row.person_id, row.id): row for row in rows}
