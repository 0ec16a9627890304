"""What the settings may be set to. Values are kept as JSON in one canonical form: equal rules are equal texts."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.kernel.schemas import Count, Day, Flag, Schema

TENTHS = 10
_ROUNDING = 1e-6  # what binary fractions add
# WS/T 772-2020, in the order of the standard.
SYMPTOMS = (
    "fever",
    "cough",
    "headache",
    "sore_throat",
    "swollen_parotid",
    "abdominal_pain",
    "diarrhoea",
    "vomiting",
    "rash",
    "dizziness",
    "fatigue",
    "red_eyes",
)
SITES = ("armpit", "forehead", "ear", "mouth")


def _one_decimal(value: float) -> float:
    if abs(value * TENTHS - round(value * TENTHS)) > _ROUNDING:
        raise PydanticCustomError("one_decimal", "one decimal is wanted")
    return round(value, 1)


Celsius = Annotated[float, Field(strict=True, ge=35, le=42, allow_inf_nan=False), AfterValidator(_one_decimal)]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Shanghai's clock, HH:MM")]
Days = Annotated[Count, Field(ge=1, le=3650)]
Hours = Annotated[Count, Field(ge=1, le=720)]
Minutes = Annotated[Count, Field(ge=0, le=1440)]
PassDays = Annotated[Count, Field(ge=1, le=90)]


class FeverThreshold(Schema):
    """From which temperature on it is a fever, °C; a site without a figure of its own takes the default."""

    default: Celsius
    armpit: Celsius | None = None
    forehead: Celsius | None = None
    ear: Celsius | None = None
    mouth: Celsius | None = None

    @model_validator(mode="after")
    def _say_nothing_twice(self) -> "FeverThreshold":
        repeated = {site: None for site in SITES if getattr(self, site) == self.default}
        return self.model_copy(update=repeated)


class SlotValue(Schema):
    """When a slot opens and until when it counts as in time; not ``required``: only of those under observation."""

    slot: Literal["morning", "noon", "evening"]
    opens: ClockTime
    deadline: ClockTime
    required: Flag = True

    @model_validator(mode="after")
    def _opens_before_it_ends(self) -> "SlotValue":
        if self.opens >= self.deadline:
            raise PydanticCustomError("slot_hours", "a slot opens before its deadline")
        return self


def _each_slot_once(slots: list[SlotValue]) -> list[SlotValue]:
    if len({one.slot for one in slots}) < len(slots) or len({one.opens for one in slots}) < len(slots):
        raise PydanticCustomError("slots_once", "each slot once, each with an opening of its own")
    if not any(one.required for one in slots):
        raise PydanticCustomError("slot_required", "at least one slot is asked of everybody")
    return sorted(slots, key=lambda one: one.opens)


Slots = Annotated[list[SlotValue], Field(min_length=1, max_length=3), AfterValidator(_each_slot_once)]


class AsOf(Schema):
    """The moment that a report's figures stand for: a clock time of the reported day, or of the day before."""

    clock: ClockTime
    day: Literal["same", "previous"] = "same"


class KeyArea(Schema):
    """An area (重点地区) and the days, both included, on which having been there counts; no end: until taken off."""

    division_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    since: Day
    until: Day | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> "KeyArea":
        if self.until is not None and self.until < self.since:
            raise PydanticCustomError("days_in_order", "it ends after it begins")
        return self


KeyAreas = Annotated[
    list[KeyArea],
    Field(max_length=500),
    AfterValidator(lambda areas: sorted(areas, key=lambda one: (one.division_code, one.since))),
]


class Cluster(Schema):
    """So many cases of one class or dormitory in one day, or so many within ``days`` days."""

    in_one_day: Annotated[Count, Field(ge=2, le=100)]
    in_days: Annotated[Count, Field(ge=2, le=100)]
    days: Annotated[Count, Field(ge=2, le=14)]


class SchoolDays(Schema):
    """On which days reports are owed: weekdays (1 is Monday), without the closed days, and with the extra ones."""

    weekdays: Annotated[list[Annotated[Count, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    closed: Annotated[list[Day], Field(default_factory=list, max_length=400)]
    extra: Annotated[list[Day], Field(default_factory=list, max_length=400)]

    @model_validator(mode="after")
    def _say_nothing_twice(self) -> "SchoolDays":
        extra = sorted(set(self.extra))
        closed = sorted(set(self.closed) - set(extra))
        return self.model_copy(update={"weekdays": sorted(set(self.weekdays)), "closed": closed, "extra": extra})


class Reminders(Schema):
    """Minutes: before a slot's deadline to guardians who owe; after it to teacher, principal and the level above."""

    guardians_before: Minutes
    teacher_after: Minutes
    principal_after: Minutes
    office_after: Minutes = 120


class QuietHours(Schema):
    """From an evening to the next morning, when what can wait does not ring."""

    since: Annotated[str, Field(pattern=r"^(1[89]|2[0-3]):[0-5][0-9]$", description="18:00 or later")]
    until: Annotated[str, Field(pattern=r"^0[4-9]:[0-5][0-9]$", description="04:00 to 09:59")]


def _ordered(words: tuple[str, ...]) -> AfterValidator:
    """Each word once, in the order of ``words``."""

    def order(chosen: list[Any]) -> list[Any]:
        return sorted(set(chosen), key=words.index)

    return AfterValidator(order)


Symptom = Literal[
    "fever",
    "cough",
    "headache",
    "sore_throat",
    "swollen_parotid",
    "abdominal_pain",
    "diarrhoea",
    "vomiting",
    "rash",
    "dizziness",
    "fatigue",
    "red_eyes",
]
Symptoms = Annotated[list[Symptom], Field(min_length=1, max_length=12), _ordered(SYMPTOMS)]
DueKinds = Annotated[
    list[Literal["student", "staff"]], Field(min_length=1, max_length=2), _ordered(("student", "staff"))
]


SIGNERS = ("school_reporter", "vice_principal", "principal")
Signers = Annotated[
    list[Literal["school_reporter", "vice_principal", "principal"]],
    Field(min_length=1, max_length=3),
    _ordered(SIGNERS),
]
# Minutes before the cut-off, the earliest first.
ReportReminders = Annotated[
    list[Annotated[Minutes, Field(ge=1)]],
    Field(max_length=6),
    AfterValidator(lambda minutes: sorted(set(minutes), reverse=True)),
]

SCHOOL_APPROVERS = ("homeroom_teacher", "school_doctor", "school_reporter", "vice_principal", "principal")
OFFICE_APPROVERS = ("reviewer", "county_admin", "city_admin", "provincial_admin")
_APPROVERS = (*SCHOOL_APPROVERS, *OFFICE_APPROVERS)
_Approver = Literal[
    "homeroom_teacher",
    "school_doctor",
    "school_reporter",
    "vice_principal",
    "principal",
    "reviewer",
    "county_admin",
    "city_admin",
    "provincial_admin",
]


class ChainStep(Schema):
    """A rung of the ladder: at which level, by which roles, and whether one of them or each of them is wanted.

    ``above``: the next office up; ``issuer``: the level above whose order closes what is to be entered, if any.
    """

    level: Literal["school", "above", "issuer"]
    roles: Annotated[list[_Approver], Field(min_length=1, max_length=5), _ordered(_APPROVERS)]
    needs: Literal["any", "all"] = "any"

    @model_validator(mode="after")
    def _roles_of_the_level(self) -> "ChainStep":
        fitting = SCHOOL_APPROVERS if self.level == "school" else OFFICE_APPROVERS
        if set(self.roles) - set(fitting):
            raise PydanticCustomError("roles_of_level", "roles of this level")
        return self


def _each_step_once(steps: list[ChainStep]) -> list[ChainStep]:
    if any(one in steps[:place] for place, one in enumerate(steps)):
        raise PydanticCustomError("steps_once", "each step once")
    return steps


ApprovalChain = Annotated[list[ChainStep], Field(min_length=1, max_length=8), AfterValidator(_each_step_once)]


class EntryHours(Schema):
    """Between which hours of a day somebody may be let in."""

    opens: ClockTime
    closes: ClockTime

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "EntryHours":
        if self.opens >= self.closes:
            raise PydanticCustomError("entry_hours", "it opens before it closes")
        return self
