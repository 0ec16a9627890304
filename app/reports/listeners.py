"""Reports that nobody has sent yet follow rules and the tree. Each listener may run twice, and late."""

from sqlalchemy.orm import Session

from app.institutions.events import InstitutionClosed, InstitutionMerged, InstitutionMoved
from app.kernel.events import listen
from app.policies.events import PolicyChanged
from app.reports import service

_RULES = frozenset({"report_cutoff_school", "report_cutoff_office", "report_reminders", "school_days"})


def _rules_changed(session: Session, happened: PolicyChanged) -> None:
    if happened.key in _RULES:
        service.follow_rules(session, happened.institution_id)


def _place_changed(session: Session, happened: InstitutionMoved | InstitutionClosed) -> None:
    service.follow_rules(session, happened.institution_id)


def _merged(session: Session, happened: InstitutionMerged) -> None:
    # First what is over, by whose place the reports of those below it are still found; then where they stand now.
    service.follow_rules(session, happened.institution_id)
    service.follow_rules(session, happened.into_id)


listen(PolicyChanged, _rules_changed)
listen(InstitutionMoved, _place_changed)
listen(InstitutionMerged, _merged)
listen(InstitutionClosed, _place_changed)
