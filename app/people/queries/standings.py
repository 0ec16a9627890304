"""Statements on where persons stand, and stood."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.people.models import Person, PersonKind, PersonState, Standing
from app.people.queries.persons import among

# Unit (None: none) and whether a reading is owed -> how many persons.
Places = Counter[tuple[int | None, bool]]

_CHUNK = 5000


def open_standing(session: Session, institution_id: int, person_id: int) -> Standing | None:
    """Where a person stands now, locked."""
    return session.scalars(
        select(Standing)
        .where(Standing.institution_id == institution_id, Standing.person_id == person_id, Standing.valid_to.is_(None))
        .with_for_update()
    ).one_or_none()


def places_on(session: Session, institution_id: int, day: date) -> Places:
    """How many stood where on a day."""
    return _counted(
        session,
        Standing.institution_id == institution_id,
        Standing.valid_from <= day,
        or_(Standing.valid_to.is_(None), Standing.valid_to > day),
    )


def places_of(session: Session, institution_id: int, person_ids: Collection[int]) -> Places:
    """How many of some persons stand where now."""
    return _counted(
        session,
        Standing.institution_id == institution_id,
        among(Standing.person_id, person_ids),
        Standing.valid_to.is_(None),
    )


def _counted(session: Session, *where: ColumnElement[bool]) -> Places:
    rows = session.execute(
        select(Standing.unit_id, Standing.due, func.count()).where(*where).group_by(Standing.unit_id, Standing.due)
    )
    return Counter({(unit_id, due): count for unit_id, due, count in rows})


def misjudged(session: Session, institution_id: int, due: Collection[PersonKind]) -> Sequence[Standing]:
    """Where persons stand now who are due against the rules, or not due although they should be."""
    return session.scalars(
        select(Standing)
        .join(Person, (Person.institution_id == Standing.institution_id) & (Person.id == Standing.person_id))
        .where(
            Standing.institution_id == institution_id,
            Standing.valid_to.is_(None),
            Standing.due != Person.kind.in_(due),
        )
        .order_by(Standing.person_id)
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
