"""Who owes a reading, for those who remind: accounts and counts of many schools at once, never a name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.checkins.models import Slot
from app.checkins.queries import owing


@dataclass(frozen=True, slots=True)
class UnitMissing:
    """How many of a unit (0: of no unit) are due, and how many of them have not been heard of."""

    institution_id: int
    unit_id: int
    due: int
    missing: int


def accounts_owing(session: Session, schools: Collection[int], day: date, slot: str) -> dict[int, list[int]]:
    """By school, the accounts that answer for somebody who owes a reading of the slot."""
    found: dict[int, list[int]] = {}
    for row in owing.accounts(session, schools, day, Slot(slot)):
        found.setdefault(row.institution_id, []).append(row.account_id)
    return found


def missing_by_unit(session: Session, schools: Collection[int], day: date, slot: str) -> Sequence[UnitMissing]:
    """The units in which somebody is missing."""
    rows = owing.counts(session, schools, day, Slot(slot))
    return [UnitMissing(row.institution_id, row.unit_id, row.due, row.missing) for row in rows]


def owes(session: Session, institution_id: int, account_id: int, day: date, slot: str) -> bool:
    """Whether an account answers, now, for somebody of a school who owes a reading of the slot."""
    return owing.owes(session, institution_id, account_id, day, Slot(slot))
