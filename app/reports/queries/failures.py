"""Statements on failures."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.reports.models import FailureKind, FailureState, ReportFailure


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
            ReportFailure.state.in_((FailureState.FOUND, FailureState.EXPLAINED)),
        )
    ).one_or_none()


def listed(
    statement: Select[ReportFailure],
    institution_id: int,
    since: date,
    until: date,
    *,
    kind: FailureKind | None,
    state: FailureState | None,
) -> Select[ReportFailure]:
    """Narrow a select to the failures of an institution and of all that stood below it, in a period."""
    statement = statement.where(ReportFailure.lineage.any_() == institution_id, ReportFailure.day.between(since, until))
    if kind is not None:
        statement = statement.where(ReportFailure.kind == kind)
    return statement if state is None else statement.where(ReportFailure.state == state)
