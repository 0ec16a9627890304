"""Which of two values is the tighter one. Each order is one function: the tightest value that honours both.

A value below a lock is allowed where joining it with the locked one changes nothing in it; a looser value that stood
before the lock came is joined with it when the rules are read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.policies.settings.values import SIGNERS, SITES

Join = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Order:
    """``join(locked, value)``; ``zh`` and ``en`` say to people in which direction is tighter."""

    join: Join
    zh: str
    en: str


def _earlier(locked: str | None, value: str | None) -> str | None:
    # No hour at all is the loosest.
    return min((one for one in (locked, value) if one is not None), default=None)


def _union(words: tuple[str, ...]) -> Join:
    return lambda locked, value: sorted({*locked, *value}, key=words.index)


def _fields(orders: Mapping[str, Join]) -> Join:
    return lambda locked, value: {name: join(locked[name], value[name]) for name, join in orders.items()}


def _thresholds(locked: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    joined: dict[str, Any] = {"default": min(locked["default"], value["default"])}
    for site in SITES:
        lowest = min(locked[site] or locked["default"], value[site] or value["default"])
        joined[site] = None if lowest == joined["default"] else lowest
    return joined


def _slots(locked: list[dict[str, Any]], value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    joined = {one["slot"]: dict(one) for one in value}
    for asked in locked:
        mine = joined.setdefault(asked["slot"], dict(asked))
        mine["required"] = mine["required"] or asked["required"]
        mine["deadline"] = min(mine["deadline"], asked["deadline"])
        if mine["opens"] >= mine["deadline"]:
            mine["opens"] = asked["opens"]
    return sorted(joined.values(), key=lambda one: (one["opens"], one["slot"]))


def _areas(locked: list[dict[str, Any]], value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    uncovered = [area for area in locked if not any(_covers(one, area) for one in value)]
    return sorted([*value, *uncovered], key=lambda one: (one["division_code"], one["since"]))


def _covers(one: Mapping[str, Any], area: Mapping[str, Any]) -> bool:
    # ISO days compare as texts.
    lasts = one["until"] is None or (area["until"] is not None and one["until"] >= area["until"])
    return bool(one["division_code"] == area["division_code"] and one["since"] <= area["since"] and lasts)


def _chain(locked: list[dict[str, Any]], value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    waiting = iter(value)
    if all(any(_honours(one, asked) for one in waiting) for asked in locked):
        return value
    return [*locked, *(one for one in value if one not in locked)]


def _honours(one: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether nobody passes step ``one`` who would not pass ``asked``."""
    mine, theirs = set(one["roles"]), set(asked["roles"])
    if one["level"] != asked["level"]:
        return False
    if one["needs"] == "all":
        return theirs <= mine if asked["needs"] == "all" else bool(theirs & mine)
    return mine <= theirs and (asked["needs"] == "any" or len(theirs) == 1)


def _hours(locked: Mapping[str, str], value: Mapping[str, str]) -> Mapping[str, str]:
    both = {"opens": max(locked["opens"], value["opens"]), "closes": min(locked["closes"], value["closes"])}
    # Hours that have nothing in common with the locked ones are no way around them.
    return both if both["opens"] < both["closes"] else locked


def _school_days(locked: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    extra = {*locked["extra"], *value["extra"]}
    return {
        "weekdays": sorted({*locked["weekdays"], *value["weekdays"]}),
        "closed": sorted(set(locked["closed"]) & set(value["closed"]) - extra),
        "extra": sorted(extra),
    }


def _signers(locked: list[str], value: list[str]) -> list[str]:
    # Signers that have nothing in common with the locked ones are no way around them.
    return sorted(set(locked) & set(value), key=SIGNERS.index) or locked


def _moments(locked: list[int], value: list[int]) -> list[int]:
    return sorted({*locked, *value}, reverse=True)


QUIET = Order(_fields({"since": min, "until": max}), "时间更长为严", "longer hours are tighter")
LOWER = Order(min, "越低越严", "lower is tighter")
HIGHER = Order(max, "越高越严", "higher is tighter")
REQUIRED = Order(max, "要求启用为严", "asking for it is tighter")
EARLIER = Order(_earlier, "越早越严", "earlier is tighter")
FIXED = Order(lambda locked, _value: locked, "锁定后不得改动", "once locked it may not differ")
THRESHOLDS = Order(_thresholds, "每个部位越低越严", "lower is tighter, at each site")
SLOTS = Order(_slots, "时段更多、截止更早为严", "more slots and earlier deadlines are tighter")
AREAS = Order(_areas, "地区更多、时间更长为严", "more areas and longer times are tighter")
CHAIN = Order(_chain, "环节更多、审批人更少为严", "more steps, and fewer who may decide, are tighter")
HOURS = Order(_hours, "时间更短为严", "shorter hours are tighter")
SCHOOL_DAYS = Order(_school_days, "上报日更多为严", "more days are tighter")
SIGNERS_ORDER = Order(_signers, "签报人范围更小为严", "fewer who may sign are tighter")
MOMENTS = Order(_moments, "提醒更多为严", "more reminders are tighter")
CLUSTER = Order(
    _fields({"in_one_day": min, "in_days": min, "days": max}),
    "例数更少、天数更长为严",
    "fewer cases and more days are tighter",
)
REMINDERS = Order(
    _fields({"guardians_before": max, "teacher_after": min, "principal_after": min, "office_after": min}),
    "提醒更早为严",
    "earlier reminders are tighter",
)


def superset(words: tuple[str, ...]) -> Order:
    """More of ``words`` is tighter."""
    return Order(_union(words), "项目更多为严", "more of them is tighter")
