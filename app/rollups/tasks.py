"""Recounts that nobody waits for: one transaction a school, so that no school's writers wait for another's."""

from datetime import timedelta

from app.kernel import clock, db
from app.kernel.db import Scope
from app.rollups import service
from app.rollups.schemas import Drift

DAYS = 3  # that the nightly recount goes back, today included


def schools() -> list[int]:
    """The schools that a recount goes over."""
    with db.transaction() as session:
        return service.schools_to_recount(session)


def recount_school(institution_id: int, days: int = DAYS, *, repair: bool = False) -> list[Drift]:
    """Drift of a school's last days, oldest first: what stands from a day on stands on the next ones as well."""
    drifts: list[Drift] = []
    for back in reversed(range(days)):
        day = clock.today() - timedelta(days=back)
        with db.transaction(Scope(frozenset({institution_id}), frozenset({institution_id}))) as session:
            drifts += service.recount(session, institution_id, day, repair=repair)
    return drifts


def recount_all(days: int = DAYS, *, repair: bool = False) -> list[Drift]:
    """Drift of every school's last days."""
    return [drift for school in schools() for drift in recount_school(school, days, repair=repair)]
