"""Statements on memberships."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.kernel.bulk import insert_rows


def standing(session: Session, membership: Mapping[str, Any]) -> Membership | None:
    """The standing membership with these account, institution, role, unit and person."""
    return session.scalars(
        select(Membership).where(
            Membership.account_id == membership["account_id"],
            Membership.institution_id == membership["institution_id"],
            Membership.role == membership["role"],
            Membership.unit_id.is_not_distinct_from(membership.get("unit_id")),
            Membership.person_id.is_not_distinct_from(membership.get("person_id")),
            Membership.ended_at.is_(None),
        )
    ).one_or_none()


def standing_of_account(session: Session, account_id: int) -> Sequence[Membership]:
    """All standing memberships of an account."""
    return session.scalars(
        select(Membership)
        .where(Membership.account_id == account_id, Membership.ended_at.is_(None))
        .order_by(Membership.id)
    ).all()


def standing_in_institution(
    session: Session, institution_id: int, *, role: Role | None = None, unit_id: int | None = None
) -> Sequence[Membership]:
    """Standing memberships in an institution, of one role or unit where asked."""
    statement = select(Membership).where(Membership.institution_id == institution_id, Membership.ended_at.is_(None))
    if role is not None:
        statement = statement.where(Membership.role == role)
    if unit_id is not None:
        statement = statement.where(Membership.unit_id == unit_id)
    return session.scalars(statement.order_by(Membership.id)).all()


def holders(session: Session, institution_ids: Collection[int], roles: Collection[Role]) -> Sequence[Membership]:
    """Standing memberships of some roles in some institutions."""
    return session.scalars(
        select(Membership)
        .where(
            Membership.institution_id.in_(institution_ids), Membership.role.in_(roles), Membership.ended_at.is_(None)
        )
        .order_by(Membership.id)
    ).all()


def standing_for_person(session: Session, institution_id: int, person_id: int) -> Sequence[Membership]:
    """Standing memberships that hang on one person: guardians of a child, a person's own account."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
        )
    ).all()


def add_missing(session: Session, memberships: Sequence[Mapping[str, Any]]) -> None:
    """Insert memberships, all with the same keys; those that stand already are left as they are."""
    insert_rows(session, Membership, memberships, skip_known=True)


def end(session: Session, ids: Sequence[int], now: datetime) -> None:
    """End memberships that still stand."""
    session.execute(
        update(Membership)
        .where(Membership.id.in_(ids), Membership.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
