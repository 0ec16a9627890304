"""Statements on who an account is, and for whom it answers."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, any_, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.access.models import Membership
from app.access.roles import Role
from app.people.models import Guardian, Person, PersonState
from app.people.queries.persons import among


def is_tied(
    session: Session,
    institution_id: int,
    account_id: int,
    phone: bytes | None,
    *,
    person_ids: Collection[int],
    identities: Collection[bytes],
) -> bool:
    """Whether an account is one of some people of a school, or answers for one of them.

    By its roles, by the list of guardians, by its ``phone`` on the roll (a fingerprint), and by the identity number of
    the person that it is.
    """
    asked = aliased(Person)
    phones = () if phone is None else (phone,)
    theirs = (asked.institution_id == institution_id, among(asked.id, person_ids))
    held = select(Membership.id).where(
        Membership.account_id == account_id,
        Membership.institution_id == institution_id,
        Membership.ended_at.is_(None),
    )
    answers_for = held.join(asked, asked.ward_id == Membership.person_id).where(*theirs)
    listed = (
        select(Guardian.id)
        .join(asked, asked.ward_id == Guardian.student_id)
        .where(
            Guardian.institution_id == institution_id,
            Guardian.ended_at.is_(None),
            or_(Guardian.account_id == account_id, _one_of(Guardian.phone_fingerprint, phones)),
            *theirs,
        )
    )
    has_phone = select(asked.id).where(_one_of(asked.phone_fingerprint, phones), *theirs)
    ways = (answers_for, listed, has_phone, _has_number(held, institution_id, identities))
    return bool(session.scalar(select(or_(*(exists(way) for way in ways)))))


def _has_number(held: Select[int], institution_id: int, identities: Collection[bytes]) -> Select[int]:
    """Roles of the account as a person whose identity number is one of these."""
    own = aliased(Person)
    return held.join(own, own.id == Membership.person_id).where(
        own.institution_id == institution_id,
        Membership.role.in_((Role.STAFF, Role.STUDENT)),
        _one_of(own.identity_fingerprint, identities),
    )


def by_identity(session: Session, institution_id: int, identities: Collection[bytes]) -> dict[bytes, int]:
    """Those on the roll who have these identity numbers: fingerprint -> person."""
    rows = session.execute(
        select(Person.identity_fingerprint, Person.id).where(
            Person.institution_id == institution_id,
            Person.state == PersonState.ENROLLED,
            _one_of(Person.identity_fingerprint, identities),
        )
    )
    return {row.identity_fingerprint: row.id for row in rows}


def _one_of(column: Any, prints: Collection[bytes]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column == any_(literal(list(prints), ARRAY(LargeBinary)))
    return found
