"""Statements on reports and on what was sent of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.institutions.models import InstitutionKind
from app.reports.models import DailyReport, Outcome, ReportRevision, ReportSeal, ReportState

_CHAINS = 0x6C66_7273  # keeps these locks apart from other users of advisory locks


def find(session: Session, institution_id: int, day: date, *, lock: bool = False) -> DailyReport | None:
    """The report of an institution for a day."""
    statement = select(DailyReport).where(DailyReport.institution_id == institution_id, DailyReport.day == day)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def open_reports(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put reports on the books; what somebody else has put there stays."""
    session.execute(insert(DailyReport).on_conflict_do_nothing(), list(rows))


def of_day(session: Session, institutions: Collection[int], day: date) -> Mapping[int, DailyReport]:
    """The reports of some institutions for a day."""
    found = session.scalars(
        select(DailyReport).where(DailyReport.institution_id.in_(institutions), DailyReport.day == day)
    )
    return {one.institution_id: one for one in found}


def unsent(session: Session, institutions: Sequence[int], day: date) -> Sequence[DailyReport]:
    """The reports of some institutions of which nothing was sent yet, locked."""
    among = DailyReport.institution_id == func.any(literal(institutions, ARRAY(BigInteger)))
    return session.scalars(
        select(DailyReport)
        .where(DailyReport.day == day, DailyReport.sent_at.is_(None), among)
        .order_by(DailyReport.institution_id)
        .with_for_update()
    ).all()


def newest(
    session: Session, institutions: Collection[int], day: date, known_at: datetime | None = None
) -> Mapping[int, ReportRevision]:
    """The newest revisions of some institutions for a day, as known at a moment."""
    found = session.scalars(
        select(ReportRevision).where(
            ReportRevision.institution_id.in_(institutions), ReportRevision.day == day, known(known_at)
        )
    )
    return {one.institution_id: one for one in found}


def known(known_at: datetime | BindParameter[datetime] | None) -> ColumnElement[bool]:
    """Revisions that were the newest at a moment, or are now."""
    if known_at is None:
        return ReportRevision.known_to.is_(None)
    until = or_(ReportRevision.known_to.is_(None), ReportRevision.known_to > known_at)
    return and_(ReportRevision.known_from <= known_at, until)


def revisions(session: Session, institution_id: int, report_id: int) -> Sequence[ReportRevision]:
    """All that was sent of a report, the first first."""
    return session.scalars(
        select(ReportRevision)
        .where(ReportRevision.institution_id == institution_id, ReportRevision.report_id == report_id)
        .order_by(ReportRevision.number)
    ).all()


def with_revisions(
    session: Session, institutions: Collection[int], report_ids: Collection[int]
) -> tuple[Mapping[int, DailyReport], Mapping[int, list[ReportRevision]]]:
    """Some reports, and all that was sent of each, the first first."""
    of = DailyReport.institution_id.in_(institutions), DailyReport.id.in_(report_ids)
    sent_of = ReportRevision.institution_id.in_(institutions), ReportRevision.report_id.in_(report_ids)
    sent: dict[int, list[ReportRevision]] = {}
    for one in session.scalars(select(ReportRevision).where(*sent_of).order_by(ReportRevision.number)):
        sent.setdefault(one.report_id, []).append(one)
    return {one.id: one for one in session.scalars(select(DailyReport).where(*of))}, sent


def whole_chain(session: Session, institution_id: int) -> Sequence[ReportRevision]:
    """All that an institution has ever sent, in that order."""
    return session.scalars(
        select(ReportRevision)
        .join(ReportRevision.seal)
        .where(ReportRevision.institution_id == institution_id)
        .order_by(ReportSeal.chain)
    ).all()


def count_sent(session: Session, institution_id: int) -> int:
    """How many revisions an institution has sent, by what its reports say."""
    statement = select(func.coalesce(func.sum(DailyReport.number), 0))
    return session.scalars(statement.where(DailyReport.institution_id == institution_id)).one()


def lock_chain(session: Session, institution_id: int) -> Row[int, str] | None:
    """The number and the digest of what an institution has sent last, whatever the day; nobody else sends meanwhile."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(:space, hashint8(:id))"), {"space": _CHAINS, "id": institution_id}
    )
    return session.execute(
        select(ReportSeal.chain, ReportSeal.digest)
        .where(ReportSeal.institution_id == institution_id)
        .order_by(ReportSeal.chain.desc())
        .limit(1)
    ).one_or_none()


def digests(session: Session, institution_id: int, chains: Collection[int]) -> Mapping[int, str]:
    """The digests at some places of an institution's chain."""
    found = session.execute(
        select(ReportSeal.chain, ReportSeal.digest).where(
            ReportSeal.institution_id == institution_id, ReportSeal.chain.in_(chains)
        )
    )
    return {row.chain: row.digest for row in found}


def supersede(session: Session, institution_id: int, report_id: int, moment: datetime) -> None:
    """Let the newest revision of a report be the newest no longer."""
    _mark_newest(session, institution_id, report_id, known_to=moment)


def send_back(session: Session, institution_id: int, report_id: int, reason: str, moment: datetime) -> None:
    """Note on the newest revision of a report that it went back."""
    _mark_newest(session, institution_id, report_id, returned_at=moment, return_reason=reason)


def _mark_newest(session: Session, institution_id: int, report_id: int, **values: object) -> None:
    session.execute(
        update(ReportRevision)
        .where(
            ReportRevision.institution_id == institution_id,
            ReportRevision.report_id == report_id,
            ReportRevision.known_to.is_(None),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class Wanted:
    """Which reports: of a period, and of these only. ``overdue``: whose cut-off has passed by ``at``."""

    since: date
    until: date
    at: datetime
    state: ReportState | None = None
    kind: InstitutionKind | None = None
    outcome: Outcome | None = None
    owed: bool | None = None
    on_time: bool | None = None
    overdue: bool | None = None


def listed(institution_id: int, wanted: Wanted) -> Select[DailyReport]:
    """The reports of an institution and of all that stood below it."""
    asked: tuple[tuple[ColumnElement[Any], Any], ...] = (
        (DailyReport.state.expression, wanted.state),
        (DailyReport.kind.expression, wanted.kind),
        (DailyReport.owed.expression, wanted.owed),
        (DailyReport.sent_at <= DailyReport.due_at, wanted.on_time),
        (DailyReport.due_at <= wanted.at, wanted.overdue),
    )
    statement = select(DailyReport).where(
        DailyReport.lineage.any_() == institution_id,
        DailyReport.day.between(wanted.since, wanted.until),
        *(told == value for told, value in asked if value is not None),
    )
    return statement if wanted.outcome is None else statement.where(_came_to(wanted.outcome))


def _came_to(outcome: Outcome) -> ColumnElement[bool]:
    if outcome in {Outcome.MISSING, Outcome.NOTHING_OWED}:
        return and_(DailyReport.sent_at.is_(None), DailyReport.owed == (outcome is Outcome.MISSING))
    return exists().where(
        ReportRevision.institution_id == DailyReport.institution_id,
        ReportRevision.report_id == DailyReport.id,
        ReportRevision.zero == (outcome is Outcome.ZERO),
        known(None),
    )


def zeros(session: Session, found: Sequence[DailyReport]) -> Mapping[int, bool]:
    """Of those of some reports that were sent: whether the newest revision is a zero report."""
    rows = session.execute(
        select(ReportRevision.report_id, ReportRevision.zero).where(
            ReportRevision.institution_id.in_({one.institution_id for one in found}),
            ReportRevision.report_id.in_({one.id for one in found}),
            known(None),
        )
    )
    return {row.report_id: row.zero for row in rows}


def remind(session: Session, day: date, moment: datetime) -> Sequence[Row[int, int]]:
    """Count the reminders of a day that have come to pass; institution and id of each report that is still owed."""
    due = text("(SELECT count(*) FROM unnest(daily_report.reminders) one WHERE one <= :moment)").bindparams(
        moment=moment
    )
    return session.execute(
        update(DailyReport)
        .where(
            DailyReport.day == day,
            DailyReport.owed,
            DailyReport.state != ReportState.SENT,
            DailyReport.reminders[DailyReport.reminded + 1] <= moment,
        )
        .values(reminded=due)
        .returning(DailyReport.institution_id, DailyReport.id)
        .execution_options(synchronize_session=False)
    ).all()


def overdue(session: Session, days: Collection[date], moment: datetime) -> Sequence[DailyReport]:
    """The reports of some days of which nothing was sent by their cut-off."""
    return session.scalars(
        select(DailyReport).where(
            DailyReport.day.in_(days), DailyReport.owed, DailyReport.due_at <= moment, DailyReport.sent_at.is_(None)
        )
    ).all()


def sent_schools(session: Session, day: date) -> Sequence[int]:
    """The institutions in scope that have facts of their own and have sent a report of a day."""
    return session.scalars(
        select(ReportRevision.institution_id)
        .where(ReportRevision.day == day, known(None), ReportRevision.kind == InstitutionKind.SCHOOL)
        .order_by(ReportRevision.institution_id)
    ).all()
