"""The settings by themselves: every default is one of its own values; tighter is an order for each of them."""

from datetime import date, time
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from app.policies.settings import DEFAULTS, SETTINGS
from app.policies.settings.rules import typed

FEVER = {"armpit": None, "forehead": None, "ear": None, "mouth": None}
MORNING = {"slot": "morning", "opens": "05:00", "deadline": "08:00", "required": True}
NOON = {"slot": "noon", "opens": "11:00", "deadline": "14:00", "required": False}
WUHAN = {"division_code": "420100", "since": "2020-01-01", "until": None}
NINE_TO_FIVE = {"opens": "09:00", "closes": "17:00"}
TEACHER, DEPUTY, HEAD, EITHER, BOTH = (
    {"level": "school", "roles": roles, "needs": needs}
    for roles, needs in (
        (["homeroom_teacher"], "any"),
        (["vice_principal"], "any"),
        (["principal"], "any"),
        (["vice_principal", "principal"], "any"),
        (["vice_principal", "principal"], "all"),
    )
)
ISSUER = {"level": "issuer", "roles": ["county_admin"], "needs": "any"}

# Some values of each setting, of all sorts of tightness.
SAMPLES: dict[str, list[Any]] = {
    "fever_threshold": [
        {"default": 37.3, **FEVER},
        {"default": 37.0, **FEVER},
        {"default": 37.5, **FEVER, "forehead": 36.8},
        {"default": 37.2, **FEVER, "ear": 37.6, "mouth": 37.0},
    ],
    "slots": [
        [MORNING],
        [NOON | {"required": True}],
        [MORNING | {"deadline": "07:30"}, NOON | {"required": True}],
        [MORNING | {"opens": "07:45", "deadline": "09:00"}],
        [NOON | {"deadline": "12:00", "required": True}],
    ],
    "symptoms": [["fever"], ["fever", "cough"], ["rash"], list(SETTINGS["symptoms"].default)],
    "due_kinds": [["student"], ["staff"], ["student", "staff"]],
    "key_areas": [
        [],
        [WUHAN],
        [WUHAN | {"since": "2020-01-10"}, WUHAN | {"division_code": "420000", "until": "2020-04-08"}],
        [WUHAN | {"until": "2020-04-08"}],
    ],
    "class_report_by": [None, "09:30", "09:00"],
    "report_as_of": [{"clock": "16:00", "day": "same"}, {"clock": "23:59", "day": "previous"}],
    "cluster": [
        {"in_one_day": 3, "in_days": 5, "days": 3},
        {"in_one_day": 2, "in_days": 6, "days": 3},
        {"in_one_day": 4, "in_days": 4, "days": 7},
    ],
    "quiet_hours": [
        {"since": "22:00", "until": "06:30"},
        {"since": "21:00", "until": "06:00"},
        {"since": "23:00", "until": "08:00"},
    ],
    "reminders": [
        {"guardians_before": 30, "teacher_after": 10, "principal_after": 60},
        {"guardians_before": 60, "teacher_after": 20, "principal_after": 30},
    ],
    "approval_chain": [
        [TEACHER, HEAD],
        [HEAD],
        [TEACHER, DEPUTY, HEAD],
        [HEAD, TEACHER],
        [EITHER, ISSUER],
        [BOTH],
    ],
    "entry_hours": [
        {"opens": "06:00", "closes": "22:00"},
        {"opens": "07:00", "closes": "23:00"},
        {"opens": "22:00", "closes": "23:00"},
    ],
    "school_days": [
        {"weekdays": [1, 2, 3, 4, 5], "closed": ["2020-05-01"], "extra": ["2020-05-09"]},
        {"weekdays": [1, 2, 3, 4, 5, 6, 7], "closed": [], "extra": []},
        {"weekdays": [6], "closed": ["2020-05-01", "2020-05-09"], "extra": []},
        {"weekdays": [7], "closed": ["2020-05-09"], "extra": ["2020-05-01"]},
    ],
    "report_signers": [["school_reporter"], ["principal"], ["school_reporter", "vice_principal", "principal"]],
    "report_reminders": [[], [60, 15], [30]],
    "observation_days": [7, 14, 21],
    "checkin_backdating_days": [0, 3, 7],
    "report_cutoff_school": ["16:30", "15:00", "17:00"],
}
PAIRS = [
    (key, SETTINGS[key].canonical(one), SETTINGS[key].canonical(two))
    for key, values in SAMPLES.items()
    for one, two in product(values, values)
]


@pytest.mark.parametrize("key", SETTINGS)
def test_a_default_is_canonical_and_as_tight_as_itself(key: str) -> None:
    setting = SETTINGS[key]
    assert setting.canonical(setting.default) == setting.default
    assert setting.order.join(setting.default, setting.default) == setting.default
    assert setting.zh
    assert setting.en.isascii() or "°" in setting.en


@pytest.mark.parametrize(("key", "one", "two"), PAIRS)
def test_joining_honours_the_lock_and_is_stable(key: str, one: Any, two: Any) -> None:
    join = SETTINGS[key].order.join
    joined = join(one, two)
    assert join(one, joined) == joined, "what came of a lock breaks it"
    assert join(one, one) == one
    if joined != two:
        assert join(one, two) == joined


@pytest.mark.parametrize(
    ("key", "locked", "tight", "loose"),
    [
        ("fever_threshold", {"default": 37.3, **FEVER}, {"default": 37.2, **FEVER}, {"default": 37.4, **FEVER}),
        (
            "fever_threshold",
            {"default": 37.3, **FEVER, "forehead": 37.0},
            {"default": 37.0, **FEVER},
            {"default": 37.2, **FEVER},  # looser at the forehead, though it does not name it
        ),
        ("slots", [MORNING], [MORNING | {"deadline": "07:00"}, NOON], [NOON | {"required": True}]),
        ("slots", [MORNING], [MORNING], [MORNING | {"deadline": "08:01"}]),
        ("slots", [MORNING, NOON], [MORNING, NOON | {"required": True}], [MORNING | {"required": False}, NOON]),
        ("symptoms", ["fever"], ["fever", "cough"], ["cough"]),
        ("due_kinds", ["student"], ["student", "staff"], ["staff"]),
        ("key_areas", [WUHAN], [WUHAN | {"since": "2019-12-01"}], [WUHAN | {"until": "2020-05-01"}]),
        ("class_report_by", "09:30", "09:00", None),
        ("report_cutoff_school", "16:30", "16:00", "16:31"),
        ("observation_days", 14, 21, 13),
        (
            "school_days",
            {"weekdays": [1, 2], "closed": ["2020-05-04"], "extra": []},
            {"weekdays": [1, 2, 3], "closed": [], "extra": ["2020-05-09"]},
            {"weekdays": [1, 2], "closed": ["2020-05-04", "2020-05-05"], "extra": []},
        ),
        ("report_signers", ["school_reporter", "principal"], ["principal"], ["vice_principal", "principal"]),
        ("report_reminders", [60], [60, 15], [15]),
        ("observation_readings", 2, 3, 1),
        ("reopening_plan_days", 7, 10, 6),
        ("suspected_case_hours", 2, 1, 3),
        ("checkin_backdating_days", 7, 0, 8),
        ("retention_days", 365, 180, 366),
        ("small_cells_below", 5, 10, 4),
        ("cluster", {"in_one_day": 3, "in_days": 5, "days": 3}, {"in_one_day": 2, "in_days": 5, "days": 4}, None),
        ("approval_chain", [HEAD], [TEACHER, HEAD], [DEPUTY]),
        ("approval_chain", [EITHER], [HEAD], [TEACHER]),
        ("approval_chain", [EITHER], [BOTH], [ISSUER]),
        ("approval_chain", [BOTH], [BOTH, ISSUER], [EITHER]),
        ("approval_chain", [TEACHER, HEAD], [TEACHER, ISSUER, HEAD], [HEAD, TEACHER]),
        ("approval_chain_visitors", [ISSUER], [HEAD, ISSUER], [HEAD]),
        ("entry_hours", NINE_TO_FIVE, {"opens": "10:00", "closes": "16:00"}, {"opens": "08:59", "closes": "16:00"}),
        ("entry_fever_days", 3, 7, 2),
        ("entry_readings_days", 3, 14, 2),
        ("entry_reminder_hours", 4, 2, 5),
        ("report_as_of", {"clock": "16:00", "day": "same"}, {"clock": "16:00", "day": "same"}, {"clock": "15:00"}),
    ],
)
def test_what_is_tighter(key: str, locked: Any, tight: Any, loose: Any) -> None:
    join = SETTINGS[key].order.join
    assert join(locked, tight) == tight
    if loose is None and key != "class_report_by":
        loose = locked | {"in_one_day": 4}
    assert join(locked, loose) != loose


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fever_threshold", 37.3),
        ("fever_threshold", {"default": 37.35}),
        ("fever_threshold", {"default": True}),
        ("fever_threshold", {"default": 373}),
        ("fever_threshold", {"default": "37.3"}),
        ("fever_threshold", {"default": float("nan")}),
        ("fever_threshold", {"default": 37.3, "elbow": 37}),
        ("slots", []),
        ("slots", [MORNING, MORNING]),
        ("slots", [NOON]),  # asked of nobody
        ("slots", [MORNING | {"opens": "08:00"}]),
        ("slots", [MORNING | {"deadline": "25:00"}]),
        ("symptoms", []),
        ("symptoms", ["love"]),
        ("key_areas", [WUHAN | {"until": "2019-12-31"}]),
        ("key_areas", [WUHAN | {"division_code": "4201"}]),
        ("key_areas", [WUHAN] * 501),
        ("approval_chain", [HEAD, HEAD]),
        ("approval_chain", ["principal"]),
        ("approval_chain", [HEAD | {"level": "issuer"}]),
        ("approval_chain", [ISSUER | {"level": "school"}]),
        ("approval_chain", [HEAD | {"roles": []}]),
        ("entry_hours", {"opens": "08:00", "closes": "08:00"}),
        ("observation_days", 0),
        ("observation_days", True),
        ("observation_days", 14.0),
        ("observation_days", 2**63),
        ("class_report_by", "9:30"),
        ("due_kinds", []),
    ],
)
def test_what_is_no_value(key: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        SETTINGS[key].canonical(value)


def test_equal_rules_are_equal_texts() -> None:
    fever, symptoms, slots = SETTINGS["fever_threshold"], SETTINGS["symptoms"], SETTINGS["slots"]
    assert fever.canonical({"default": 37.3, "ear": 37.3}) == fever.canonical({"default": 37.3})
    assert symptoms.canonical(["cough", "fever", "cough"]) == ["fever", "cough"]
    both = [MORNING, NOON]
    assert slots.canonical(both) == slots.canonical(both[::-1])


def test_the_typed_rules_say_what_the_values_say() -> None:
    values = {key: setting.default for key, setting in SETTINGS.items()} | {
        "fever_threshold": {"default": 37.3, **FEVER, "forehead": 36.8},
        "key_areas": [WUHAN, WUHAN | {"division_code": "110000", "until": "2020-02-01"}],
        "class_report_by": "09:30",
    }
    rules = typed(values)
    assert (rules.fever_threshold(), rules.fever_threshold("forehead"), rules.fever_threshold("ear")) == (373, 368, 373)
    assert rules.is_key_area("420102", date(2026, 1, 1))
    assert not rules.is_key_area("420200", date(2026, 1, 1))
    assert rules.is_key_area("110105", date(2020, 2, 1))
    assert not rules.is_key_area("110105", date(2020, 2, 2))
    assert rules.class_report_by == time(9, 30)
    assert DEFAULTS.class_report_by is None
    assert [slot.slot for slot in DEFAULTS.slots] == ["morning", "noon", "evening"]
    assert [slot.required for slot in DEFAULTS.slots] == [True, True, False]
    assert DEFAULTS.checkin_backdating_days == 7
