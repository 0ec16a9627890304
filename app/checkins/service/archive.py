"""The health archive of a person, and the fourteen days that are filed before opening."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.checkins import forms
from app.checkins.errors import BadPeriod
from app.checkins.models import CheckIn, HealthStatus, Slot, Source
from app.checkins.queries import lists
from app.checkins.rules import SEVERITY
from app.checkins.schemas.archives import AnswersOut, ArchiveEntryOut, DayRecordOut, SlotRecordOut, TemperatureRecordOut
from app.checkins.service.sources import source_of
from app.kernel import clock, paging
from app.kernel.schemas import Page
from app.people.models import Person

LONGEST = 366
RECORD = 14
_OWN = (Source.SELF, Source.GUARDIAN)


def read_archive(
    session: Session,
    actor: Actor,
    person_id: int,
    *,
    since: date | None,
    until: date | None,
    page: paging.PageQuery,
) -> Page[ArchiveEntryOut]:
    """All readings of a period, in the order in which they were taken, corrections beside what they replace.

    The last 30 days unless asked otherwise. A look by anyone but the family leaves a trace. Raises `BadPeriod`.
    """
    person = obtain(session, actor, Action.CHECKINS_READ, Person, person_id)
    until = until or clock.today()
    since = since or until - timedelta(days=29)
    if not 0 <= (until - since).days < LONGEST:
        raise BadPeriod(days=LONGEST)
    own = _looked_at(session, actor, person, "checkins.read_archive", (since, until))
    statement = lists.archive(person.institution_id, person.id, since, until)
    rows, following = paging.fetch(session, statement, [CheckIn.day, CheckIn.taken_at, CheckIn.id], page)
    return Page(items=[_entry(row, own=own) for row in rows], next=following)


def temperature_record(session: Session, actor: Actor, person_id: int, until: date | None) -> TemperatureRecordOut:
    """The fourteen days up to ``until`` (today), each with its slots; a day without slots is missing."""
    person = obtain(session, actor, Action.CHECKINS_READ, Person, person_id)
    until = until or clock.today()
    since = until - timedelta(days=RECORD - 1)
    _looked_at(session, actor, person, "checkins.read_record", (since, until))
    days = [since + timedelta(days=offset) for offset in range(RECORD)]
    readings = lists.standing_readings(session, [person.institution_id], [person.id], days)
    records = [_day(day, [one for one in readings if one.day == day]) for day in days]
    schools, units = lists.names(session, [person.institution_id], [person.unit_id or 0])
    missing = sum(1 for one in records if not one.slots)
    return TemperatureRecordOut(
        person_id=person.id,
        name=person.name,
        institution=schools.get(person.institution_id, ""),
        unit=units.get(person.unit_id or 0),
        since=since,
        until=until,
        days_missing=missing,
        complete=missing == 0,
        days=records,
    )


def answers_out(symptoms: int, document: dict[str, object]) -> AnswersOut:
    """Answers as they were understood."""
    answers = forms.Answers.of(symptoms, document)
    return AnswersOut(
        symptoms=forms.codes(answers.symptoms),
        whereabouts=answers.whereabouts,
        places=list(answers.places),
        contact=answers.contact,
    )


def degrees(tenths: int | None) -> float | None:
    """°C from tenths."""
    return None if tenths is None else tenths / 10


def _looked_at(session: Session, actor: Actor, person: Person, act: str, period: tuple[date, date]) -> bool:
    """Leave a trace of a look, unless it is the family's own; whether it is."""
    own = source_of(actor, Action.CHECKINS_READ, person) in _OWN
    if not own:
        details = dict(zip(("from", "to"), (day.isoformat() for day in period), strict=True))
        audit.record(session, actor, act, "person", person.id, institution_id=person.institution_id, details=details)
    return own


def _entry(row: CheckIn, *, own: bool) -> ArchiveEntryOut:
    return ArchiveEntryOut(
        id=row.id,
        day=row.day,
        slot=row.slot,
        taken_at=row.taken_at,
        received_at=row.received_at,
        source=row.source,
        temperature=degrees(row.temperature),
        site=row.site,
        not_measured_reason=row.not_measured_reason,
        form_version=row.form_version,
        answers=answers_out(row.symptoms, row.answers),
        status=row.status,
        late=row.late,
        # What makes a school look twice is no accusation for the family to read.
        skewed=None if own else row.skewed,
        implausible=None if own else row.implausible,
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        correction_reason=row.correction_reason,
    )


def _day(day: date, readings: Sequence[CheckIn]) -> DayRecordOut:
    slots = [_slot(slot, found) for slot in Slot if (found := [one for one in readings if one.slot is slot])]
    return DayRecordOut(day=day, status=worst([one.status for one in readings]), slots=slots)


def _slot(slot: Slot, readings: Sequence[CheckIn]) -> SlotRecordOut:
    highest = max(readings, key=lambda one: one.temperature or 0)
    return SlotRecordOut(
        slot=slot,
        temperature=degrees(highest.temperature),
        site=highest.site,
        status=max((one.status for one in readings), key=SEVERITY.index),
        late=all(one.late for one in readings),
    )


def worst(found: Sequence[HealthStatus]) -> HealthStatus | None:
    """The most severe status, None of nothing."""
    return max(found, key=SEVERITY.index, default=None)
