"""Duty rosters: who stands in one enters by it, without a request."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.access.actor import Actor
from app.access.roles import Action
from app.access.service import Facts, obtain, require, visible
from app.audit import service as audit
from app.entries.errors import ShiftOver
from app.entries.models import DutyShift
from app.entries.queries import requests as request_rows
from app.entries.queries import visits as queries
from app.entries.schemas.visits import RosterIn, ShiftOut
from app.entries.service import filing, inviting, passing
from app.institutions.models import Institution
from app.kernel import clock, paging
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.people.models import Person, PersonKind

SHOWN = timedelta(days=31)


def roster(session: Session, actor: Actor, institution_id: int, asked: RosterIn) -> Page[ShiftOut]:
    """Put staff on duty, each with a pass; raises `NotFound`, `Forbidden`, `WindowNotPossible`, `ShiftTaken`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    require(actor, Action.DUTIES_MANAGE, Facts(institution_id=institution_id))
    for one in asked.shifts:
        filing.demand_window(one)
    inviting.demand_venues(session, institution_id, asked.venue_ids)
    staff = _staff(session, actor, institution_id, {one.person_id for one in asked.shifts})
    rows = [
        DutyShift(
            institution_id=institution_id,
            person_id=one.person_id,
            venue_ids=asked.venue_ids,
            duty=asked.duty,
            starts_at=one.valid_from,
            ends_at=one.valid_until,
            made_by=actor.account_id,
        )
        for one in asked.shifts
    ]
    session.add_all(rows)
    session.flush()
    passing.issue_for_shifts(session, actor, rows, staff)
    details = {"shifts": [row.id for row in rows]}
    audit.record(
        session, actor, "duties.roster", "institution", institution_id, institution_id=institution_id, details=details
    )
    return Page(items=[_told(row, staff) for row in rows])


def list_shifts(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    since: datetime | None,
    until: datetime | None,
) -> Page[ShiftOut]:
    """The shifts that touch a time, from now for a month unless asked otherwise; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    since = since or clock.now()
    until = until or clock.now() + SHOWN
    statement = queries.shifts(visible(actor, Action.DUTIES_READ, DutyShift), institution_id, since, until)
    rows, following = paging.fetch(session, statement, [DutyShift.id], page)
    staff = request_rows.names(session, institution_id, {row.person_id for row in rows})
    return Page(items=[_told(row, staff) for row in rows], next=following)


def cancel(session: Session, actor: Actor, shift_id: int) -> None:
    """Take a shift off the roster before it begins, and end its pass; raises `ShiftOver`."""
    row = obtain(session, actor, Action.DUTIES_MANAGE, DutyShift, shift_id, lock=True)
    if row.cancelled_at is not None or row.starts_at <= clock.now():
        raise ShiftOver
    row.cancelled_at = clock.now()
    session.flush()
    passing.revoke_for_shift(session, actor, row)
    audit.record(session, actor, "duties.cancel", "duty_shift", row.id, institution_id=row.institution_id)


def _staff(session: Session, actor: Actor, institution_id: int, ids: set[int]) -> dict[int, str]:
    statement = request_rows.enrolled(visible(actor, Action.DUTIES_MANAGE, Person), institution_id, ids)
    found = {one.id: one.name for one in session.scalars(statement) if one.kind is PersonKind.STAFF}
    if len(found) < len(ids):
        raise NotFound
    return found


def _told(row: DutyShift, names: dict[int, str]) -> ShiftOut:
    return ShiftOut(
        id=row.id,
        person_id=row.person_id,
        name=names[row.person_id],
        duty=row.duty,
        venue_ids=row.venue_ids,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cancelled_at=row.cancelled_at,
    )
