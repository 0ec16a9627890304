"""Statements on failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.reports.models import FailureKind, FailureState, ReportFailure

_WAITING = (FailureState.FOUND, FailureState.EXPLAINED)
_DECIDED = (FailureState.UPHELD, FailureState.DROPPED)


@dataclass(frozen=True)
class WantedFailures:
    """Which failures are looked for; ``decided``: upheld or dropped, or else those that wait for it."""

    since: date | None = None
    until: date | None = None
    kind: FailureKind | None = None
    state: FailureState | None = None
    decided: bool | None = None


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """Keep failures that are not known yet; institution, id, kind and report of those that were new."""
    if not rows:
        return []
    known = insert(ReportFailure).on_conflict_do_nothing()
    model = ReportFailure
    return session.execute(
        known.returning(model.institution_id, model.id, model.kind, model.report_id), list(rows)
    ).all()


def undecided(session: Session, institution_id: int, report_id: int, kind: FailureKind) -> ReportFailure | None:
    """The failure of that kind of a report, unless it was decided on."""
    return session.scalars(
        select(ReportFailure).where(
            ReportFailure.institution_id == institution_id,
            ReportFailure.report_id == report_id,
            ReportFailure.kind == kind,
            ReportFailure.state.in_(_WAITING),
        )
    ).one_or_none()


def listed(
    statement: Select[ReportFailure], institution_id: int, since: date, until: date, wanted: WantedFailures
) -> Select[ReportFailure]:
    """Narrow a select to the failures of an institution and of all that stood below it, in a period."""
    statement = statement.where(ReportFailure.lineage.any_() == institution_id, ReportFailure.day.between(since, until))
    if wanted.kind is not None:
        statement = statement.where(ReportFailure.kind == wanted.kind)
    if wanted.state is not None:
        statement = statement.where(ReportFailure.state == wanted.state)
    if wanted.decided is None:
        return statement
    return statement.where(ReportFailure.state.in_(_DECIDED if wanted.decided else _WAITING))
