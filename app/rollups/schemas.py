"""Figures as they are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from app.institutions.models import InstitutionKind, UnitKind
from app.kernel.schemas import Day, Schema
from app.rollups.metrics import MISSING, Leaf, State


class MetricOut(Schema):
    """What a figure counts and where it comes from."""

    name: str
    leaf: Leaf
    zh: str
    en: str
    fed_by: str
    unit: str
    case: bool = Field(description="more than none of it makes a day one with cases")


class Rate(Schema):
    """A rate with the figures that it rests on."""

    numerator: int
    denominator: int
    percent: float | None = Field(description="rounded down to 0.1, so that 100 means all; null when nothing is due")

    @classmethod
    def of(cls, numerator: int, denominator: int) -> "Rate":
        """``numerator`` of ``denominator``."""
        return cls(**rate(numerator, denominator))


def rate(numerator: int, denominator: int) -> dict[str, Any]:
    """The members of a `Rate`."""
    percent = min(1000, numerator * 1000 // denominator) / 10 if denominator > 0 else None
    return {"numerator": numerator, "denominator": denominator, "percent": percent}


class SchoolStates(Schema):
    """How many schools are in each state; together, all that stood there on the day."""

    cases: int = Field(description="reported, with cases")
    zero: int = Field(description="reported, without a case")
    missing: int = Field(description="nothing received, though somebody is due")
    nothing_due: int = Field(description="nothing received, and nobody is due")


class Figures(Schema):
    """All figures of a place; ``counts`` are keyed by the names of `GET /metrics`."""

    counts: dict[str, int | None] = Field(
        description="null: suppressed, and named in `suppressed`; neither none nor missing",
        examples=[{"due": 40, "reported": 38, "fever": 1, "missing": 2}],
    )
    completeness: Rate = Field(description="reported, of those due")
    timeliness: Rate = Field(description="reported in time, of those reported")
    state: State
    suppressed: list[str] = Field(
        description="figures hidden from this caller, who may not see the persons: small ones, where the policy "
        "`small_cells_below` asks for it, and those that would give them away"
    )


class SubtreeFigures(Figures):
    """Figures of an institution with all below it."""

    institution_id: int
    schools: SchoolStates | None = Field(description="null where figures of cases are suppressed")


class FiguresOut(SubtreeFigures):
    """The figures of one day."""

    day: date


class ChildFigures(SubtreeFigures):
    """One part of an institution's figures; where ``itself`` is true, those of its own, below no child."""

    name: str = Field(description="— where it stands outside of the caller's reach today")
    kind: InstitutionKind | None
    itself: bool


class ChildrenFiguresOut(Schema):
    """The parts of an institution's figures on a day: they add up to the whole."""

    institution_id: int
    day: date
    items: list[ChildFigures]


class UnitFigures(Figures):
    """Figures of a unit; ``unit_id`` is null for persons in none and for household members."""

    unit_id: int | None
    name: str | None
    kind: UnitKind | None


class UnitsFiguresOut(Schema):
    """The parts of a school's own figures that the caller may see."""

    institution_id: int
    day: date
    items: list[UnitFigures]


class DayFigures(Figures):
    """One day of a trend."""

    day: date


class TrendOut(Schema):
    """Every day of a span, also those on which nothing happened."""

    institution_id: int
    items: list[DayFigures]


class RecountIn(Schema):
    """The day to count."""

    day: Day


class DriftOut(Schema):
    """A stored figure that its rows do not bear out; ``unit_id`` is null for the school's own leaf."""

    institution_id: int
    day: date
    unit_id: int | None
    metric: str
    stored: int
    counted: int


class RecountOut(Schema):
    """What a recount has found; empty when all is well."""

    items: list[DriftOut]


@dataclass(frozen=True, slots=True)
class Drift:
    """A stored figure that its rows do not bear out; ``unit_id`` None: the school's own leaf."""

    institution_id: int
    day: date
    unit_id: int | None
    metric: str
    stored: int
    counted: int


def counted(stored: Mapping[str, int], hidden: frozenset[str]) -> dict[str, Any]:
    """The members of `Figures` that follow from summed counts, some of them ``hidden``."""
    counts = {**stored, MISSING.name: stored["due"] - stored["reported"]}
    return {
        "counts": {name: None if name in hidden else count for name, count in counts.items()} if hidden else counts,
        "suppressed": sorted(hidden),
        "completeness": rate(counts["reported"], counts["due"]),
        "timeliness": rate(counts["reported"] - counts["late"], counts["reported"]),
    }
