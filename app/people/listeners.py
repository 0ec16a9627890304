"""What persons do when their school ends; and who recounts the roll."""

from datetime import date

from sqlalchemy.orm import Session

from app.institutions import service as institutions
from app.institutions.events import InstitutionClosed, InstitutionMerged, InstitutionMoved
from app.kernel.events import listen
from app.people import service
from app.people.events import RollRulesChanged
from app.policies.events import PolicyChanged
from app.rollups.service import register_recount


def leave_closed_school(session: Session, happened: InstitutionClosed) -> None:
    """Everybody leaves on the day on which the school closed; its staff hold no role in it any more."""
    service.close_roll(session, happened.institution_id, date.fromisoformat(happened.closed_on))
    institutions.end_members(session, happened.institution_id)


def follow_merger(session: Session, happened: InstitutionMerged) -> None:
    """Everybody stands in the school that goes on, and teaches there; other roles in the merged one end."""
    service.carry_over(session, happened.institution_id, happened.into_id, date.fromisoformat(happened.on))
    institutions.end_members(session, happened.institution_id)


def follow_move(session: Session, happened: InstitutionMoved) -> None:
    """Schools that moved stand under the rules of other offices."""
    service.follow_rules_below(session, happened.institution_id)


def follow_policy(session: Session, happened: PolicyChanged) -> None:
    """Schools below take over who owes a reading."""
    if happened.key == "due_kinds":
        service.follow_rules_below(session, happened.institution_id)


def follow_rules(session: Session, happened: RollRulesChanged) -> None:
    """One school takes over who owes a reading."""
    service.follow_rules(session, happened.institution_id)


listen(InstitutionMoved, follow_move)
listen(PolicyChanged, follow_policy)
listen(RollRulesChanged, follow_rules)
listen(InstitutionClosed, leave_closed_school)
listen(InstitutionMerged, follow_merger)
register_recount("people", service.count)
