"""Whose reading is owed follows the rules in force: they change by policy, and when a school moves under other offices.

What was owed on past days stays as it was; the rules of today are written into where persons stand from today on.
"""

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from app.kernel import clock, events
from app.kernel.bulk import insert_rows
from app.people.events import RollRulesChanged
from app.people.models import Standing
from app.people.queries import persons as queries
from app.people.queries import standings
from app.people.service import rolls


def follow_rules_below(session: Session, institution_id: int) -> None:
    """Have every school of a subtree look at its roll again, each in a transaction of its own."""
    for school_id in queries.open_schools_below(session, institution_id):
        events.record(session, RollRulesChanged(school_id))


def follow_rules(session: Session, institution_id: int) -> int:
    """Bring what is owed at a school in line with its rules from today on; for how many persons that changed."""
    queries.locked_institution(session, institution_id)
    today, due = clock.today(), rolls.due_kinds(session, institution_id)
    moves: Counter[rolls.Place] = Counter()
    fresh: list[dict[str, Any]] = []
    for standing in standings.misjudged(session, institution_id, due):
        moves[standing.unit_id, standing.due] -= 1
        moves[standing.unit_id, not standing.due] += 1
        if standing.valid_from == today:
            standing.due = not standing.due
        else:
            standing.valid_to = today
            fresh.append(
                {
                    "institution_id": institution_id,
                    "person_id": standing.person_id,
                    "valid_from": today,
                    "valid_to": None,
                    "unit_id": standing.unit_id,
                    "due": not standing.due,
                }
            )
    session.flush()
    insert_rows(session, Standing, fresh)
    rolls.shift(session, institution_id, today, moves)
    return sum(moves[place] for place in moves if moves[place] > 0)
