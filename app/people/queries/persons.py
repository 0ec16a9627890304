"""Statements on persons and on where they stand."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    any_,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from app.institutions.models import Institution, InstitutionKind, InstitutionState, Unit
from app.people.models import Guardian, Person, PersonKind, PersonState

_FOLLOWED_ON_ROLL = (PersonKind.STUDENT, PersonKind.STAFF)


def among(column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    """One of many ids, as one parameter: a list of them would end at 65,535."""
    found: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(BigInteger)))
    return found


def locked_institution(session: Session, institution_id: int) -> Institution | None:
    """The institution's row, locked against other changes of its roll, moves and mergers until the commit."""
    return session.scalars(
        select(Institution)
        .where(Institution.id == institution_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def open_schools_below(session: Session, institution_id: int) -> Sequence[int]:
    """The schools of a subtree, the institution itself included."""
    return session.scalars(
        select(Institution.id)
        .where(
            Institution.lineage.contains([institution_id]),
            Institution.kind == InstitutionKind.SCHOOL,
            Institution.state == InstitutionState.OPEN,
        )
        .order_by(Institution.id)
    ).all()


def units(session: Session, institution_id: int) -> Sequence[Unit]:
    """The open units of a school."""
    return session.scalars(
        select(Unit).where(Unit.institution_id == institution_id, Unit.closed_on.is_(None)).order_by(Unit.id)
    ).all()


def unit(session: Session, institution_id: int, unit_id: int) -> Unit | None:
    """An open unit of a school."""
    return session.scalars(
        select(Unit).where(Unit.institution_id == institution_id, Unit.id == unit_id, Unit.closed_on.is_(None))
    ).one_or_none()


def filtered(
    statement: Select[Person],
    *,
    institution_id: int,
    unit_id: int | None,
    kind: PersonKind | None,
    state: PersonState | None,
    without_unit: bool,
    student_id: int | None,
) -> Select[Person]:
    """The persons of a list as it was asked for; those without a unit are students and staff only."""
    statement = statement.where(Person.institution_id == institution_id)
    if unit_id is not None:
        statement = statement.where(or_(Person.unit_id == unit_id, Person.dormitory_id == unit_id))
    if kind is not None:
        statement = statement.where(Person.kind == kind)
    if state is not None:
        statement = statement.where(Person.state == state)
    if student_id is not None:
        statement = statement.where(Person.student_id == student_id)
    if without_unit:
        statement = statement.where(Person.unit_id.is_(None), Person.kind.in_(_FOLLOWED_ON_ROLL))
    return statement


def household(session: Session, institution_id: int, student_id: int) -> Sequence[Person]:
    """The household members of a student who are still followed."""
    return session.scalars(
        select(Person)
        .where(
            Person.institution_id == institution_id,
            Person.student_id == student_id,
            Person.state == PersonState.ENROLLED,
        )
        .order_by(Person.id)
    ).all()


def households(session: Session, institution_id: int, student_ids: Sequence[int]) -> Sequence[Person]:
    """The household members of many students."""
    return session.scalars(
        select(Person)
        .where(
            Person.institution_id == institution_id,
            among(Person.student_id, student_ids),
            Person.state == PersonState.ENROLLED,
        )
        .order_by(Person.id)
    ).all()


def matching(
    statement: Select[Person],
    institution_id: int,
    *,
    identity_fingerprint: bytes | None,
    phone_fingerprint: bytes | None,
    name: str | None,
) -> Select[Person]:
    """Those with this identity number, or with this phone, their own or a guardian's, or with this in their name."""
    statement = statement.where(Person.institution_id == institution_id).order_by(Person.id).limit(50)
    if identity_fingerprint is not None:
        return statement.where(Person.identity_fingerprint == identity_fingerprint)
    if name is not None:
        return statement.where(Person.name.contains(name, autoescape=True))
    reached = select(Guardian.student_id).where(
        Guardian.institution_id == institution_id,
        Guardian.phone_fingerprint == phone_fingerprint,
        Guardian.ended_at.is_(None),
    )
    return statement.where(or_(Person.phone_fingerprint == phone_fingerprint, Person.id.in_(reached)))


def enrolled(
    session: Session, institution_id: int, *, kinds: Collection[PersonKind] = tuple(PersonKind)
) -> Sequence[Person]:
    """All who are on the roll or followed beside it."""
    return session.scalars(
        select(Person)
        .where(Person.institution_id == institution_id, Person.state == PersonState.ENROLLED, Person.kind.in_(kinds))
        .order_by(Person.id)
    ).all()


def enrolled_in_units(session: Session, institution_id: int, unit_ids: Collection[int]) -> Sequence[Person]:
    """The enrolled students of some units."""
    return session.scalars(
        select(Person)
        .where(
            Person.institution_id == institution_id,
            among(Person.unit_id, unit_ids),
            Person.kind == PersonKind.STUDENT,
            Person.state == PersonState.ENROLLED,
        )
        .order_by(Person.id)
    ).all()


def students_by_unit(session: Session, institution_id: int) -> dict[int | None, int]:
    """How many students are enrolled in each unit; None for those in none."""
    rows = session.execute(
        select(Person.unit_id, func.count())
        .where(
            Person.institution_id == institution_id,
            Person.kind == PersonKind.STUDENT,
            Person.state == PersonState.ENROLLED,
        )
        .group_by(Person.unit_id)
    )
    return {unit_id: count for unit_id, count in rows}  # noqa: C416 - a row is no pair to the type checker


def count_in_unit(session: Session, unit: Unit) -> int:
    """How many still stand or sleep in a unit."""
    return session.scalars(
        select(func.count()).where(
            Person.institution_id == unit.institution_id,
            or_(Person.unit_id == unit.id, Person.dormitory_id == unit.id),
            Person.state == PersonState.ENROLLED,
        )
    ).one()


def as_named(session: Session, statement: Select[Person], institution_id: int, unit_id: int | None) -> Sequence[Any]:
    """Of some persons those of a school, or of one unit: what sheets name them by, without the rest of their rows."""
    columns = (Person.id, Person.unit_id, Person.kind, Person.state, Person.number, Person.identity_fingerprint)
    statement = statement.where(Person.institution_id == institution_id)
    if unit_id is not None:
        statement = statement.where(Person.unit_id == unit_id)
    return session.execute(statement.with_only_columns(*columns)).all()
