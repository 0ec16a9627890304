"""Readings asked for by hand, from the list of who is missing: once in half an hour, whoever asks, however often."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.alerts.models import CheckInReminder
from app.alerts.queries import reminders
from app.alerts.schemas import RemindedOut, ReminderOut
from app.alerts.service.reminding import END
from app.audit import service as audit
from app.checkins import service as checkins
from app.checkins.service import Missing
from app.institutions.models import Institution, Unit
from app.kernel import clock, paging
from app.kernel.schemas import Page
from app.notifications import service as notifications
from app.notifications.service import Notice, Template
from app.policies import service as policies

AGAIN: Final = timedelta(minutes=30)


def remind_unit(session: Session, actor: Actor, unit_id: int) -> RemindedOut:
    """Ask those who answer for the missing of a class; never those who have reported."""
    unit = obtain(session, actor, Action.MISSING_REMIND, Unit, unit_id)
    told = _ask(session, actor, unit.institution_id, unit.id)
    _trace(session, actor, unit, told)
    return told


def remind_school(session: Session, actor: Actor, institution_id: int) -> RemindedOut:
    """The same for a whole school."""
    school = obtain(session, actor, Action.MISSING_REMIND, Institution, institution_id)
    told = _ask(session, actor, school.id, None)
    _trace(session, actor, school, told)
    return told


def list_reminders(
    session: Session, actor: Actor, institution_id: int, unit_id: int | None, page: paging.PageQuery
) -> Page[ReminderOut]:
    """Whose reading was asked for by hand today, in a school or a class of it."""
    statement = reminders.of_day(
        visible(actor, Action.MISSING_READ, CheckInReminder), institution_id, clock.today(), unit_id
    )
    rows, following = paging.fetch(session, statement, [CheckInReminder.person_id], page)
    return Page(items=[ReminderOut.model_validate(row) for row in rows], next=following)


def asked_and_still_owes(session: Session, institution_id: int, account_id: int, key: str) -> bool:
    """Whether nothing has come, by the time that the message leaves, of somebody for whom an account answers."""
    _, day, _ = key.split(":")
    return checkins.owes(session, institution_id, account_id, date.fromisoformat(day), None)


def _ask(session: Session, actor: Actor, institution_id: int, unit_id: int | None) -> RemindedOut:
    now, day = clock.now(), clock.today()
    missing = checkins.missing_with_accounts(session, institution_id, day, unit_id)
    leaves_at = _leaving(session, institution_id, now)
    asked: dict[str, object] = {"day": day, "asked_at": now, "asked_by": actor.account_id, "leaves_at": leaves_at}
    rows = [_row(institution_id, one, asked) for one in missing]
    claimed = reminders.claim(session, rows, now - AGAIN) if rows else set()
    told = [one for one in missing if one.person_id in claimed and one.accounts]
    _tell(session, institution_id, told, now, leaves_at)
    unreached = sum(not one.accounts for one in missing)
    return RemindedOut(
        day=day,
        missing=len(missing),
        reminded=len(told),
        before=len(missing) - len(told) - unreached,
        unreached=unreached,
        leaves_at=leaves_at,
    )


def _row(institution_id: int, one: Missing, asked: dict[str, object]) -> dict[str, object]:
    here = {"institution_id": institution_id, "person_id": one.person_id, "unit_id": one.unit_id}
    return {**here, **asked, "accounts": len(one.accounts)}


def _tell(
    session: Session, institution_id: int, missing: Collection[Missing], now: datetime, leaves_at: datetime | None
) -> None:
    # Brothers and sisters in two classes have the same parents: within the half hour that the key names, once.
    key = f"checkin_asked_for:{clock.today()}:{int(now.timestamp() // AGAIN.total_seconds())}"
    end = clock.at(clock.today(), END)
    notice = Notice(
        institution_id,
        {account for one in missing for account in one.accounts},
        Template.CHECKIN_ASKED_FOR,
        {},
        key=key,
        until=end,
        link="/checkins",
        not_before=leaves_at or end,
    )
    notifications.notify(session, notice)


def _leaving(session: Session, institution_id: int, now: datetime) -> datetime | None:
    leaves_at = policies.effective(session, institution_id).after_quiet(now)
    return leaves_at if leaves_at.astimezone(clock.SHANGHAI).date() == clock.today() else None


def _trace(session: Session, actor: Actor, place: Unit | Institution, told: RemindedOut) -> None:
    subject, school = ("unit", place.institution_id) if isinstance(place, Unit) else ("institution", place.id)
    counts = {"day": told.day.isoformat(), "reminded": told.reminded, "unreached": told.unreached}
    audit.record(session, actor, "missing.remind", subject, place.id, institution_id=school, details=counts)
