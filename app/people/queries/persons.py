"""Statements on persons and on where they stand."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    any_,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session, aliased

from app.access.models import Membership
from app.access.roles import Role
from app.audit.models import AuditEntry
from app.institutions.models import Institution, Unit
from app.people.models import Guardian, Person, PersonKind, PersonState, Standing

_FOLLOWED_ON_ROLL = (PersonKind.STUDENT, PersonKind.STAFF)
_CHUNK = 5000


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


def open_standings(session: Session, institution_id: int, person_ids: Sequence[int]) -> dict[int, Standing]:
    """Where many persons stand now."""
    rows = session.scalars(
        select(Standing).where(
            Standing.institution_id == institution_id,
            among(Standing.person_id, person_ids),
            Standing.valid_to.is_(None),
        )
    )
    return {row.person_id: row for row in rows}


def matching(
    statement: Select[Person],
    institution_id: int,
    *,
    identity_fingerprint: bytes | None,
    phone_fingerprint: bytes | None,
) -> Select[Person]:
    """Those with this identity number, or with this phone, their own or a guardian's."""
    statement = statement.where(Person.institution_id == institution_id).order_by(Person.id).limit(50)
    if identity_fingerprint is not None:
        return statement.where(Person.identity_fingerprint == identity_fingerprint)
    reached = select(Guardian.student_id).where(
        Guardian.institution_id == institution_id,
        Guardian.phone_fingerprint == phone_fingerprint,
        Guardian.ended_at.is_(None),
    )
    return statement.where(or_(Person.phone_fingerprint == phone_fingerprint, Person.id.in_(reached)))


def reserve_ids(session: Session, table: str, count: int) -> list[int]:
    """Ids for rows that are yet to be written: what is encrypted in a row is bound to its id."""
    statement = text("SELECT nextval(:table || '_id_seq') FROM generate_series(1, :count)")
    return [int(one) for one in session.scalars(statement, {"table": table, "count": count})]


def open_standing(session: Session, institution_id: int, person_id: int) -> Standing | None:
    """Where a person stands now, locked."""
    return session.scalars(
        select(Standing)
        .where(Standing.institution_id == institution_id, Standing.person_id == person_id, Standing.valid_to.is_(None))
        .with_for_update()
    ).one_or_none()


def standing_on(session: Session, institution_id: int, day: date) -> Sequence[Row[int, PersonKind, int]]:
    """(unit or 0, kind, how many) of who stood on a day."""
    where = func.coalesce(Standing.unit_id, 0)
    return session.execute(
        select(where, Person.kind, func.count())
        .join(Person, (Person.institution_id == Standing.institution_id) & (Person.id == Standing.person_id))
        .where(
            Standing.institution_id == institution_id,
            Standing.valid_from <= day,
            or_(Standing.valid_to.is_(None), Standing.valid_to > day),
        )
        .group_by(where, Person.kind)
    ).all()


def latest_standing(session: Session, institution_id: int, person_ids: Collection[int]) -> date | None:
    """The last day from which one of them stands where it stands."""
    return session.scalar(
        select(func.max(Standing.valid_from)).where(
            Standing.institution_id == institution_id,
            among(Standing.person_id, person_ids),
            Standing.valid_to.is_(None),
        )
    )


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


def depart(session: Session, institution_id: int, person_ids: Sequence[int], day: date) -> list[int]:
    """Take persons and those who live with them off from ``day`` on; answers with the ids of all of them."""
    gone: list[int] = []
    for start in range(0, len(person_ids), _CHUNK):
        some = person_ids[start : start + _CHUNK]
        member = aliased(Person)
        with_households = select(member.id).where(
            member.institution_id == institution_id,
            among(member.student_id, some),
            member.state == PersonState.ENROLLED,
        )
        gone += session.scalars(
            update(Person)
            .where(
                Person.institution_id == institution_id,
                or_(among(Person.id, some), Person.id.in_(with_households)),
                Person.state == PersonState.ENROLLED,
            )
            .values(state=PersonState.LEFT, left_on=day, version=Person.version + 1)
            .returning(Person.id)
            .execution_options(synchronize_session=False)
        ).all()
        _end_standings(session, institution_id, some, day)
    return sorted(gone)


def _end_standings(session: Session, institution_id: int, person_ids: Sequence[int], day: date) -> None:
    standing = (
        Standing.institution_id == institution_id,
        among(Standing.person_id, person_ids),
        Standing.valid_to.is_(None),
    )
    # Who came on the very day never stood there: a stretch of no days is none.
    for statement in (
        delete(Standing).where(*standing, Standing.valid_from >= day),
        update(Standing).where(*standing).values(valid_to=day),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def trail(institution_id: int, person_ids: Collection[int]) -> Select[AuditEntry]:
    """The entries of an institution's trail on persons."""
    return select(AuditEntry).where(
        AuditEntry.institution_id == institution_id,
        AuditEntry.subject == "person",
        AuditEntry.subject_id.in_([str(one) for one in person_ids]),
    )


def roles_held(session: Session, account_ids: Collection[int]) -> Sequence[Membership]:
    """All memberships of some accounts, standing or ended."""
    return session.scalars(select(Membership).where(among(Membership.account_id, account_ids))).all()


def institution_names(session: Session, institution_ids: Collection[int]) -> dict[int, str]:
    """The names of those institutions that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(institution_ids)))
    return {row.id: row.name for row in rows}


def own_memberships(session: Session, institution_id: int, person_ids: Collection[int]) -> Sequence[Membership]:
    """The standing memberships that hang on persons themselves: their guardians' and their own."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            among(Membership.person_id, person_ids),
            Membership.ended_at.is_(None),
        )
    ).all()


def unit_memberships(session: Session, institution_id: int) -> Sequence[Membership]:
    """The standing memberships that hang on units of a school."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            Membership.unit_id.is_not(None),
            Membership.role != Role.GUARDIAN,
            Membership.ended_at.is_(None),
        )
    ).all()
