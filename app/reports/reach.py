"""Failures hang on their institution and on every level above; reports are reached through their institution."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.reports.models import ReportFailure

anchor(
    Anchors(
        model=ReportFailure,
        read=Action.REPORTS_READ,
        facts=lambda one: Facts(institution_id=one.institution_id, lineage=tuple(one.lineage)),
        institution=ReportFailure.institution_id,
        lineage=ReportFailure.lineage,
    )
)
