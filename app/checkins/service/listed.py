"""Symptoms that an institution's rules have watched."""

from datetime import date

from sqlalchemy.orm import Session

from app.checkins import forms
from app.checkins.queries import lists
from app.policies import service as policies


def has_listed_symptom(session: Session, institution_id: int, person_id: int, day: date) -> bool:
    """Whether a person's standing readings of a day tell of a symptom that the rules of the institution list."""
    listed = forms.mask(policies.effective(session, institution_id).symptoms)
    readings = lists.standing_readings(session, {institution_id}, {person_id}, {day})
    return any(one.symptoms & listed for one in readings)
