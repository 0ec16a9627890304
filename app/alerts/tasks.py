"""Reminders by the clock, and by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from app.alerts import service
from app.alerts.events import RemindersDue
from app.kernel import clock, db


@dataclass(frozen=True, slots=True)
class Reminded:
    """What came, or would come, of one event."""

    due: RemindersDue
    messages: int


def plan_reminders() -> int:
    """Plan the reminders of today unless that was done; how many events."""
    with db.transaction() as session:
        return service.plan(session, clock.today())


def remind_day(day: date, *, dry_run: bool) -> Iterator[Reminded]:
    """Every reminder of a day whose moment has come; as a dry run, all of them, and nothing of it stays."""
    with db.transaction() as session:
        planned = service.planned_of_all(session, day)
    for due in planned:
        if dry_run or datetime.fromisoformat(due.at) <= clock.now():
            with db.transaction() as session, db.trial(session) as trial:
                messages = service.remind(session, due)
                trial.undone = dry_run
            yield Reminded(due, messages)
