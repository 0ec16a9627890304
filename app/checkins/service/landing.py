"""Puts prepared readings into the table and their figures beside them, in one transaction and one order of locks."""

import contextlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.checkins.events import FeverReported, SymptomReported
from app.checkins.models import HealthStatus
from app.checkins.queries import ingest
from app.checkins.queries.ingest import Key, PersonDayKey
from app.checkins.rules import PersonDay
from app.checkins.service import counting
from app.checkins.service.drafts import Draft
from app.kernel import events
from app.rollups import service as rollups


@dataclass(slots=True)
class Landed:
    """Which readings are new; those that somebody else has brought in at the same moment are ``known``."""

    new: set[Key] = field(default_factory=set)
    known: dict[Key, Any] = field(default_factory=dict)


def land(session: Session, drafts: Sequence[Draft]) -> Landed:
    """Insert what is new, settle the figures, tell of fevers."""
    if not drafts:
        return Landed()
    before = _lock(session, drafts)
    new = ingest.add(session, [draft.row for draft in drafts])
    fresh = [draft for draft in drafts if draft.key in new]
    counting.add(session, before, fresh)
    tell(session, fresh)
    return Landed(new, _brought_by_others(session, [draft for draft in drafts if draft.key not in new]))


class _CountedElsewhere(Exception):  # noqa: N818 - it names a finding
    """Readings count in units that were not locked."""


def _lock(session: Session, drafts: Sequence[Draft]) -> dict[PersonDayKey, PersonDay]:
    """Lock where the readings count, and look at what stands there.

    All readings of a person's day count in one unit, that of the first, whatever the roll says by now. Where that is
    not among the units that were locked, all locks are given back and taken once more with it: a unit that is locked
    after a school waits for whoever holds the unit and waits for the school.
    """
    units: set[counting.UnitDayKey] = set()
    while True:
        units |= {draft.counted_in for draft in drafts}
        with contextlib.suppress(_CountedElsewhere), session.begin_nested():
            return _look(session, drafts, units)


def _look(
    session: Session, drafts: Sequence[Draft], units: Collection[counting.UnitDayKey]
) -> dict[PersonDayKey, PersonDay]:
    rollups.lock_days(session, units)
    before = counting.standing(session, {draft.person_day for draft in drafts})
    for draft in drafts:
        if draft.person_day in before:
            draft.row["unit_id"] = before[draft.person_day].unit_id
    if any(draft.counted_in not in units for draft in drafts):
        raise _CountedElsewhere
    return before


def tell(session: Session, drafts: Iterable[Draft]) -> None:
    """Record the events of readings with a fever, and of those with symptoms alone."""
    happened = [_event(draft) for draft in drafts if _is_fever(draft) or draft.row["symptoms"]]
    if happened:
        events.record_all(session, happened)


def _event(draft: Draft) -> FeverReported | SymptomReported:
    institution_id, person_id, id_ = draft.key
    day = draft.row["day"].isoformat()
    if _is_fever(draft):
        return FeverReported(institution_id, person_id, str(id_), day)
    return SymptomReported(institution_id, person_id, str(id_), day)


def _is_fever(draft: Draft) -> bool:
    return draft.row["status"] is HealthStatus.FEVER


def _brought_by_others(session: Session, drafts: Sequence[Draft]) -> dict[Key, Any]:
    if not drafts:
        return {}
    rows = ingest.receipts(session, {draft.key for draft in drafts}, {draft.row["day"] for draft in drafts})
    return {(row.institution_id, row.person_id, row.id): row for row in rows}
