"""Who was reminded is seen by whoever sees who is missing: in the school, or in the class where the person stood."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.alerts.models import CheckInReminder

anchor(
    Anchors(
        model=CheckInReminder,
        read=Action.MISSING_READ,
        facts=lambda one: Facts(institution_id=one.institution_id, unit_id=one.unit_id),
        institution=CheckInReminder.institution_id,
        unit=CheckInReminder.unit_id,
    )
)
