"""Every figure, declared once: its name, what it counts, and where its leaf is kept.

A feature adds a line here, a column by migration, and says in its ``service`` how the figure is recounted from its
rows; endpoints, trends, exports and charts follow the table.
"""

from dataclasses import dataclass
from enum import StrEnum


class Leaf(StrEnum):
    """ROLL figures hold from a day until they change; DAY figures belong to one day; DERIVED ones are not stored."""

    ROLL = "roll"
    DAY = "day"
    DERIVED = "derived"


class State(StrEnum):
    """What a day looks like: with cases, with readings but no case, without a reading, with nobody to ask.

    SUPPRESSED: whether there are cases is hidden from this caller; no school is in it.
    """

    CASES = "cases"
    ZERO = "zero"
    MISSING = "missing"
    NOTHING_DUE = "nothing_due"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Metric:
    """A counted figure; the unit is always persons unless ``unit`` says otherwise.

    ``case``: more than none of it makes a day one with cases. ``fed_by`` names who can recount it.
    """

    name: str
    leaf: Leaf
    zh: str
    en: str
    fed_by: str
    unit: str = "persons"
    case: bool = False


UNITS = "institutions"  # who feeds the figures of units themselves

METRICS: tuple[Metric, ...] = (
    Metric("on_roll", Leaf.ROLL, "在册人数", "on roll", "people"),
    Metric("due", Leaf.ROLL, "应报人数", "due to check in", "people"),
    Metric("units", Leaf.ROLL, "单元数", "units", UNITS, unit="units"),
    Metric("units_uncovered", Leaf.ROLL, "无责任人单元", "units nobody answers for", UNITS, unit="units"),
    Metric("persons_uncovered", Leaf.ROLL, "未纳入网格人数", "persons in no unit", "people"),
    Metric("reported", Leaf.DAY, "已报人数", "checked in", "checkins"),
    Metric("normal", Leaf.DAY, "正常", "normal", "checkins"),
    Metric("attention", Leaf.DAY, "需关注", "needs attention", "checkins", case=True),
    Metric("fever", Leaf.DAY, "发热", "fever", "checkins", case=True),
    Metric("symptoms", Leaf.DAY, "有症状", "with symptoms", "checkins", case=True),
    Metric("not_measured", Leaf.DAY, "未测温", "not measured", "checkins"),
    Metric("late", Leaf.DAY, "迟报", "late", "checkins"),
    Metric("household_reported", Leaf.DAY, "共同居住人已报", "household members checked in", "checkins"),
    Metric("household_fever", Leaf.DAY, "共同居住人发热", "household members with fever", "checkins", case=True),
    Metric("entries", Leaf.DAY, "入校人次", "entries", "gates", unit="times"),
    Metric("exits", Leaf.DAY, "离校人次", "exits", "gates", unit="times"),
    Metric("turned_away", Leaf.DAY, "劝返人次", "turned away at the gate", "gates", unit="times"),
)
MISSING = Metric("missing", Leaf.DERIVED, "未报人数", "not checked in: due less checked in", "rollups")

ROLL_METRICS = tuple(metric for metric in METRICS if metric.leaf is Leaf.ROLL)
DAY_METRICS = tuple(metric for metric in METRICS if metric.leaf is Leaf.DAY)
CASE_METRICS = tuple(metric for metric in METRICS if metric.case)
SHOWN = (*METRICS, MISSING)
BY_NAME = {metric.name: metric for metric in SHOWN}
