"""Bulletins: reviewers hear that one waits; the own people and those one level below, that one was issued.

Whoever else is addressed finds it in the list: a province's bulletin in every inbox would be noise.
"""

from typing import Final

from sqlalchemy.orm import Session

from app.access.roles import Role
from app.access.service import holders
from app.alerts import queries
from app.bulletins.models import Audience, BulletinState
from app.kernel import clock
from app.notifications import service as notifications
from app.notifications.service import Notice, Template
from app.policies import service as policies

_ADMINS: Final = (Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN)
_HEADS: Final = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
_REVIEWERS: Final = (*_ADMINS, Role.REVIEWER, *_HEADS)
_TOLD: Final = {Audience.OFFICES: _ADMINS, Audience.SCHOOLS: (*_HEADS, Role.SCHOOL_REPORTER)}


def tell_bulletin_awaits(session: Session, institution_id: int, bulletin_id: int) -> None:
    """Tell who may review it, unless it was reviewed meanwhile; who has written it may not."""
    paper = queries.bulletin(session, institution_id, bulletin_id)
    if paper is None or paper.state is not BulletinState.IN_REVIEW:
        return
    receivers = {one.account_id for one in holders(session, {institution_id}, _REVIEWERS)} - {paper.written_by}
    notice = Notice(
        institution_id,
        receivers,
        Template.BULLETIN_AWAITS,
        {"day": paper.day.isoformat()},
        key=f"bulletin_awaits:{bulletin_id}:{paper.version}",
        link=f"/bulletins/{bulletin_id}",
        not_before=policies.effective(session, institution_id).after_quiet(clock.now()),
    )
    notifications.notify(session, notice)


def tell_bulletin_issued(session: Session, institution_id: int, issue_id: int) -> None:
    """Tell the offices and schools that are addressed, here and one level below."""
    issue = queries.bulletin_issue(session, institution_id, issue_id)
    if issue is None:
        return
    roles = [role for audience, some in _TOLD.items() if audience in issue.audience for role in some]
    places = {institution_id, *queries.children(session, institution_id)}
    receivers = {one.account_id for one in holders(session, places, roles)} - {issue.issued_by}
    notice = Notice(
        institution_id,
        receivers,
        Template.BULLETIN_ISSUED,
        {"day": issue.day.isoformat(), "number": issue.number},
        key=f"bulletin_issued:{issue_id}",
        link=f"/institutions/{institution_id}/bulletin-issues/{issue_id}",
        not_before=policies.effective(session, institution_id).after_quiet(clock.now()),
    )
    notifications.notify(session, notice)
