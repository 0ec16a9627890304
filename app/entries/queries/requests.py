"""Statements on requests and their persons."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, case, desc, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.entries.models import EntryPerson, EntryRequest, EntryStep, EntryVote, RequestState, StepState
from app.kernel.workflow import Decision
from app.people.models import Person, PersonKind, PersonState


def enrolled(statement: Select[Person], institution_id: int, ids: Collection[int]) -> Select[Person]:
    """Of some persons those of a school with these ids, as far as they have not left."""
    return statement.where(
        Person.institution_id == institution_id, Person.id.in_(ids), Person.state == PersonState.ENROLLED
    ).order_by(Person.id)


def of_unit(statement: Select[Person], institution_id: int, unit_id: int) -> Select[Person]:
    """Of some persons those who stand in a class or department."""
    return statement.where(
        Person.institution_id == institution_id,
        Person.unit_id == unit_id,
        Person.state == PersonState.ENROLLED,
        Person.kind != PersonKind.HOUSEHOLD,
    ).order_by(Person.id)


def narrowed(
    statement: Select[EntryRequest], *, institution_id: int | None = None, state: RequestState | None = None
) -> Select[EntryRequest]:
    """Requests with the filters that have a value."""
    if institution_id is not None:
        statement = statement.where(EntryRequest.institution_id == institution_id)
    return statement if state is None else statement.where(EntryRequest.state == state)


def find(session: Session, institution_id: int, request_id: int, *, lock: bool = False) -> EntryRequest | None:
    """A request of a school in scope; ``lock``: against all other moves of it until the commit."""
    statement = select(EntryRequest).where(EntryRequest.institution_id == institution_id, EntryRequest.id == request_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def by_ticket(session: Session, institution_id: int, fingerprint: bytes, *, lock: bool = False) -> EntryRequest | None:
    """The request that a visitor follows."""
    statement = select(EntryRequest).where(
        EntryRequest.institution_id == institution_id, EntryRequest.ticket_fingerprint == fingerprint
    )
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def persons(session: Session, institution_id: int, request_id: int) -> Sequence[EntryPerson]:
    """The persons of a request, in the order in which they were named."""
    return session.scalars(
        select(EntryPerson)
        .where(EntryPerson.institution_id == institution_id, EntryPerson.request_id == request_id)
        .order_by(EntryPerson.id)
    ).all()


def awaiting(
    statement: Select[EntryRequest],
    institution_id: int,
    roles: Collection[str],
    unit_ids: Collection[int],
    account_id: int | None,
) -> Select[EntryRequest]:
    """Of some requests those whose open step is for one of these roles and has not heard this account.

    Homeroom teachers are asked for their classes alone.
    """
    others = [one for one in roles if one != Role.HOMEROOM_TEACHER]
    own_class = and_(EntryStep.roles.contains([Role.HOMEROOM_TEACHER.value]), EntryRequest.unit_id.in_(unit_ids))
    heard = select(EntryVote.id).where(
        EntryVote.institution_id == EntryStep.institution_id,
        EntryVote.step_id == EntryStep.id,
        EntryVote.account_id == account_id,
    )
    return statement.join(
        EntryStep,
        and_(
            EntryStep.institution_id == EntryRequest.institution_id,
            EntryStep.request_id == EntryRequest.id,
            EntryStep.state == StepState.OPEN,
            EntryStep.office_id == institution_id,
            or_(EntryStep.roles.overlap(others), own_class),
            ~heard.exists(),
        ),
    )


def people_of(session: Session, found: Collection[EntryRequest]) -> Mapping[int, Any]:
    """For each request, by id: how many ask (``people``), how many are ``held_back``, the ``name`` that comes first."""
    names = func.array_agg(aggregate_order_by(EntryPerson.name, EntryPerson.id))
    rows = session.execute(
        select(
            EntryPerson.request_id,
            func.count().label("people"),
            func.count().filter(func.jsonb_array_length(EntryPerson.holds) > 0).label("held_back"),
            names[1].label("name"),
        )
        .where(
            EntryPerson.institution_id.in_({one.institution_id for one in found}),
            EntryPerson.request_id.in_([one.id for one in found]),
        )
        .group_by(EntryPerson.request_id)
    )
    return {row.request_id: row for row in rows}


def open_steps(session: Session, found: Collection[EntryRequest]) -> Mapping[int, EntryStep]:
    """The step of each request that is to be decided now, by the request's id."""
    rows = session.scalars(
        select(EntryStep).where(
            EntryStep.institution_id.in_({one.institution_id for one in found}),
            EntryStep.request_id.in_([one.id for one in found]),
            EntryStep.state == StepState.OPEN,
        )
    )
    return {row.request_id: row for row in rows}


def last_reason(session: Session, institution_id: int, request_id: int) -> str | None:
    """The reason that was given with the last move of a request."""
    return session.scalar(
        select(Decision.reason)
        .where(
            Decision.institution_id == institution_id,
            Decision.subject == EntryRequest.__tablename__,
            Decision.subject_id == str(request_id),
        )
        .order_by(desc(Decision.id))
        .limit(1)
    )


def accounts_of(session: Session, institution_id: int, person_ids: Collection[int]) -> dict[int, int]:
    """The account by which each person is reached: their own, else a guardian's; who has none is left out."""
    own_last = case((Membership.role == Role.GUARDIAN, 0), else_=1)
    rows = session.execute(
        select(Membership.person_id, Membership.account_id)
        .where(
            Membership.institution_id == institution_id,
            Membership.person_id.in_(person_ids),
            Membership.role.in_((Role.STAFF, Role.STUDENT, Role.GUARDIAN)),
            Membership.ended_at.is_(None),
        )
        .order_by(own_last, Membership.id.desc())
    )
    # The last of a person's rows stays: their own account, else the guardian who has been one for longest.
    return {row.person_id: row.account_id for row in rows}


def names(session: Session, institution_id: int, person_ids: Collection[int]) -> dict[int, str]:
    """The names of some persons of a school, leavers included."""
    rows = session.execute(
        select(Person.id, Person.name).where(Person.institution_id == institution_id, Person.id.in_(person_ids))
    )
    return {row.id: row.name for row in rows}
