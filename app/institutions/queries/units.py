"""Statements on units, who answers for them, and how members are called."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.identity.models import Account, AccountState
from app.institutions.models import MemberName, Unit, UnitKind


def find_unit(session: Session, institution_id: int, unit_id: int) -> Unit | None:
    """A unit of one school."""
    return session.get(Unit, (institution_id, unit_id))


def open_units(session: Session, institution_id: int) -> Sequence[Unit]:
    """All open units of a school, in the order in which they were made."""
    return session.scalars(
        select(Unit).where(Unit.institution_id == institution_id, Unit.closed_on.is_(None)).order_by(Unit.id)
    ).all()


def narrowed(
    statement: Select[Unit], institution_id: int, *, kind: UnitKind | None, parent_id: int | None, closed: bool
) -> Select[Unit]:
    """Units of one school with the filters that have a value; closed ones only where asked for."""
    statement = statement.where(Unit.institution_id == institution_id)
    if kind is not None:
        statement = statement.where(Unit.kind == kind)
    if parent_id is not None:
        statement = statement.where(Unit.parent_id == parent_id)
    return statement if closed else statement.where(Unit.closed_on.is_(None))


def count_parts(session: Session, unit: Unit) -> int:
    """How many open units stand in this one."""
    return session.scalars(
        select(func.count()).where(
            Unit.institution_id == unit.institution_id, Unit.parent_id == unit.id, Unit.closed_on.is_(None)
        )
    ).one()


def clear_responsible(session: Session, institution_id: int, account_id: int, unit_id: int | None) -> bool:
    """Take an account off the units for which it answers (one, or all); whether there were any."""
    statement = update(Unit).where(Unit.institution_id == institution_id, Unit.responsible_account_id == account_id)
    if unit_id is not None:
        statement = statement.where(Unit.id == unit_id)
    changed = session.scalars(
        statement.values(responsible_account_id=None, version=Unit.version + 1)
        .returning(Unit.id)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.all())


def staff_here(session: Session, institution_id: int, account_id: int, roles: Collection[Role]) -> Sequence[Membership]:
    """The standing memberships of an account in an institution that are of ``roles``."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            Membership.account_id == account_id,
            Membership.role.in_(roles),
            Membership.ended_at.is_(None),
        )
    ).all()


def homeroom_of(session: Session, institution_id: int, unit_id: int) -> Sequence[Membership]:
    """Who stands as homeroom teacher of a class."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            Membership.unit_id == unit_id,
            Membership.role == Role.HOMEROOM_TEACHER,
            Membership.ended_at.is_(None),
        )
    ).all()


def count_of_role(session: Session, institution_id: int, role: Role) -> int:
    """How many accounts hold a role in an institution."""
    return session.scalars(
        select(func.count()).where(
            Membership.institution_id == institution_id, Membership.role == role, Membership.ended_at.is_(None)
        )
    ).one()


def members(statement: Select[Membership], institution_id: int, roles: Collection[Role]) -> Select[Membership]:
    """Standing memberships of one institution that are of ``roles``."""
    return statement.where(
        Membership.institution_id == institution_id, Membership.role.in_(roles), Membership.ended_at.is_(None)
    )


def roles_of(statement: Select[Membership], account_id: int) -> Select[Membership]:
    """Standing memberships of one account."""
    return statement.where(Membership.account_id == account_id, Membership.ended_at.is_(None))


def accounts(session: Session, ids: Collection[int]) -> Mapping[int, tuple[str | None, bool]]:
    """The masked phone of each account, and whether it is disabled."""
    rows = session.execute(select(Account.id, Account.phone_masked, Account.state).where(Account.id.in_(ids)))
    return {row.id: (row.phone_masked, row.state is AccountState.DISABLED) for row in rows}


def callings(session: Session, institution_id: int, accounts: Collection[int]) -> Mapping[int, str]:
    """How the institution calls the holders of accounts; those whom it calls nothing are left out.

    Apart from `accounts`: accounts stand on the coordinator, these names with their institution.
    """
    rows = session.execute(
        select(MemberName.account_id, MemberName.name).where(
            MemberName.institution_id == institution_id, MemberName.account_id.in_(accounts)
        )
    )
    return {row.account_id: row.name for row in rows}


def call(session: Session, institution_id: int, account_id: int, name: str) -> None:
    """Keep how the institution calls the holder of an account."""
    statement = upsert(MemberName).values(institution_id=institution_id, account_id=account_id, name=name)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["institution_id", "account_id"], set_={"name": statement.excluded.name}
        )
    )
