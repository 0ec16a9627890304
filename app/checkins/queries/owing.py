"""Statements on who owes a reading of a day and slot, for many schools at once; each names the day and the schools."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.checkins.models import CheckIn, Slot
from app.people.models import Standing
from app.rollups.models import NOBODY

# Who answers for a person's readings, and is asked for them.
_ANSWER = (Role.GUARDIAN, Role.STUDENT, Role.STAFF)


def accounts(session: Session, schools: Collection[int], day: date, slot: Slot) -> Sequence[Any]:
    """(institution, account) of those who answer for somebody who owes."""
    return session.execute(
        select(Standing.institution_id, Membership.account_id)
        .join(Membership, _answers())
        .where(Standing.institution_id.in_(schools), *_owes(day, slot))
        .distinct()
        .order_by(Standing.institution_id, Membership.account_id)
    ).all()


def missing(session: Session, institution_id: int, day: date, unit_id: int | None) -> Sequence[Any]:
    """(person, unit, account or None) of those of a school or class of whom nothing has come on a day.

    Once for each account that answers for the person.
    """
    statement = (
        select(Standing.person_id, Standing.unit_id, Membership.account_id)
        .outerjoin(Membership, _answers())
        .where(Standing.institution_id == institution_id, *_owes(day, None))
    )
    if unit_id is not None:
        statement = statement.where(Standing.unit_id == unit_id)
    return session.execute(statement.order_by(Standing.person_id, Membership.account_id)).all()


def counts(session: Session, schools: Collection[int], day: date, slot: Slot) -> Sequence[Any]:
    """(institution, unit or 0, how many are due, how many of them are missing), where anybody is missing."""
    unit = func.coalesce(Standing.unit_id, NOBODY).label("unit_id")
    missing = func.count().filter(~_has_reading(day, slot))
    return session.execute(
        select(Standing.institution_id, unit, func.count().label("due"), missing.label("missing"))
        .where(Standing.institution_id.in_(schools), Standing.due, *_on(day))
        .group_by(Standing.institution_id, unit)
        .having(missing > 0)
        .order_by(Standing.institution_id, unit)
    ).all()


def owes(session: Session, institution_id: int, account_id: int, day: date, slot: Slot | None) -> bool:
    """Whether an account answers for somebody of a school who owes; without a slot: of whom nothing has come."""
    found = (
        select(Standing.person_id)
        .join(Membership, _answers())
        .where(Standing.institution_id == institution_id, Membership.account_id == account_id, *_owes(day, slot))
    )
    return session.scalars(select(exists(found))).one()


def _answers() -> ColumnElement[bool]:
    return and_(
        Membership.institution_id == Standing.institution_id,
        Membership.person_id == Standing.person_id,
        Membership.role.in_(_ANSWER),
        Membership.ended_at.is_(None),
    )


def _owes(day: date, slot: Slot | None) -> tuple[ColumnElement[bool], ...]:
    return (Standing.due.is_(other=True), *_on(day), ~_has_reading(day, slot))


def _on(day: date) -> tuple[ColumnElement[bool], ...]:
    return Standing.valid_from <= day, or_(Standing.valid_to.is_(None), Standing.valid_to > day)


def _has_reading(day: date, slot: Slot | None) -> ColumnElement[bool]:
    return exists(
        select(CheckIn.id)
        .where(
            CheckIn.institution_id == Standing.institution_id,
            CheckIn.day == day,
            CheckIn.person_id == Standing.person_id,
            CheckIn.replaced_by.is_(None),
            CheckIn.counted,
            *(() if slot is None else (CheckIn.slot == slot,)),
        )
        .correlate(Standing)
    )
