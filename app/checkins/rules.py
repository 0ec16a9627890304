"""What follows from a reading, without a database: when it counts, how it is judged, how it is counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.checkins import forms
from app.checkins.errors import ClockNotBelieved, TakenInFuture, TooLongAgo
from app.checkins.models import HealthStatus, Site
from app.kernel import clock
from app.policies.settings import Rules, SlotRule

TOLERANCE = timedelta(minutes=5)  # phones differ by this much without anybody noticing
_YEARS = range(2000, 2200)  # beyond them sums of moments run out of calendar
RUN = 7  # days of one value from one account that no thermometer produces
SEVERITY = (HealthStatus.NORMAL, HealthStatus.ATTENTION, HealthStatus.FEVER)


@dataclass(frozen=True, slots=True)
class When:
    """A reading's place in time by the server's clock."""

    taken_at: datetime
    skewed: bool
    day: date = field(init=False)  # the school day on which it was taken

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", clock.school_day(self.taken_at))


def place(taken_at: datetime | None, sent_at: datetime | None, received_at: datetime) -> When:
    """When it was taken, by the server's clock; both given times are by the phone's.

    A phone that was wrong when sending was as wrong when measuring, so that what it kept for days lands on the days on
    which it was measured. Raises `TakenInFuture` and `ClockNotBelieved`.
    """
    if taken_at is None:
        return When(received_at, skewed=False)
    if any(moment is not None and moment.year not in _YEARS for moment in (taken_at, sent_at)):
        raise ClockNotBelieved
    skew = received_at - sent_at if sent_at is not None else timedelta(0)
    skewed = abs(skew) > TOLERANCE
    corrected = taken_at + skew if skewed else taken_at
    if corrected > received_at + TOLERANCE:
        raise TakenInFuture
    # A fast clock within the tolerance must not carry a reading into tomorrow.
    return When(min(corrected, received_at), skewed)


def check_age(day: date, today: date, rules: Rules) -> None:
    """Raise `TooLongAgo` where the policy takes no readings for ``day`` any more."""
    if (today - day).days > rules.checkin_backdating_days:
        raise TooLongAgo(days=rules.checkin_backdating_days)


def is_near_midnight(moment: datetime) -> bool:
    """Whether a copy of what came at ``moment`` may be on its way on another day."""
    return clock.school_day(moment - TOLERANCE) != clock.school_day(moment + TOLERANCE)


def open_days(today: date, back: int) -> list[date]:
    """The days for which a reading may have landed: as many back as the policy takes, and tomorrow.

    A reading that was sent before midnight may have landed on the next day already, by a second try that was faster.
    """
    return [today + timedelta(days=off) for off in range(-back, 2)]


def slot_rule(slots: Sequence[SlotRule], taken_at: datetime) -> SlotRule:
    """The slot that had opened last; before the first of a day, that one."""
    at = taken_at.astimezone(clock.SHANGHAI).time()
    in_order = sorted(slots, key=lambda rule: rule.opens)
    return next((rule for rule in reversed(in_order) if rule.opens <= at), in_order[0])


def is_late(rule: SlotRule, day: date, received_at: datetime) -> bool:
    """Whether it came after the slot's deadline, whenever it was measured: the figures were wanted by then."""
    return received_at > clock.at(day, rule.deadline)


def judge(rules: Rules, temperature: int | None, site: Site | None, answers: forms.Answers, day: date) -> HealthStatus:
    """The status of one reading; ``temperature`` in tenths of a degree, None: not measured."""
    feverish = temperature is not None and temperature >= rules.fever_threshold(site)
    if feverish or answers.symptoms & forms.FEVER_BIT:
        return HealthStatus.FEVER
    worrying = (
        temperature is None
        or bool(answers.symptoms & forms.mask(rules.symptoms))
        or answers.contact not in (None, "none")
        or answers.whereabouts == "abroad"
        # An answer that this service cannot read yet may be the one that matters.
        or bool(answers.unread.keys() & {"symptoms", "contact"})
        or any(rules.is_key_area(code, day) for code in answers.places)
    )
    return HealthStatus.ATTENTION if worrying else HealthStatus.NORMAL


@dataclass(frozen=True, slots=True)
class PersonDay:
    """The standing readings of one person and day, taken together."""

    unit_id: int
    household: bool
    status: HealthStatus
    symptoms: bool
    measured: bool
    in_time: bool

    def joined(self, other: "PersonDay") -> "PersonDay":
        """Both together: the most severe status; symptoms in any, measured and in time once is enough."""
        return PersonDay(
            self.unit_id,
            self.household,
            max(self.status, other.status, key=SEVERITY.index),
            self.symptoms or other.symptoms,
            self.measured or other.measured,
            self.in_time or other.in_time,
        )

    def counts(self) -> dict[str, int]:
        """What this person adds to the day's figures of the unit."""
        if self.household:
            return {"household_reported": 1, "household_fever": int(self.status is HealthStatus.FEVER)}
        return {
            "reported": 1,
            "normal": int(self.status is HealthStatus.NORMAL),
            "attention": int(self.status is HealthStatus.ATTENTION),
            "fever": int(self.status is HealthStatus.FEVER),
            "symptoms": int(self.symptoms),
            "not_measured": int(not self.measured),
            "late": int(not self.in_time),
        }


def add_counts(total: dict[str, int], summary: PersonDay, sign: int) -> None:
    """Add what a person's day counts, or take it away."""
    for metric, count in summary.counts().items():
        total[metric] = total.get(metric, 0) + sign * count
