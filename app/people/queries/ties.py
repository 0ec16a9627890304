"""Statements on who an account is, and for whom it answers."""

from collections.abc import Collection

from sqlalchemy import BigInteger, LargeBinary, any_, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.access.models import Membership
from app.access.roles import Role
from app.people.models import Guardian, Person, PersonState

_SCHOOL, _ACCOUNT = bindparam("institution_id", type_=BigInteger), bindparam("account_id", type_=BigInteger)
_IDS = bindparam("person_ids", type_=ARRAY(BigInteger))
_PHONES, _IDENTITIES = bindparam("phones", type_=ARRAY(LargeBinary)), bindparam("identities", type_=ARRAY(LargeBinary))
_ASKED, _OWN = aliased(Person), aliased(Person)
_THEIRS = (_ASKED.institution_id == _SCHOOL, _ASKED.id == any_(_IDS))
_HELD = select(Membership.id).where(
    Membership.account_id == _ACCOUNT, Membership.institution_id == _SCHOOL, Membership.ended_at.is_(None)
)
# Persons by a list, not joined: memberships stand with the accounts, which may be on another server (docs/scaling.md).
_ANSWERS_FOR = _HELD.where(Membership.person_id.in_(select(_ASKED.ward_id).where(*_THEIRS)))
_LISTED = (
    select(Guardian.id)
    .join(_ASKED, _ASKED.ward_id == Guardian.student_id)
    .where(
        Guardian.institution_id == _SCHOOL,
        Guardian.ended_at.is_(None),
        or_(Guardian.account_id == _ACCOUNT, Guardian.phone_fingerprint == any_(_PHONES)),
        *_THEIRS,
    )
)
_HAS_PHONE = select(_ASKED.id).where(_ASKED.phone_fingerprint == any_(_PHONES), *_THEIRS)
_HAS_NUMBER = _HELD.where(
    Membership.role.in_((Role.STAFF, Role.STUDENT)),
    Membership.person_id.in_(
        select(_OWN.id).where(_OWN.institution_id == _SCHOOL, _OWN.identity_fingerprint == any_(_IDENTITIES))
    ),
)
# Put together once: it runs with every decision, and making it takes longer than running it.
_TIED = select(or_(exists(_ANSWERS_FOR), exists(_LISTED), exists(_HAS_PHONE), exists(_HAS_NUMBER)))


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
    asked = {
        "institution_id": institution_id,
        "account_id": account_id,
        "person_ids": list(person_ids),
        "phones": [] if phone is None else [phone],
        "identities": list(identities),
    }
    return bool(session.scalar(_TIED, asked))


def by_identity(session: Session, institution_id: int, identities: Collection[bytes]) -> dict[bytes, int]:
    """Those on the roll who have these identity numbers: fingerprint -> person."""
    rows = session.execute(
        select(Person.identity_fingerprint, Person.id).where(
            Person.institution_id == institution_id,
            Person.state == PersonState.ENROLLED,
            Person.identity_fingerprint == any_(_IDENTITIES),
        ),
        {"identities": list(identities)},
    )
    return {row.identity_fingerprint: row.id for row in rows}
