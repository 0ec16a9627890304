"""Keeps the figures of a day in step with its standing readings, and recounts them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.checkins import rules
from app.checkins.models import HealthStatus
from app.checkins.queries import afterwards, ingest
from app.checkins.queries.ingest import PersonDayKey
from app.checkins.rules import PersonDay
from app.checkins.service.drafts import Draft
from app.rollups import service as rollups

UnitDayKey = tuple[int, date, int]  # institution, day, unit


def units_of(session: Session, institution_id: int, person_ids: Collection[int], days: Collection[date]) -> set[int]:
    """In which units readings of these people on these days may count; certain after `rollups.lock_days`."""
    return ingest.units_of(session, institution_id, person_ids, days) if person_ids else set()


def standing(session: Session, keys: Collection[PersonDayKey]) -> dict[PersonDayKey, PersonDay]:
    """What stands now; to be asked after `rollups.lock_days`."""
    return _summaries(ingest.days_of_persons(session, keys))


def add(session: Session, before: Mapping[PersonDayKey, PersonDay], fresh: Iterable[Draft]) -> None:
    """Count readings that have just been inserted beside what stood ``before``."""
    after: dict[PersonDayKey, PersonDay] = {}
    for draft in fresh:
        if draft.row["counted"]:
            key = draft.person_day
            held = after.get(key) or before.get(key)
            after[key] = held.joined(draft.summary()) if held else draft.summary()
    _count(session, before, after, after.keys())


def settle(session: Session, before: Mapping[PersonDayKey, PersonDay], keys: Collection[PersonDayKey]) -> None:
    """Bring the figures from ``before`` to what stands now."""
    _count(session, before, standing(session, keys), keys)


def _count(
    session: Session,
    before: Mapping[PersonDayKey, PersonDay],
    after: Mapping[PersonDayKey, PersonDay],
    keys: Collection[PersonDayKey],
) -> None:
    deltas: dict[UnitDayKey, dict[str, int]] = {}
    for key in keys:
        for summary, sign in ((before.get(key), -1), (after.get(key), 1)):
            if summary is not None:
                rules.add_counts(deltas.setdefault((key[0], key[1], summary.unit_id), {}), summary, sign)
    rollups.add_days(session, deltas)


def recount(session: Session, institution_id: int, day: date) -> Mapping[int, Mapping[str, int]]:
    """Unit → metric → count of one school and day, from the readings themselves."""
    return _counted(ingest.days_of_school(session, institution_id, day))


def known(session: Session, institution_id: int, day: date, moment: datetime) -> Mapping[int, Mapping[str, int]]:
    """The same as known at a moment; exact, since every reading keeps when it was received and what it replaced."""
    return _counted(ingest.days_of_school_known(session, institution_id, day, moment))


def entered_after(
    session: Session, institution_id: int, day: date, moment: datetime
) -> tuple[dict[str, int], datetime | None]:
    """Metric → persons with signs whom the school had measured by ``moment`` and entered only after it; the first."""
    fever, attention, first_at = afterwards.entered_after(session, institution_id, day, moment)
    return {"fever": fever, "attention": attention}, first_at


def _counted(rows: Iterable[Any]) -> Mapping[int, Mapping[str, int]]:
    counted: dict[int, dict[str, int]] = {}
    for summary in _summaries(rows).values():
        rules.add_counts(counted.setdefault(summary.unit_id, {}), summary, 1)
    return counted


def _summaries(rows: Iterable[Any]) -> dict[PersonDayKey, PersonDay]:
    found: dict[PersonDayKey, PersonDay] = {}
    for row in rows:
        key = (row.institution_id, row.day, row.person_id)
        one = PersonDay(
            row.unit_id,
            row.household,
            HealthStatus.FEVER if row.fever else HealthStatus.ATTENTION if row.attention else HealthStatus.NORMAL,
            row.symptoms,
            row.measured,
            row.in_time,
        )
        # A day is in two units only until a change of unit has been followed (see `rehome`).
        found[key] = found[key].joined(one) if key in found else one
    return found


rollups.register_recount("checkins", recount)
rollups.register_known("checkins", known)
