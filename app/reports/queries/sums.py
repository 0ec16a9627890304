"""Sums over what was sent, and over what was owed: of a subtree, by child. Nothing of it is stored."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.institutions.models import InstitutionKind
from app.reports.models import DailyReport, ReportRevision, ReportState
from app.reports.queries.reports import known
from app.rollups.metrics import METRICS

FIGURES = tuple(metric.name for metric in METRICS)
_Lineage = InstrumentedAttribute[list[int]]


def of_schools(
    session: Session, lineage: Sequence[int], day: date, known_at: datetime | None
) -> dict[int | None, dict[str, int]]:
    """By child (None: the institution itself): what the schools there have sent, summed, and how many have."""
    model = ReportRevision
    child = _child(model.lineage, lineage)
    statement = (
        select(
            child.label("child"),
            func.count().label("sent"),
            func.count().filter(model.on_time).label("on_time"),
            func.count().filter(model.zero).label("zero"),
            *(func.sum(getattr(model, name)).cast(BigInteger).label(name) for name in FIGURES),
        )
        .where(
            model.day == day,
            model.kind == InstitutionKind.SCHOOL,
            model.lineage.any_() == lineage[-1],
            known(known_at),
        )
        .group_by(child)
    )
    return {row["child"]: dict(row) for row in session.execute(statement).mappings()}


def owed_by_schools(session: Session, lineage: Sequence[int], day: date) -> dict[int | None, dict[str, int]]:
    """By child: how many schools there owe a report of a day, and how many of these were sent back."""
    model = DailyReport
    child = _child(model.lineage, lineage)
    statement = (
        select(
            child.label("child"),
            func.count().filter(model.owed).label("owed"),
            func.count().filter(model.state == ReportState.RETURNED).label("returned"),
        )
        .where(model.day == day, model.kind == InstitutionKind.SCHOOL, model.lineage.any_() == lineage[-1])
        .group_by(child)
    )
    return {row["child"]: dict(row) for row in session.execute(statement).mappings()}


def rates(
    session: Session, lineage: Sequence[int], since: date, until: date, moment: datetime
) -> dict[int | None, dict[str, Any]]:
    """By child: reports of a period whose cut-off has passed or that were sent; how many sent, how many in time."""
    model = DailyReport
    child = _child(model.lineage, lineage)
    statement = (
        select(
            child.label("child"),
            func.count().label("owed"),
            func.count(model.sent_at).label("sent"),
            func.count().filter(model.sent_at <= model.due_at).label("on_time"),
        )
        .where(
            model.day.between(since, until),
            model.owed,
            (model.due_at <= moment) | model.sent_at.is_not(None),
            model.lineage.any_() == lineage[-1],
        )
        .group_by(child)
    )
    return {row["child"]: dict(row) for row in session.execute(statement).mappings()}


def _child(column: _Lineage, lineage: Sequence[int]) -> ColumnElement[int]:
    # Where the root of the subtree has always stood as deep as today, and else where it is found.
    depth, root = len(lineage), literal(lineage[-1], BigInteger)
    return case((column[depth] == root, column[depth + 1]), else_=column[func.array_position(column, root) + 1])
