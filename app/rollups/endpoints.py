"""Figures over HTTP."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.kernel import clock, replica
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.schemas import Code, Day, PathId
from app.rollups import service
from app.rollups.schemas import (
    ChildrenFiguresOut,
    FiguresOut,
    MetricOut,
    RecountIn,
    RecountOut,
    TrendOut,
    UnitsFiguresOut,
)

router = APIRouter(route_class=RepeatableRoute, tags=["figures"])

OnDay = Annotated[Day | None, Query(description="school day in Shanghai; today by default")]
Reader = Annotated[Actor, Allow(Action.ROLLUPS_READ)]


def _reading(session: UnitOfWork, _bound: Reader) -> Iterator[Session]:
    with replica.reading(session) as chosen:
        yield chosen


Reading = Annotated[Session, Depends(_reading, scope="function")]


@router.get("/metrics", operation_id="list_metrics")
def list_metrics(_actor: Reader) -> list[MetricOut]:
    """Every figure: its name, what it counts, and where it comes from."""
    return service.list_metrics()


@router.get("/institutions/{institution_id}/figures", operation_id="read_figures")
def read_figures(institution_id: PathId, session: Reading, actor: Reader, day: OnDay = None) -> FiguresOut:
    """The figures of an institution with all below it, exact to the last acknowledged reading."""
    return service.read_figures(session, actor, institution_id, day)


@router.get("/institutions/{institution_id}/figures/children", operation_id="list_children_figures")
def list_children_figures(
    institution_id: PathId,
    session: Reading,
    actor: Reader,
    *,
    day: OnDay = None,
    sort: Annotated[Code | None, Query(description="a figure; with `-` before it, the largest first")] = None,
) -> ChildrenFiguresOut:
    """The parts of these figures at the next level, all of them: they add up to the whole."""
    return service.children_figures(session, actor, institution_id, day, sort)


@router.get("/institutions/{institution_id}/figures/units", operation_id="list_unit_figures")
def list_unit_figures(institution_id: PathId, session: Reading, actor: Reader, day: OnDay = None) -> UnitsFiguresOut:
    """The parts inside a school: its units, and those who stand in none; a homeroom teacher sees the own class."""
    return service.unit_figures(session, actor, institution_id, day)


@router.get("/institutions/{institution_id}/figures/trend", operation_id="read_trend")
def read_trend(
    institution_id: PathId,
    session: Reading,
    actor: Reader,
    since: Annotated[Day, Query(alias="from", description="first day")],
    until: Annotated[Day | None, Query(alias="to", description="last day; today by default")] = None,
) -> TrendOut:
    """The figures of each day of a span of at most 92 days."""
    return service.trend(session, actor, institution_id, since, until or clock.today())


@router.post("/institutions/{institution_id}/recounts", operation_id="recount_figures")
def recount_figures(
    institution_id: PathId,
    body: RecountIn,
    session: UnitOfWork,
    actor: Annotated[Actor, Allow(Action.ROLLUPS_RECOUNT)],
) -> RecountOut:
    """Count a school's figures of a day from its rows and say where what is stored differs; repairs nothing."""
    return service.recount_as(session, actor, institution_id, body.day)
