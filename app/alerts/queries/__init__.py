"""Statements on what others have, for those who have to be told of it."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.alerts.models import ReminderDay
from app.bulletins.models import Bulletin, BulletinIssue
from app.closures.models import ClosureOrder, Venue
from app.entries.models import EntryRequest, EntryStep
from app.gates.models import EntryPass, GateEvent
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Unit
from app.people.models import Person
from app.reports.models import DailyReport, ReportFailure, ReportState


def place_of_person(session: Session, institution_id: int, person_id: int) -> Any:
    """(unit or None, what it or else the institution is called) of a person; of a household, those of its student."""
    ward = aliased(Person)
    return session.execute(
        select(ward.unit_id, func.coalesce(Unit.name, _called(institution_id)).label("name"))
        .select_from(Person)
        .join(ward, and_(ward.institution_id == Person.institution_id, ward.id == Person.ward_id))
        .outerjoin(Unit, and_(Unit.institution_id == ward.institution_id, Unit.id == ward.unit_id))
        .where(Person.institution_id == institution_id, Person.id == person_id)
    ).one_or_none()


def _called(institution_id: int) -> ScalarSelect[str]:
    # Apart from the rows beside it: Citus does not survive an outer join with the tree in it (docs/scaling.md).
    return select(Institution.name).where(Institution.id == institution_id).scalar_subquery()


def at_gate(session: Session, institution_id: int, event_id: UUID) -> Any:
    """(person or None, the venue's name) of something that happened at a gate."""
    return session.execute(
        select(GateEvent.person_id, Venue.name)
        .join(Venue, and_(Venue.institution_id == GateEvent.institution_id, Venue.id == GateEvent.venue_id))
        .where(GateEvent.institution_id == institution_id, GateEvent.id == event_id)
    ).one_or_none()


def stay(session: Session, institution_id: int, event_id: UUID) -> Any:
    """(the pass with its person, account, source and number, the place's name) of the stay that an event began."""
    same = GateEvent.institution_id
    return session.execute(
        select(
            EntryPass.id,
            EntryPass.person_id,
            EntryPass.account_id,
            EntryPass.source,
            EntryPass.source_id,
            func.coalesce(Venue.name, _called(institution_id)).label("place"),
        )
        .select_from(GateEvent)
        .join(EntryPass, and_(EntryPass.institution_id == same, EntryPass.id == GateEvent.pass_id))
        .outerjoin(Venue, and_(Venue.institution_id == same, Venue.id == GateEvent.area_id))
        .where(same == institution_id, GateEvent.id == event_id)
    ).one_or_none()


def step(session: Session, institution_id: int, step_id: int) -> Any:
    """(roles, the request, its unit and account, the end of its window) of a step."""
    asked = EntryRequest
    return session.execute(
        select(EntryStep.roles, EntryStep.request_id, asked.unit_id, asked.account_id, asked.valid_until)
        .join(
            EntryRequest,
            and_(EntryRequest.institution_id == EntryStep.institution_id, EntryRequest.id == EntryStep.request_id),
        )
        .where(EntryStep.institution_id == institution_id, EntryStep.id == step_id)
    ).one_or_none()


def asker(session: Session, institution_id: int, request_id: int) -> int | None:
    """The account that has asked for entry, if one has."""
    return session.scalars(
        select(EntryRequest.account_id).where(
            EntryRequest.institution_id == institution_id, EntryRequest.id == request_id
        )
    ).one_or_none()


def entry_pass(session: Session, institution_id: int, pass_id: int) -> EntryPass | None:
    """A pass."""
    return session.get(EntryPass, (institution_id, pass_id))


def closure_order(session: Session, institution_id: int, order_id: int) -> ClosureOrder | None:
    """An order."""
    return session.get(ClosureOrder, (institution_id, order_id))


def name_of(session: Session, institution_id: int) -> str:
    """What an institution is called."""
    return session.scalars(select(Institution.name).where(Institution.id == institution_id)).one()


def schools(session: Session, within_id: int | None = None) -> list[tuple[int, int]]:
    """(id, parent) of the open schools in scope, or of those within an institution."""
    statement = select(Institution.id, Institution.parent_id).where(
        Institution.kind == InstitutionKind.SCHOOL, Institution.state == InstitutionState.OPEN
    )
    if within_id is not None:
        statement = statement.where(Institution.lineage.contains([within_id]))
    return [(row.id, row.parent_id) for row in session.execute(statement.order_by(Institution.id))]


def children(session: Session, institution_id: int) -> list[int]:
    """The open institutions one level below."""
    return list(
        session.scalars(
            select(Institution.id).where(
                Institution.parent_id == institution_id, Institution.state == InstitutionState.OPEN
            )
        )
    )


def bulletin(session: Session, institution_id: int, bulletin_id: int) -> Bulletin | None:
    """A bulletin that is worked on."""
    return session.get(Bulletin, (institution_id, bulletin_id))


def bulletin_issue(session: Session, institution_id: int, issue_id: int) -> BulletinIssue | None:
    """What was issued."""
    return session.get(BulletinIssue, (institution_id, issue_id))


def unit_names(session: Session, institution_ids: Collection[int], unit_ids: Collection[int]) -> dict[int, str]:
    """The names of units."""
    rows = session.execute(
        select(Unit.id, Unit.name).where(Unit.institution_id.in_(institution_ids), Unit.id.in_(unit_ids))
    )
    return {row.id: row.name for row in rows}


def claim_day(session: Session, day: date, now: datetime) -> bool:
    """Be the one to plan a day; False where that was done."""
    made = session.execute(
        insert(ReminderDay).values(day=day, planned_at=now).on_conflict_do_nothing().returning(ReminderDay.day)
    )
    return bool(made.all())


def is_planned(session: Session, day: date) -> bool:
    """Whether a day was planned."""
    return session.get(ReminderDay, day) is not None


def daily_report(session: Session, institution_id: int, report_id: int) -> DailyReport | None:
    """A report."""
    return session.get(DailyReport, (institution_id, report_id))


def report_failure(session: Session, institution_id: int, failure_id: int) -> tuple[DailyReport, ReportFailure] | None:
    """A failure, with the report that it is about."""
    same = and_(DailyReport.institution_id == ReportFailure.institution_id, DailyReport.id == ReportFailure.report_id)
    found = session.execute(
        select(DailyReport, ReportFailure)
        .join(ReportFailure, same)
        .where(ReportFailure.institution_id == institution_id, ReportFailure.id == failure_id)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def reports_owed_to(session: Session, office_id: int, day: date, moment: datetime) -> int:
    """How many reports of a day an office should have by a moment and has not."""
    statement = select(func.count()).where(
        DailyReport.addressee_id == office_id,
        DailyReport.day == day,
        DailyReport.owed,
        DailyReport.state == ReportState.OWED,
        DailyReport.due_at <= moment,
    )
    return session.scalars(statement).one()
