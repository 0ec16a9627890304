"""Sickness at once (`sickness`); entries, passes and closures (`changes`, stays among them); reminders of check-ins
by schedule (`reminding`) and by hand (`asking`); daily reports (`reporting`); bulletins.
"""

from app.alerts.service.asking import asked_and_still_owes, list_reminders, remind_school, remind_unit
from app.alerts.service.bulletins import tell_bulletin_awaits, tell_bulletin_issued
from app.alerts.service.changes import (
    tell_closure,
    tell_closure_to_school,
    tell_decision,
    tell_overstay,
    tell_pass_revoked,
    tell_step,
)
from app.alerts.service.reminding import PLANNED_BY, plan, plan_anew, planned, planned_of_all, remind, still_owes
from app.alerts.service.reporting import (
    tell_failure,
    tell_failure_decided,
    tell_failure_explained,
    tell_report_due,
    tell_report_missing,
    tell_report_returned,
)
from app.alerts.service.sickness import tell_fever, tell_fever_at_gate, tell_symptom

__all__ = [
    "PLANNED_BY",
    "asked_and_still_owes",
    "list_reminders",
    "plan",
    "plan_anew",
    "planned",
    "planned_of_all",
    "remind",
    "remind_school",
    "remind_unit",
    "still_owes",
    "tell_bulletin_awaits",
    "tell_bulletin_issued",
    "tell_closure",
    "tell_closure_to_school",
    "tell_decision",
    "tell_failure",
    "tell_failure_decided",
    "tell_failure_explained",
    "tell_fever",
    "tell_fever_at_gate",
    "tell_overstay",
    "tell_pass_revoked",
    "tell_report_due",
    "tell_report_missing",
    "tell_report_returned",
    "tell_step",
    "tell_symptom",
]
