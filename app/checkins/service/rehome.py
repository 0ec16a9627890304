"""Has readings follow the roll: who changes the class, or leaves, takes the readings of those days along."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from app.checkins.queries import ingest
from app.checkins.service import counting
from app.kernel import clock
from app.rollups import service as rollups


def rehome(session: Session, institution_id: int, since: date, person_ids: Collection[int] | None = None) -> int:
    """Bring unit and counting of readings in line with where their persons stood on each day from ``since`` on.

    Without this a class would count the morning's reading of a child that it no longer owes. Does nothing where all is
    in line; answers with the number of person-days that were brought in line.
    """
    until = clock.today()
    moves = ingest.strayed(session, institution_id, since, until, person_ids)
    if not moves:
        return 0
    locked = {(institution_id, move.day, unit) for move in moves for unit in (move.unit_id, move.home)}
    rollups.lock_days(session, locked)
    # Looked at again: what was read before the locks may be another's past.
    moves = ingest.strayed(session, institution_id, since, until, {move.person_id for move in moves})
    moves = [
        move for move in moves if {(institution_id, move.day, unit) for unit in (move.unit_id, move.home)} <= locked
    ]
    keys = {(institution_id, move.day, move.person_id) for move in moves}
    before = counting.standing(session, keys)
    for move in moves:
        ingest.settle_in(session, institution_id, move.day, move.person_id, move.home, counted=move.counts)
    counting.settle(session, before, keys)
    return len(keys)
