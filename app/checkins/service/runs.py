"""Runs of one value that no thermometer produces: flagged for the school to look at, not punished."""

from datetime import date

from sqlalchemy.orm import Session

from app.checkins import rules
from app.checkins.queries import runs


def flag_runs(session: Session, institution_id: int, day: date) -> int:
    """Bring the flags of a school's readings of ``day`` in line with the week that ends on it; how many changed."""
    return runs.flag(session, institution_id, day, rules.RUN)
