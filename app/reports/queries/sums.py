"""Sums over what was sent, and over what was owed: of a subtree, by child. Nothing of it is stored."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    DateTime,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.institutions.models import InstitutionKind
from app.reports.models import DailyReport, ReportRevision
from app.reports.queries.reports import known
from app.rollups.metrics import METRICS

FIGURES = tuple(metric.name for metric in METRICS)
_ID: BindParameter[int] = bindparam("id", type_=BigInteger)
_ON: BindParameter[date] = bindparam("on", type_=Date)
_AT: BindParameter[datetime] = bindparam("at", type_=DateTime(timezone=True))


def of_schools(
    session: Session, lineage: Sequence[int], day: date, known_at: datetime | None
) -> dict[int | None, dict[str, int]]:
    """By child (None: the institution itself): what the schools there have sent, summed, and how many owe it still."""
    found: dict[int | None, dict[str, int]] = {}
    values = {"id": lineage[-1], "on": day, "at": known_at}
    for statement in (_sent(len(lineage), now=known_at is None), _out(len(lineage), now=known_at is None)):
        for row in session.execute(statement, values).mappings():
            counts = found.setdefault(row["child"], {})
            counts.update({name: number for name, number in row.items() if name != "child"})
    return found


# Made once: putting these together costs more than running them does on a county's rows.


@lru_cache
def _sent(depth: int, *, now: bool) -> Select[*tuple[Any, ...]]:
    model = ReportRevision
    returned = model.returned_at.is_not(None) if now else model.returned_at <= _AT
    return _schools_below(
        model,
        depth,
        func.count().label("sent"),
        func.count().filter(model.owed).label("owed_sent"),
        func.count().filter(model.on_time).label("on_time"),
        func.count().filter(model.zero).label("zero"),
        func.count().filter(returned).label("returned"),
        *(func.sum(getattr(model, name)).cast(BigInteger).label(name) for name in FIGURES),
    ).where(known(None if now else _AT))


@lru_cache
def _out(depth: int, *, now: bool) -> Select[*tuple[Any, ...]]:
    # Of the schools alone that have not sent by then: late in the day these are few, and an index finds them.
    out = DailyReport.sent_at.is_(None)
    missing = func.count().filter(DailyReport.owed).label("missing")
    return _schools_below(DailyReport, depth, missing).where(out if now else or_(out, DailyReport.sent_at > _AT))


def _schools_below(
    model: type[ReportRevision | DailyReport], depth: int, *counts: ColumnElement[int]
) -> Select[*tuple[Any, ...]]:
    child = _child(model.lineage, depth).label("child")
    below = (model.day == _ON, model.kind == InstitutionKind.SCHOOL, model.lineage.any_() == _ID)
    return select(child, *counts).where(*below).group_by(child)


def rates(
    session: Session, lineage: Sequence[int], since: date, until: date, at: datetime
) -> dict[int | None, dict[str, Any]]:
    """By child: reports of a period whose cut-off has passed or that were sent; how many sent, how many in time.

    All as it was at a moment.
    """
    values = {"id": lineage[-1], "since": since, "until": until, "at": at}
    return {row["child"]: dict(row) for row in session.execute(_rates(len(lineage)), values).mappings()}


@lru_cache
def _rates(depth: int) -> Select[*tuple[Any, ...]]:
    model = DailyReport
    child = _child(model.lineage, depth).label("child")
    period = model.day.between(bindparam("since", type_=Date), bindparam("until", type_=Date))
    return (
        select(
            child,
            func.count().label("owed"),
            func.count().filter(model.sent_at <= _AT).label("sent"),
            func.count().filter(model.sent_at <= _AT, model.sent_at <= model.due_at).label("on_time"),
        )
        .where(period, model.owed, or_(model.due_at <= _AT, model.sent_at <= _AT), model.lineage.any_() == _ID)
        .group_by(child)
    )


def _child(column: InstrumentedAttribute[list[int]], depth: int) -> ColumnElement[int]:
    # Where the root of the subtree has always stood as deep as today, and else where it is found.
    return case((column[depth] == _ID, column[depth + 1]), else_=column[func.array_position(column, _ID) + 1])
