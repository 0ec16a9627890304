"""Keeps the figures of a day in step with its standing readings, and recounts them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.checkins import rules
from app.checkins.models import HealthStatus
from app.checkins.queries import ingest
from app.rollups import service as rollups

PersonDayKey = tuple[int, date, int]  # institution, day, person


def lock(session: Session, units: Mapping[tuple[int, date], Collection[int]]) -> None:
    """Lock the leaves of (institution, day) → units, in an order that is the same for everybody."""
    for institution_id, day in sorted(units):
        rollups.lock_day(session, institution_id, day, sorted(units[institution_id, day]))


def standing(session: Session, keys: Collection[PersonDayKey]) -> dict[PersonDayKey, rules.PersonDay]:
    """What stands now; to be asked after `lock`."""
    return _summaries(_rows(session, keys, {day for _, day, _ in keys}))


def settle(session: Session, before: Mapping[PersonDayKey, rules.PersonDay], keys: Collection[PersonDayKey]) -> None:
    """Bring the figures from ``before`` to what stands now, and the flags of implausible runs with them."""
    rows = _rows(session, keys, rules.run_days(day for _, day, _ in keys))
    after = _summaries(rows)
    deltas: dict[tuple[int, date], rules.Deltas] = {}
    for key in sorted(keys):
        of_day = deltas.setdefault(key[:2], {})
        rules.add_change(of_day, before.get(key), after.get(key))
    for (institution_id, day), change in sorted(deltas.items()):
        moved = {unit: {name: count for name, count in one.items() if count} for unit, one in change.items()}
        rollups.add_day(session, institution_id, day, {unit: one for unit, one in moved.items() if one})
    _flag_runs(session, rows, keys)


def recount(session: Session, institution_id: int, day: date) -> Mapping[int, Mapping[str, int]]:
    """Unit → metric → count of one school and day, from the readings themselves."""
    deltas: rules.Deltas = {}
    for summary in _summaries(ingest.days_of_school(session, institution_id, day)).values():
        rules.add_change(deltas, None, summary)
    return deltas


def _rows(session: Session, keys: Collection[PersonDayKey], days: Iterable[date]) -> Sequence[Any]:
    return ingest.days_of_persons(session, {key[0] for key in keys}, {key[2] for key in keys}, list(days))


def _summaries(rows: Iterable[Any]) -> dict[PersonDayKey, rules.PersonDay]:
    found: dict[PersonDayKey, rules.PersonDay] = {}
    for row in rows:
        key = (row.institution_id, row.day, row.person_id)
        one = rules.PersonDay(
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


def _flag_runs(session: Session, rows: Sequence[Any], keys: Collection[PersonDayKey]) -> None:
    by_person: dict[tuple[int, int], dict[date, rules.Sameness | None]] = {}
    flagged: dict[PersonDayKey, bool] = {}
    for row in rows:
        if row.measured:
            same = rules.Sameness(row.lowest, row.first_account) if _is_same(row) else None
            by_person.setdefault((row.institution_id, row.person_id), {})[row.day] = same
            flagged[row.institution_id, row.day, row.person_id] = row.flagged
    wrong: dict[bool, set[PersonDayKey]] = {True: set(), False: set()}
    for institution_id, day, person_id in keys:
        days = by_person.get((institution_id, person_id), {})
        for later in (day + timedelta(days=ahead) for ahead in range(rules.RUN)):
            key = (institution_id, later, person_id)
            wanted = rules.ends_run(days, later)
            if key in flagged and flagged[key] is not wanted:
                wrong[wanted].add(key)
    for wanted, found in wrong.items():
        if found:
            ingest.flag(session, found, implausible=wanted)


def _is_same(row: Any) -> bool:
    return bool(row.lowest == row.highest and row.by_accounts and row.first_account == row.last_account)


rollups.register_recount("checkins", recount)
