"""Who owes a reading, for those who remind: accounts and counts, never a name."""

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


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody of whom nothing has come, and the accounts that answer for that; ``unit_id`` None: of no unit."""

    person_id: int
    unit_id: int | None
    accounts: tuple[int, ...]


def missing_with_accounts(
    session: Session, institution_id: int, day: date, unit_id: int | None = None
) -> Sequence[Missing]:
    """Those of a school, or of a class of it, of whom nothing has come on a day: the persons behind the figure."""
    found: dict[tuple[int, int | None], list[int]] = {}
    for row in owing.missing(session, institution_id, day, unit_id):
        answering = found.setdefault((row.person_id, row.unit_id), [])
        if row.account_id is not None:
            answering.append(row.account_id)
    return [Missing(person, unit, tuple(accounts)) for (person, unit), accounts in found.items()]


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


def owes(session: Session, institution_id: int, account_id: int, day: date, slot: str | None) -> bool:
    """Whether an account answers, now, for somebody of a school who owes a reading of the slot.

    Without a slot: of whom nothing has come on that day.
    """
    return owing.owes(session, institution_id, account_id, day, None if slot is None else Slot(slot))
