"""The last days of some persons, for whoever decides whether they may enter; and whom these days hold back."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.checkins import forms
from app.checkins.models import CheckIn, HealthStatus
from app.checkins.queries import lists
from app.checkins.queries import recent as queries
from app.checkins.schemas.archives import RecentDayOut
from app.checkins.service.archive import degrees, worst
from app.kernel import clock
from app.people.service import Hold
from app.policies import service as policies

_JUST_NOW = timedelta(minutes=1)
_CONTACTS = frozenset({"key_area", "case"})


def recent_days(
    session: Session, institution_id: int, person_ids: Collection[int], until: date, count: int
) -> Mapping[int, list[RecentDayOut]]:
    """For each person the last ``count`` days up to ``until``, in order; whoever asks has leave and leaves a trace."""
    days = last_days(until, count)
    by_day: dict[tuple[int, date], list[CheckIn]] = {}
    if person_ids:
        for row in lists.standing_readings(session, [institution_id], person_ids, days):
            by_day.setdefault((row.person_id, row.day), []).append(row)
    return {person: [_day(day, by_day.get((person, day), [])) for day in days] for person in person_ids}


def last_days(until: date, count: int) -> list[date]:
    """So many days up to ``until``, it included, in order."""
    return [until - timedelta(days=back) for back in reversed(range(count))]


def _day(day: date, readings: Collection[CheckIn]) -> RecentDayOut:
    symptoms = 0
    for reading in readings:
        symptoms |= reading.symptoms
    measured = [reading.temperature for reading in readings if reading.temperature is not None]
    return RecentDayOut(
        day=day,
        status=worst([reading.status for reading in readings]),
        temperature=degrees(max(measured, default=None)),
        symptoms=forms.codes(symptoms),
    )


# Of a moment that is over, what had been received by then counts: a gate without a network sends it later. A reading
# that was put right since counts for nobody.


def _feverish(session: Session, institution_id: int, person_ids: Collection[int], at: datetime) -> set[int]:
    days = last_days(_today(at), 1 + policies.effective(session, institution_id).entry_fever_days)
    rows = lists.standing_readings(session, [institution_id], person_ids, days)
    return {row.person_id for row in rows if row.status is HealthStatus.FEVER and row.received_at <= at}


def _unheard_of(session: Session, institution_id: int, person_ids: Collection[int], at: datetime) -> set[int]:
    count = policies.effective(session, institution_id).entry_readings_days
    # Days that are over: of the present one a reading may still come.
    days = last_days(_today(at) - timedelta(days=1), count)
    return set(queries.owing(session, institution_id, person_ids, days, _known_at(at))) if days else set()


def _from_key_areas(session: Session, institution_id: int, person_ids: Collection[int], at: datetime) -> set[int]:
    policy = policies.effective(session, institution_id)
    days = last_days(_today(at), policy.observation_days)
    found = set()
    for row in lists.standing_readings(session, [institution_id], person_ids, days):
        if row.received_at > at:
            continue
        answers = forms.Answers.of(row.symptoms, row.answers)
        if answers.contact in _CONTACTS or any(policy.is_key_area(code, row.day) for code in answers.places):
            found.add(row.person_id)
    return found


def _known_at(at: datetime) -> datetime | None:
    """As of when readings count; None: now, for a moment that is or is to come."""
    return at if at < clock.now() - _JUST_NOW else None


def _today(at: datetime) -> date:
    """The day that is looked back from: an entry that is planned for later is judged by what is known today."""
    return min(clock.school_day(at), clock.today())


HOLDS = (
    Hold(
        "fever",
        "近日有发热记录",
        "There was a fever in the last days.",
        "规定天数过后自动解除; 记录有误可请班主任或校医更正",
        "It ends after the days that the policy says; the homeroom teacher or the doctor corrects a wrong reading.",
        _feverish,
    ),
    Hold(
        "readings_missing",
        "近日健康打卡不全",
        "Check-ins of the last days are missing.",
        "补报后解除",
        "It ends when the missing days are made up.",
        _unheard_of,
    ),
    Hold(
        "key_area",
        "打卡显示到过重点地区或有相关接触",
        "A check-in tells of a key area, or of contact with one or with a case.",
        "观察期满后自动解除; 填报有误可请班主任或校医更正",
        "It ends with the days of observation; the homeroom teacher or the doctor corrects a wrong answer.",
        _from_key_areas,
    ),
)
