"""Reminders of check-ins (H6): who owes before the deadline; after it the teacher, the head, the level above.

A day is planned once, into events each with its moment, by what the policies say; many schools share one. What holds is
looked at when the moment has come: schools whose rules were changed since are left to the events that were planned for
them then, those who have reported are not asked, and where nobody is missing nobody is told.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.access.service import holders
from app.alerts import queries
from app.alerts.events import RemindersDue, Stage
from app.checkins import service as checkins
from app.institutions import service as institutions
from app.kernel import clock, events
from app.kernel.db import Scope, bind
from app.notifications import service as notifications
from app.notifications.service import Notice, Template
from app.policies import service as policies
from app.policies.settings import Rules

TOGETHER: Final = 50  # schools to an event, so that memory does not grow with the province
_MISSED: Final = timedelta(minutes=30)  # planned later than this, a reminder is left out
_RULES_AT_ONCE: Final = 500
END: Final = time(23, 59)  # until when what is said of a day is of use
_HEADS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.SCHOOL_REPORTER)
_OFFICE = (Role.COUNTY_ADMIN, Role.CITY_ADMIN, Role.PROVINCIAL_ADMIN)
PLANNED_BY: Final = frozenset({"slots", "reminders"})  # settings that say when


def plan(session: Session, day: date) -> int:
    """Plan the reminders of a day unless that was done; how many events. Changes the scope of the transaction."""
    if not queries.claim_day(session, day, clock.now()):
        return 0
    return _record(session, planned_of_all(session, day))


def planned_of_all(session: Session, day: date) -> list[RemindersDue]:
    """The reminders of a day for every school. Changes the scope of the transaction."""
    institutions.scope_to_all(session)
    return planned(session, queries.schools(session), day)


def plan_anew(session: Session, institution_id: int, day: date) -> int:
    """Plan what is left of a day for the schools of an institution, whose rules have changed."""
    if not queries.is_planned(session, day):
        return 0
    return _record(session, planned(session, queries.schools(session, institution_id), day))


def planned(session: Session, schools: Sequence[tuple[int, int]], day: date) -> list[RemindersDue]:
    """The reminders of a day for some schools, given as (id, parent), in order of time."""
    groups: dict[tuple[datetime, str, Stage, int], list[int]] = {}
    for start in range(0, len(schools), _RULES_AT_ONCE):
        parents = dict(schools[start : start + _RULES_AT_ONCE])
        # It answers with all that the transaction has asked for so far, not with these alone.
        rules = policies.effective_for(session, parents)
        for school, parent in parents.items():
            for stage, slot, moment in moments(rules[school], day):
                office = parent if stage is Stage.OFFICE else 0
                groups.setdefault((moment, slot, stage, office), []).append(school)
    return [
        RemindersDue(office or some[0], day.isoformat(), slot, stage, moment.isoformat(), tuple(some))
        for (moment, slot, stage, office), ids in sorted(groups.items())
        for some in ([ids] if office else _chunks(ids))
    ]


def moments(rules: Rules, day: date) -> Iterator[tuple[Stage, str, datetime]]:
    """When each of the stages of each slot of a day is due; none on a day without school."""
    if not rules.is_school_day(day):
        return
    waits = rules.reminders
    for slot in rules.slots:
        if slot.required:
            deadline = clock.at(day, slot.deadline)
            yield Stage.GUARDIANS, slot.slot, deadline - timedelta(minutes=waits.guardians_before)
            yield Stage.TEACHER, slot.slot, deadline + timedelta(minutes=waits.teacher_after)
            yield Stage.PRINCIPAL, slot.slot, deadline + timedelta(minutes=waits.principal_after)
            yield Stage.OFFICE, slot.slot, deadline + timedelta(minutes=waits.office_after)


def remind(session: Session, due: RemindersDue) -> int:
    """Write what is due to whom it concerns; how many messages. Binds the transaction to the schools of the event."""
    day, moment, stage = date.fromisoformat(due.day), datetime.fromisoformat(due.at), Stage(due.stage)
    ids = frozenset(due.institution_ids)
    bind(session, Scope(institutions=ids, subtrees=ids | {due.institution_id}))
    rules = policies.effective_for(session, ids)
    standing = {one: rules[one] for one in sorted(ids) if (stage, due.slot, moment) in moments(rules[one], day)}
    write = {
        Stage.GUARDIANS: _to_guardians,
        Stage.TEACHER: _to_teachers,
        Stage.PRINCIPAL: _to_heads,
        Stage.OFFICE: _to_office,
    }[stage]
    return notifications.notify_all(session, list(write(session, due, standing))) if standing else 0


def still_owes(session: Session, institution_id: int, account_id: int, key: str) -> bool:
    """Whether who was reminded has reported by the time that the reminder leaves."""
    _, day, slot = key.split(":")
    return checkins.owes(session, institution_id, account_id, date.fromisoformat(day), slot)


def _to_guardians(session: Session, due: RemindersDue, rules: Mapping[int, Rules]) -> Iterator[Notice]:
    day = date.fromisoformat(due.day)
    for school, accounts in checkins.accounts_owing(session, rules, day, due.slot).items():
        deadline = next(one.deadline for one in rules[school].slots if one.slot == due.slot)
        yield Notice(
            school,
            accounts,
            Template.CHECKIN_OWED,
            {"slot": due.slot, "deadline": f"{deadline:%H:%M}"},
            key=f"checkin_owed:{due.day}:{due.slot}",
            until=clock.at(day, deadline),
            link="/checkins",
            not_before=rules[school].after_quiet(clock.now()),
        )


def _to_teachers(session: Session, due: RemindersDue, rules: Mapping[int, Rules]) -> Iterator[Notice]:
    day = date.fromisoformat(due.day)
    missing = checkins.missing_by_unit(session, rules, day, due.slot)
    teachers = _by_unit(holders(session, rules, [Role.HOMEROOM_TEACHER]))
    names = queries.unit_names(session, rules, {one.unit_id for one in missing})
    for unit in missing:
        receivers = teachers.get((unit.institution_id, unit.unit_id), [])
        if receivers:
            values: dict[str, str | int] = {
                "unit": names[unit.unit_id],
                "slot": due.slot,
                "missing": unit.missing,
                "due": unit.due,
            }
            key = f"missing_in_class:{due.day}:{due.slot}:{unit.unit_id}"
            until, later = clock.at(day, END), rules[unit.institution_id].after_quiet(clock.now())
            yield Notice(
                unit.institution_id,
                receivers,
                Template.MISSING_IN_CLASS,
                values,
                key=key,
                until=until,
                link=f"/units/{unit.unit_id}/missing",
                not_before=later,
            )


def _to_heads(session: Session, due: RemindersDue, rules: Mapping[int, Rules]) -> Iterator[Notice]:
    day = date.fromisoformat(due.day)
    heads: dict[int, list[int]] = {}
    for one in holders(session, rules, _HEADS):
        heads.setdefault(one.institution_id, []).append(one.account_id)
    totals: dict[int, tuple[int, int]] = {}
    for unit in checkins.missing_by_unit(session, rules, day, due.slot):
        missing, units = totals.get(unit.institution_id, (0, 0))
        totals[unit.institution_id] = (missing + unit.missing, units + 1)
    for school, (missing, units) in totals.items():
        values: dict[str, str | int] = {"slot": due.slot, "missing": missing, "units": units}
        yield Notice(
            school,
            heads.get(school, []),
            Template.MISSING_IN_SCHOOL,
            values,
            key=f"missing_in_school:{due.day}:{due.slot}",
            until=clock.at(day, END),
            link="/missing",
            not_before=rules[school].after_quiet(clock.now()),
        )


def _to_office(session: Session, due: RemindersDue, rules: Mapping[int, Rules]) -> Iterator[Notice]:
    day = date.fromisoformat(due.day)
    missing = checkins.missing_by_unit(session, rules, day, due.slot)
    if missing:
        schools = len({one.institution_id for one in missing})
        yield Notice(
            due.institution_id,
            {one.account_id for one in holders(session, {due.institution_id}, _OFFICE)},
            Template.MISSING_BELOW,
            {"slot": due.slot, "schools": schools, "missing": sum(one.missing for one in missing)},
            key=f"missing_below:{due.day}:{due.slot}:{due.at}",
            until=clock.at(day, END),
            link="/missing",
        )


def _by_unit(teachers: Collection[Membership]) -> dict[tuple[int, int | None], list[int]]:
    found: dict[tuple[int, int | None], list[int]] = {}
    for one in teachers:
        found.setdefault((one.institution_id, one.unit_id), []).append(one.account_id)
    return found


def _record(session: Session, due: Sequence[RemindersDue]) -> int:
    start = clock.now() - _MISSED
    by_moment: dict[datetime, list[RemindersDue]] = {}
    for one in due:
        moment = datetime.fromisoformat(one.at)
        if moment >= start:
            by_moment.setdefault(moment, []).append(one)
    for moment, some in by_moment.items():
        events.record_all(session, some, due_at=moment)
    return sum(map(len, by_moment.values()))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER))
