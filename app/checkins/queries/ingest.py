"""Statements on the way in: set-based, so that a batch costs what a reading costs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    Uuid,
    and_,
    case,
    false,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.access.models import Membership
from app.access.reach import REGISTRY, ties
from app.access.roles import Action, Reach
from app.checkins.models import CheckIn, HealthStatus, Source
from app.kernel import bulk
from app.people.models import Person, Standing
from app.rollups.models import NOBODY

_MEMORY = timedelta(days=60)  # older answers are no longer worth repeating
_NEAREST = (Reach.OWN_PERSON, Reach.OWN_CHILDREN, Reach.OWN_UNIT, Reach.INSTITUTION)
_ASKED: Mapping[str, TypeEngine[Any]] = {
    "place": Integer(),
    "account_id": BigInteger(),
    "person_id": BigInteger(),
    "day": Date(),
}
_KEY: Mapping[str, TypeEngine[Any]] = {"institution_id": BigInteger(), "person_id": BigInteger(), "id": Uuid()}
_PERSON_DAY: Mapping[str, TypeEngine[Any]] = {"institution_id": BigInteger(), "day": Date(), "person_id": BigInteger()}
_TIES: dict[Action, Mapping[Reach, ColumnElement[bool]]] = {}

Asked = tuple[int, int | None, int, date]  # place in the batch, account, person, day
Key = tuple[int, int, UUID]  # institution, person, id: what makes a reading one and the same
PersonDayKey = tuple[int, date, int]  # institution, day, person


def subjects(
    session: Session,
    action: Action,
    asked: Sequence[Asked],
    *,
    of_anybody: bool = False,
    institution_id: int | None = None,
    unit_id: int | None = None,
) -> Sequence[Any]:
    """For each of what is asked the person and its standing on the day, if that account may do ``action`` there.

    Once for each membership that ties them, with its ``reach``; of somebody in no standing the nulls of one. Who may is
    decided here, by the memberships as they stand, for many accounts at once. ``of_anybody``: the service itself asks,
    and the scope alone decides. ``institution_id`` and ``unit_id`` narrow it to a school, to a class.
    """
    given = bulk.given(_ASKED, asked)
    standing = and_(
        Standing.institution_id == Person.institution_id,
        Standing.person_id == Person.id,
        Standing.valid_from <= given.c.day,
        or_(Standing.valid_to.is_(None), Standing.valid_to > given.c.day),
    )
    columns = (
        given.c.place,
        Person.institution_id,
        Person.id,
        Person.kind,
        Person.enrolled_on,
        Person.left_on,
        Standing.valid_from,
        Standing.unit_id,
        Standing.due,
    )
    if of_anybody:
        statement = select(*columns, null().label("reach")).join(Person, Person.id == given.c.person_id)
    else:
        tied = _ties(action)
        reach = case(*((tied[reach], reach.value) for reach in _NEAREST if reach in tied))
        statement = (
            select(*columns, reach.label("reach"))
            .join(Membership, and_(Membership.account_id == given.c.account_id, Membership.ended_at.is_(None)))
            .join(Person, and_(Person.id == given.c.person_id, or_(*tied.values())))
        )
    statement = statement.outerjoin(Standing, standing)
    if institution_id is not None:
        statement = statement.where(Person.institution_id == institution_id)
    if unit_id is not None:
        statement = statement.where(Person.unit_id == unit_id)
    return session.execute(statement).all()


def _ties(action: Action) -> Mapping[Reach, ColumnElement[bool]]:
    if action not in _TIES:
        _TIES[action] = ties(action, REGISTRY[Person])
    return _TIES[action]


def receipts(session: Session, keys: Collection[Key], days: Collection[date]) -> Sequence[Any]:
    """What is answered of the readings with these keys that stand on one of these days."""
    given = bulk.given(_KEY, list(keys))
    same = and_(
        CheckIn.institution_id == given.c.institution_id,
        CheckIn.person_id == given.c.person_id,
        CheckIn.id == given.c.id,
    )
    columns = (
        CheckIn.institution_id,
        CheckIn.person_id,
        CheckIn.id,
        CheckIn.day,
        CheckIn.slot,
        CheckIn.status,
        CheckIn.late,
        CheckIn.received_at,
    )
    return session.execute(select(*columns).join(given, same).where(CheckIn.day.in_(days))).all()


def days_of_persons(session: Session, keys: Collection[PersonDayKey]) -> Sequence[Any]:
    """One row for each of these persons' days with standing readings: what `rules.PersonDay` says."""
    given = bulk.given(_PERSON_DAY, list(keys))
    same = and_(*(getattr(CheckIn, name) == given.c[name] for name in _PERSON_DAY))
    # The days once more, as a list: by it the planner leaves out the partitions of all others.
    statement = _person_days().join(given, same).where(CheckIn.day.in_({day for _, day, _ in keys}))
    return session.execute(statement).all()


def days_of_school(session: Session, institution_id: int, day: date) -> Sequence[Any]:
    """The same for everybody of a school on a day."""
    return session.execute(_person_days().where(CheckIn.institution_id == institution_id, CheckIn.day == day)).all()


def _person_days() -> Select[Any]:
    return (
        select(
            CheckIn.institution_id,
            CheckIn.day,
            CheckIn.person_id,
            CheckIn.unit_id,
            CheckIn.household,
            func.bool_or(CheckIn.status == HealthStatus.FEVER).label("fever"),
            func.bool_or(CheckIn.status == HealthStatus.ATTENTION).label("attention"),
            func.bool_or(CheckIn.symptoms != 0).label("symptoms"),
            func.bool_or(CheckIn.temperature.is_not(None)).label("measured"),
            func.bool_or(~CheckIn.late).label("in_time"),
            func.min(CheckIn.temperature).label("lowest"),
            func.max(CheckIn.temperature).label("highest"),
            func.min(CheckIn.recorded_by).label("first_account"),
            func.max(CheckIn.recorded_by).label("last_account"),
            func.bool_and(CheckIn.recorded_by.is_not(None)).label("by_accounts"),
            func.bool_or(CheckIn.implausible).label("flagged"),
        )
        .where(CheckIn.replaced_by.is_(None), CheckIn.counted)
        .group_by(CheckIn.institution_id, CheckIn.day, CheckIn.person_id, CheckIn.unit_id, CheckIn.household)
    )


def remembered(
    session: Session, institutions: Collection[int], people: Collection[int], since: datetime, until: datetime
) -> Sequence[Any]:
    """Answers that can be repeated: of each person the last before ``since``, and all from then to ``until``.

    The gate asks nothing, so that what it measured has no answers to repeat.
    """
    columns = (CheckIn.institution_id, CheckIn.person_id, CheckIn.taken_at, CheckIn.symptoms, CheckIn.answers)
    given = and_(
        CheckIn.institution_id.in_(institutions),
        CheckIn.person_id.in_(people),
        CheckIn.replaced_by.is_(None),
        CheckIn.source != Source.GATE,
    )
    last = (
        select(*columns)
        .where(given, CheckIn.taken_at < since, CheckIn.taken_at >= since - _MEMORY)
        .ext(distinct_on(CheckIn.institution_id, CheckIn.person_id))
        .order_by(CheckIn.institution_id, CheckIn.person_id, CheckIn.taken_at.desc(), CheckIn.id)
    )
    between = select(*columns).where(given, CheckIn.taken_at >= since, CheckIn.taken_at <= until)
    return [*session.execute(last).all(), *session.execute(between).all()]


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[Key]:
    """Insert what is new and leave what is known; the keys of what was new.

    In key order, so that two that bring the same readings wait for each other instead of meeting in a deadlock.
    """
    in_order = sorted(rows, key=lambda row: (row["institution_id"], row["day"], row["person_id"], row["id"]))
    landed = bulk.insert_rows(session, CheckIn, in_order, skip_known=True, returning=tuple(_KEY))
    return {(row.institution_id, row.person_id, row.id) for row in landed}


def flag(session: Session, keys: Collection[tuple[int, date, int]], *, implausible: bool) -> None:
    """Mark, or no longer mark, the measured readings of each (institution, day, person) as part of a run."""
    session.execute(
        update(CheckIn)
        .where(
            tuple_(CheckIn.institution_id, CheckIn.day, CheckIn.person_id).in_(keys),
            CheckIn.replaced_by.is_(None),
            CheckIn.temperature.is_not(None),
        )
        .values(implausible=implausible)
        .execution_options(synchronize_session=False)
    )


def reading(session: Session, institution_id: int, person_id: int, id_: UUID) -> CheckIn | None:
    """One reading as it stands now, whatever the session has seen before."""
    return session.scalars(
        select(CheckIn)
        .where(CheckIn.institution_id == institution_id, CheckIn.person_id == person_id, CheckIn.id == id_)
        .execution_options(populate_existing=True)
    ).one_or_none()


def replace(session: Session, old: CheckIn, new_id: UUID) -> bool:
    """Point ``old`` to what replaces it; False if somebody was faster."""
    changed = session.execute(
        update(CheckIn)
        .where(
            CheckIn.institution_id == old.institution_id,
            CheckIn.day == old.day,
            CheckIn.person_id == old.person_id,
            CheckIn.id == old.id,
            CheckIn.replaced_by.is_(None),
        )
        .values(replaced_by=new_id)
        .returning(CheckIn.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None


def strayed(session: Session, institution_id: int, since: date, person_ids: Collection[int] | None) -> Sequence[Any]:
    """Person-days from ``since`` on whose readings count elsewhere than the roll says, with where they belong.

    ``home`` is the unit of that day, ``counts`` whether a reading was owed at all; of who was on no roll that day the
    unit stays.
    """
    stands = Standing.person_id.is_not(None)
    home = case((stands, func.coalesce(Standing.unit_id, NOBODY)), else_=CheckIn.unit_id)
    counts = func.coalesce(Standing.due, false())
    statement = (
        select(CheckIn.day, CheckIn.person_id, CheckIn.unit_id, home.label("home"), counts.label("counts"))
        .outerjoin(
            Standing,
            and_(
                Standing.institution_id == CheckIn.institution_id,
                Standing.person_id == CheckIn.person_id,
                Standing.valid_from <= CheckIn.day,
                or_(Standing.valid_to.is_(None), Standing.valid_to > CheckIn.day),
            ),
        )
        .where(
            CheckIn.institution_id == institution_id,
            CheckIn.day >= since,
            ~CheckIn.household,
            or_(CheckIn.unit_id != home, CheckIn.counted != counts),
        )
        .distinct()
        .order_by(CheckIn.day, CheckIn.person_id)
    )
    if person_ids is not None:
        statement = statement.where(CheckIn.person_id.in_(person_ids))
    return session.execute(statement).all()


def settle_in(session: Session, institution_id: int, day: date, person_id: int, unit_id: int, *, counted: bool) -> None:
    """Have all readings of a person and day count in a unit, or nowhere."""
    session.execute(
        update(CheckIn)
        .where(CheckIn.institution_id == institution_id, CheckIn.day == day, CheckIn.person_id == person_id)
        .values(unit_id=unit_id, counted=counted)
        .execution_options(synchronize_session=False)
    )
