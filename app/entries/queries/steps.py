"""Statements on steps, votes and delegations."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.entries.models import EntryDelegation, EntryStep, EntryVote, StepState
from app.institutions.models import Institution


def of_request(session: Session, institution_id: int, request_id: int) -> Sequence[EntryStep]:
    """All steps of a request, in their order; those of earlier rounds first."""
    return session.scalars(
        select(EntryStep)
        .where(EntryStep.institution_id == institution_id, EntryStep.request_id == request_id)
        .order_by(EntryStep.round, EntryStep.place)
        .execution_options(populate_existing=True)
    ).all()


def votes(session: Session, institution_id: int, step_ids: Collection[int]) -> Sequence[EntryVote]:
    """What was said to some steps, in order."""
    return session.scalars(
        select(EntryVote)
        .where(EntryVote.institution_id == institution_id, EntryVote.step_id.in_(step_ids))
        .order_by(EntryVote.id)
    ).all()


def find(session: Session, step_id: int) -> EntryStep | None:
    """A step of whatever school the scope shows."""
    return session.scalars(select(EntryStep).where(EntryStep.id == step_id)).one_or_none()


def before(statement: Select[EntryStep], office_id: int, roles: Collection[str] | None = None) -> Select[EntryStep]:
    """Of some steps those that are open before an office, for one of ``roles`` where given."""
    statement = statement.where(EntryStep.office_id == office_id, EntryStep.state == StepState.OPEN)
    return statement if roles is None else statement.where(EntryStep.roles.overlap(list(roles)))


def school_names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """What the schools are called that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    return {row.id: row.name for row in rows}


def all_steps() -> Select[EntryStep]:
    """Every step that the scope shows."""
    return select(EntryStep)


def holders(
    session: Session, institution_id: int, roles: Collection[Role], unit_id: int | None
) -> Sequence[tuple[Role, int]]:
    """(role, account) of those who hold some roles in an institution; a homeroom teacher's only of ``unit_id``."""
    rows = session.execute(
        select(Membership.role, Membership.account_id).where(
            Membership.institution_id == institution_id,
            Membership.role.in_(roles),
            Membership.ended_at.is_(None),
            or_(Membership.role != Role.HOMEROOM_TEACHER, Membership.unit_id == unit_id),
        )
    )
    return [(row.role, row.account_id) for row in rows]


def holds_role(session: Session, account_id: int, institution_id: int, role: Role, unit_id: int | None) -> bool:
    """Whether an account holds a role in an institution (of a unit) now."""
    return bool(_standing(session, account_id, institution_id, [role], unit_id))


def works_at(session: Session, account_id: int, institution_id: int, roles: Collection[Role]) -> bool:
    """Whether an account holds one of some roles in an institution now."""
    return bool(_standing(session, account_id, institution_id, roles, None))


def _standing(
    session: Session, account_id: int, institution_id: int, roles: Collection[Role], unit_id: int | None
) -> Sequence[int]:
    statement = select(Membership.id).where(
        Membership.account_id == account_id,
        Membership.institution_id == institution_id,
        Membership.role.in_(roles),
        Membership.ended_at.is_(None),
    )
    return session.scalars(statement if unit_id is None else statement.where(Membership.unit_id == unit_id)).all()


def delegations(statement: Select[EntryDelegation], institution_id: int) -> Select[EntryDelegation]:
    """Of some delegations those of an institution."""
    return statement.where(EntryDelegation.institution_id == institution_id)


def delegation(statement: Select[EntryDelegation], delegation_id: int) -> Select[EntryDelegation]:
    """Of some delegations one."""
    return statement.where(EntryDelegation.id == delegation_id)


def lasting(statement: Select[EntryDelegation], day: date) -> Select[EntryDelegation]:
    """Of some delegations those that hold on a day or after it."""
    return statement.where(EntryDelegation.until >= day, EntryDelegation.revoked_at.is_(None))
