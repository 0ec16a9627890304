"""The effective settings of one institution, typed, as the rest of the service reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from app.kernel import clock
from app.policies.settings.catalogue import SETTINGS
from app.policies.settings.values import SITES, TENTHS

_FRIDAY = 5


@dataclass(frozen=True, slots=True)
class SlotRule:
    """A slot and its hours; not ``required``: only of those under observation."""

    slot: str
    opens: time
    deadline: time
    required: bool


@dataclass(frozen=True, slots=True)
class KeyAreaRule:
    """An area by the digits that its code and those below it begin with; ``until`` included."""

    prefix: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """Cases of one class or dormitory: in one day, or within ``days`` days."""

    in_one_day: int
    in_days: int
    days: int


@dataclass(frozen=True, slots=True)
class SchoolDaysRule:
    """Days on which reports are owed; ``weekdays``: 1 is Monday."""

    weekdays: frozenset[int]
    closed: frozenset[date]
    extra: frozenset[date]

    def owes(self, day: date) -> bool:
        """Whether a report is owed for that day."""
        return day in self.extra or (day.isoweekday() in self.weekdays and day not in self.closed)


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """Minutes before (guardians) and after (teacher, principal, the level above) a deadline."""

    guardians_before: int
    teacher_after: int
    principal_after: int
    office_after: int


@dataclass(frozen=True, slots=True)
class ChainRule:
    """A rung of an approval: ``level`` school, above or issuer; ``needs_all``: each of ``roles``, not one of them."""

    level: str
    roles: tuple[str, ...]
    needs_all: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for an institution. Thresholds are tenths of a degree; days and hours as the names say."""

    thresholds: Mapping[str, int]
    fallback_threshold: int
    slots: tuple[SlotRule, ...]
    symptoms: frozenset[str]
    due_kinds: frozenset[str]
    checkin_backdating_days: int
    class_report_by: time | None
    school_report_by: time | None
    report_cutoff_school: time
    report_cutoff_office: time
    report_as_of: time
    report_as_of_day_before: bool
    school_days: SchoolDaysRule
    report_signers: frozenset[str]
    report_reminders: tuple[int, ...]
    bulletin_review: bool
    key_areas: tuple[KeyAreaRule, ...]
    cluster: ClusterRule
    cluster_report_hours: int
    suspected_case_hours: int
    observation_days: int
    observation_readings: int
    reopening_plan_days: int
    reminders: ReminderRule
    quiet_since: time
    quiet_until: time
    pass_longest_days: int
    pass_single_use: bool
    pass_rotating: bool
    overstay_minutes: int
    approval_chain: tuple[ChainRule, ...]
    approval_chain_visitors: tuple[ChainRule, ...]
    entry_fever_days: int
    entry_readings_days: int
    entry_opens: time
    entry_closes: time
    entry_reminder_hours: int
    retention_days: int
    gate_retention_days: int
    small_cells_below: int

    def fever_threshold(self, site: str | None = None) -> int:
        """From how many tenths of a degree on it is a fever, measured there (None: not said where)."""
        return self.thresholds.get(site or "", self.fallback_threshold)

    def after_quiet(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours that it falls into."""
        local = moment.astimezone(clock.SHANGHAI)
        if local.time() < self.quiet_until:
            return clock.at(local.date(), self.quiet_until)
        if local.time() >= self.quiet_since:
            return clock.at(local.date() + timedelta(days=1), self.quiet_until)
        return moment

    def is_school_day(self, day: date) -> bool:
        """Whether anything is owed on a day: from Monday to Friday."""
        return day.isoweekday() <= _FRIDAY

    def is_key_area(self, division_code: str, day: date) -> bool:
        """Whether having been in this division on this day counts; a city's rule holds for its counties."""
        return any(
            division_code.startswith(area.prefix) and area.since <= day and (area.until is None or day <= area.until)
            for area in self.key_areas
        )


_PLAIN = (
    "bulletin_review",
    "checkin_backdating_days",
    "cluster_report_hours",
    "entry_fever_days",
    "entry_readings_days",
    "entry_reminder_hours",
    "suspected_case_hours",
    "observation_days",
    "observation_readings",
    "reopening_plan_days",
    "pass_longest_days",
    "pass_single_use",
    "pass_rotating",
    "overstay_minutes",
    "retention_days",
    "gate_retention_days",
    "small_cells_below",
)
_CLOCKS = ("class_report_by", "school_report_by", "report_cutoff_school", "report_cutoff_office")


def typed(values: Mapping[str, Any]) -> Rules:
    """The rules that canonical JSON values (one for each setting) say."""
    fever = values["fever_threshold"]
    return Rules(
        thresholds={site: round(fever[site] * TENTHS) for site in SITES if fever[site] is not None},
        fallback_threshold=round(fever["default"] * TENTHS),
        slots=tuple(
            SlotRule(
                one["slot"], time.fromisoformat(one["opens"]), time.fromisoformat(one["deadline"]), one["required"]
            )
            for one in values["slots"]
        ),
        symptoms=frozenset(values["symptoms"]),
        due_kinds=frozenset(values["due_kinds"]),
        report_as_of=time.fromisoformat(values["report_as_of"]["clock"]),
        report_as_of_day_before=values["report_as_of"]["day"] == "previous",
        school_days=SchoolDaysRule(
            frozenset(values["school_days"]["weekdays"]),
            *(frozenset(map(date.fromisoformat, values["school_days"][name])) for name in ("closed", "extra")),
        ),
        report_signers=frozenset(values["report_signers"]),
        report_reminders=tuple(values["report_reminders"]),
        key_areas=tuple(_area(one) for one in values["key_areas"]),
        cluster=ClusterRule(**values["cluster"]),
        reminders=ReminderRule(**values["reminders"]),
        quiet_since=time.fromisoformat(values["quiet_hours"]["since"]),
        quiet_until=time.fromisoformat(values["quiet_hours"]["until"]),
        approval_chain=_chain(values["approval_chain"]),
        approval_chain_visitors=_chain(values["approval_chain_visitors"]),
        entry_opens=time.fromisoformat(values["entry_hours"]["opens"]),
        entry_closes=time.fromisoformat(values["entry_hours"]["closes"]),
        **{key: values[key] for key in _PLAIN},
        **_clocks(values),
    )


def _clocks(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] and time.fromisoformat(values[key]) for key in _CLOCKS}


def _chain(steps: Sequence[Mapping[str, Any]]) -> tuple[ChainRule, ...]:
    return tuple(ChainRule(one["level"], tuple(one["roles"]), one["needs"] == "all") for one in steps)


def _area(value: Mapping[str, Any]) -> KeyAreaRule:
    code = value["division_code"]
    prefix = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    until = value["until"]
    return KeyAreaRule(prefix, date.fromisoformat(value["since"]), date.fromisoformat(until) if until else None)


DEFAULTS = typed({key: setting.default for key, setting in SETTINGS.items()})
