"""Entries, passes, stays and closures: whoever decides, has asked, or holds is told; in quiet hours afterwards."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.roles import Role
from app.access.service import holders
from app.alerts import queries
from app.alerts.events import ClosureToTell
from app.entries.models import RequestState
from app.gates.models import Source
from app.kernel import clock, events
from app.notifications import service as notifications
from app.notifications.service import Notice, Template
from app.policies import service as policies

_PEOPLE_OF_SCHOOL = (
    Role.GUARDIAN,
    Role.STUDENT,
    Role.STAFF,
    Role.HOMEROOM_TEACHER,
    Role.SCHOOL_DOCTOR,
    Role.GATE_GUARD,
    Role.SCHOOL_REPORTER,
    Role.VICE_PRINCIPAL,
    Role.PRINCIPAL,
)
_OFFICE = (Role.SCHOOL_REPORTER, Role.VICE_PRINCIPAL, Role.PRINCIPAL)
# What the asker has done himself is no news.
_TOLD = {RequestState.APPROVED, RequestState.REFUSED, RequestState.RETURNED, RequestState.EXPIRED}


def tell_step(session: Session, institution_id: int, step_id: int, office_id: int, *, reminder: bool) -> None:
    """Tell those who may decide on a step, and once more for each reminder; nobody decides on his own request."""
    step = queries.step(session, institution_id, step_id)
    if step is None:
        return
    receivers = {
        one.account_id
        for one in holders(session, {office_id}, [Role(role) for role in step.roles])
        if one.role is not Role.HOMEROOM_TEACHER or one.unit_id == step.unit_id
    } - {step.account_id}
    again = f":{clock.now():%Y%m%d%H}" if reminder else ""
    key = f"entry_awaits:{step_id}{again}"
    link, over = f"/approvals/{step.request_id}", step.valid_until
    _tell(session, Notice(institution_id, receivers, Template.ENTRY_AWAITS, {}, key, until=over, link=link))


def tell_decision(session: Session, institution_id: int, request_id: int, state: str) -> None:
    """Tell who has asked what became of it; a visitor without an account looks it up."""
    account_id = queries.asker(session, institution_id, request_id)
    if account_id is not None and RequestState(state) in _TOLD:
        key = f"entry_decided:{request_id}:{state}:{clock.now():%Y%m%d%H%M}"
        link = f"/entry-requests/{request_id}"
        notice = Notice(institution_id, {account_id}, Template.ENTRY_DECIDED, {"decision": state}, key, link=link)
        _tell(session, notice)


def tell_pass_revoked(session: Session, institution_id: int, pass_id: int) -> None:
    """Tell who would have shown a pass."""
    found = queries.entry_pass(session, institution_id, pass_id)
    if found is None or found.account_id is None:
        return
    key = f"pass_revoked:{pass_id}"
    holder, over = {found.account_id}, found.valid_until
    _tell(session, Notice(institution_id, holder, Template.PASS_REVOKED, {}, key, until=over, link="/passes"))


def tell_overstay(session: Session, institution_id: int, event_id: str) -> None:
    """Tell, at any hour, that somebody has not left: the guards, who has asked for them, and who shows the pass.

    The office as well, which invites visitors, where it is somebody whom the roll does not know.
    """
    stay = queries.stay(session, institution_id, UUID(event_id))
    if stay is None:
        return
    roles = (Role.GATE_GUARD, *(() if stay.person_id else _OFFICE))
    receivers = {one.account_id for one in holders(session, {institution_id}, roles)}
    asker = queries.asker(session, institution_id, stay.source_id) if stay.source is Source.ENTRY_REQUEST else None
    if asker is not None:
        receivers.add(asker)
    values, own = {"place": stay.place}, set() if stay.account_id is None else {stay.account_id}
    told = [
        Notice(
            institution_id, receivers - own, Template.OVERSTAYED, values, f"overstayed:{event_id}", link="/insiders"
        ),
        Notice(institution_id, own, Template.STAY_OVER, values, f"stay_over:{stay.id}", link="/passes"),
    ]
    notifications.notify_all(session, told)


def tell_closure(session: Session, institution_id: int, order_id: int) -> None:
    """Have the people of every school told for which an order holds, each school by itself."""
    order = queries.closure_order(session, institution_id, order_id)
    if order is None:
        return
    schools = queries.schools(session, institution_id)
    if schools:
        events.record_all(session, [ClosureToTell(one, order_id, order.version) for one, _ in schools])


def tell_closure_to_school(session: Session, institution_id: int, order_id: int, version: int) -> None:
    """Tell the families and the staff of a school, and its groups, that an order has changed."""
    receivers = {one.account_id for one in holders(session, {institution_id}, _PEOPLE_OF_SCHOOL)}
    values = {"place": queries.name_of(session, institution_id)}
    key = f"closure:{order_id}:{version}"
    _tell(session, Notice(institution_id, receivers, Template.CLOSURE_CHANGED, values, key, link="/closures"))


def _tell(session: Session, notice: Notice) -> None:
    """What can wait: after quiet hours, gathered with what else there is."""
    moment = policies.effective(session, notice.institution_id).after_quiet(clock.now())
    notifications.notify(session, replace(notice, urgency="today", not_before=moment))
