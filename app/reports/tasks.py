"""What the clock asks of reports: book the day, remind, find what is missing; and hold facts against what was sent.

One transaction for each step, and one for each school whose facts are looked at. All of it may run twice and late.
"""

from datetime import date

from app.institutions import service as institutions
from app.kernel import clock, db
from app.kernel.db import Scope
from app.reports import service


def watch() -> tuple[int, int, int]:
    """Book today's reports, remind of them, find the missing ones; how many of each were new."""
    today = clock.today()
    with db.transaction() as session:
        institutions.scope_to_all(session)
        booked = service.book_day(session, today)
    with db.transaction() as session:
        institutions.scope_to_all(session)
        reminded = service.remind(session, today)
    with db.transaction() as session:
        institutions.scope_to_all(session)
        missing = service.find_missing(session, service.days_to_look_at())
    return booked, reminded, missing


def schools(day: date) -> list[int]:
    """The schools that have sent a report of ``day``."""
    with db.transaction() as session:
        institutions.scope_to_all(session)
        return service.schools_that_sent(session, day)


def find_concealed(institution_id: int, day: date) -> bool:
    """Hold the facts of a school against what it has sent of ``day``; whether that shows a new failure."""
    with db.transaction(Scope(frozenset({institution_id}), frozenset({institution_id}))) as session:
        return service.find_concealed(session, institution_id, day)
