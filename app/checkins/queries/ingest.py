"""Statements on the way in: set-based, so that a batch costs what a reading costs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.checkins.models import CheckIn, HealthStatus, Source
from app.kernel import bulk, clock
from app.people.models import Standing
from app.rollups.models import NOBODY

_TURNS = 7302  # keeps these locks apart from other users of advisory locks
_MEMORY = (3, 11, 46)  # days, one stretch after another; older answers are no longer worth repeating
_KEYS = bulk.Given({"institution_id": BigInteger(), "person_id": BigInteger(), "id": Uuid()})
_INSTITUTIONS = bindparam("institutions", type_=ARRAY(BigInteger))
_DAYS = bindparam("days", type_=ARRAY(Date))
_PERSONS = bindparam("persons", type_=ARRAY(BigInteger))

Key = tuple[int, int, UUID]  # institution, person, id: what makes a reading one and the same
PersonDayKey = tuple[int, date, int]  # institution, day, person


def units_of(session: Session, institution_id: int, person_ids: Collection[int], days: Collection[date]) -> set[int]:
    """The units in which these people stood on some of these days, or in which readings of theirs count; 0: in none."""
    first, last = min(days), max(days)
    stood = select(func.coalesce(Standing.unit_id, NOBODY)).where(
        Standing.institution_id == institution_id,
        Standing.person_id.in_(person_ids),
        Standing.valid_from <= last,
        or_(Standing.valid_to.is_(None), Standing.valid_to > first),
    )
    counted = select(CheckIn.unit_id).where(
        CheckIn.institution_id == institution_id, CheckIn.person_id.in_(person_ids), CheckIn.day.in_(days)
    )
    return set(session.scalars(union(stood, counted)))


def take_turns(session: Session, institutions: Collection[int]) -> None:
    """Have whoever logs in these schools wait for each other until the end of the transaction."""
    for institution_id in sorted(institutions):
        session.execute(select(func.pg_advisory_xact_lock(_TURNS, func.hashint8(institution_id))))


def receipts(session: Session, keys: Collection[Key], days: Collection[date]) -> Sequence[Any]:
    """What is answered of the readings with these keys that stand on one of these days."""
    return session.execute(_receipts(), {**_KEYS.values(list(keys)), "days": list(days)}).all()


@lru_cache
def _receipts() -> Select[*tuple[Any, ...]]:
    columns = (*_KEYS.c, CheckIn.day, CheckIn.slot, CheckIn.status, CheckIn.late, CheckIn.received_at)
    same = _KEYS.same(CheckIn.__table__.c[one.name] for one in _KEYS.c)
    # The days as a list: by it the planner leaves out the partitions of all others.
    return select(*columns).join(CheckIn, same).where(CheckIn.day == func.any(_DAYS))


def days_of_persons(session: Session, keys: Collection[PersonDayKey]) -> Sequence[Any]:
    """One row for each of these persons' days with standing readings, or more: what `rules.PersonDay` says."""
    institutions, days, persons = zip(*keys, strict=True)
    some = {"institutions": {*institutions}, "days": {*days}, "persons": {*persons}}
    return session.execute(_days_of_persons(), {name: list(values) for name, values in some.items()}).all()


@lru_cache
def _days_of_persons() -> Select[*tuple[Any, ...]]:
    # Of each list any: the index is asked for these alone, and a person has one institution.
    return _person_days().where(
        CheckIn.institution_id == func.any(_INSTITUTIONS),
        CheckIn.day == func.any(_DAYS),
        CheckIn.person_id == func.any(_PERSONS),
    )


def days_of_school(session: Session, institution_id: int, day: date) -> Sequence[Any]:
    """The same for everybody of a school on a day."""
    return session.execute(_person_days().where(CheckIn.institution_id == institution_id, CheckIn.day == day)).all()


def days_of_school_known(session: Session, institution_id: int, day: date, moment: datetime) -> Sequence[Any]:
    """The same as known at ``moment``: of what had been received, what had not been corrected by then."""
    later = aliased(CheckIn)
    corrected = exists().where(
        later.institution_id == CheckIn.institution_id,
        later.day == CheckIn.day,
        later.person_id == CheckIn.person_id,
        later.replaces == CheckIn.id,
        later.received_at <= moment,
    )
    return session.execute(
        _person_days(~corrected).where(
            CheckIn.institution_id == institution_id, CheckIn.day == day, CheckIn.received_at <= moment
        )
    ).all()


def _person_days(standing: ColumnElement[bool] | None = None) -> Select[Any]:
    return (
        select(
            CheckIn.institution_id,
            CheckIn.day,
            CheckIn.person_id,
            CheckIn.unit_id,
            CheckIn.household,
            func.bool_or(CheckIn.status == HealthStatus.FEVER).label("fever"),
            func.bool_or(CheckIn.status == HealthStatus.ATTENTION).label("attention"),
            func.bool_or(CheckIn.symptoms.is_not(None)).label("symptoms"),
            func.bool_or(CheckIn.temperature.is_not(None)).label("measured"),
            func.bool_or(~CheckIn.late).label("in_time"),
        )
        .where(CheckIn.replaced_by.is_(None) if standing is None else standing, CheckIn.counted)
        .group_by(CheckIn.institution_id, CheckIn.day, CheckIn.person_id, CheckIn.unit_id, CheckIn.household)
    )


def remembered(
    session: Session, institutions: Collection[int], people: Collection[int], since: datetime, until: datetime
) -> Sequence[Any]:
    """Answers that can be repeated: of each person the last before ``since``, and all from then to ``until``.

    The gate asks nothing, so that what it measured has no answers to repeat. Nearly everybody answered in the last
    days, so that the weeks before them are looked at for the others alone.
    """
    between = _given(institutions, people, clock.school_day(since), clock.school_day(until))
    found = list(session.execute(between.where(CheckIn.taken_at >= since, CheckIn.taken_at <= until)).all())
    missing, last_day = set(people), clock.school_day(since)
    for days in _MEMORY:
        if not missing:
            break
        last = (
            _given(institutions, missing, last_day - timedelta(days=days - 1), last_day)
            .where(CheckIn.taken_at < since)
            .ext(distinct_on(CheckIn.institution_id, CheckIn.person_id))
            .order_by(CheckIn.institution_id, CheckIn.person_id, CheckIn.taken_at.desc(), CheckIn.id)
        )
        rows = session.execute(last).all()
        found += rows
        missing -= {row.person_id for row in rows}
        last_day -= timedelta(days=days)
    return found


def _given(institutions: Collection[int], people: Collection[int], first: date, last: date) -> Select[Any]:
    columns: tuple[Any, ...] = (
        CheckIn.institution_id,
        CheckIn.person_id,
        CheckIn.taken_at,
        CheckIn.symptoms,
        CheckIn.answers,
    )
    return select(*columns).where(
        CheckIn.institution_id.in_(institutions),
        CheckIn.day >= first,
        CheckIn.day <= last,
        CheckIn.person_id.in_(people),
        CheckIn.replaced_by.is_(None),
        CheckIn.source != Source.GATE,
    )


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[Key]:
    """Insert what is new and leave what is known; the keys of what was new.

    In key order, so that two that bring the same readings wait for each other instead of meeting in a deadlock.
    """
    in_order = sorted(rows, key=lambda row: (row["institution_id"], row["day"], row["person_id"], row["id"]))
    landed = bulk.insert_rows(
        session, CheckIn, in_order, skip_known=True, returning=("institution_id", "person_id", "id")
    )
    return {(row.institution_id, row.person_id, row.id) for row in landed}


def reading(session: Session, institution_id: int, person_id: int, id_: UUID, days: Collection[date]) -> CheckIn | None:
    """One reading of these days as it stands now, whatever the session has seen before."""
    return session.scalars(
        select(CheckIn)
        .where(
            CheckIn.institution_id == institution_id,
            CheckIn.day.in_(days),
            CheckIn.person_id == person_id,
            CheckIn.id == id_,
        )
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


def strayed(
    session: Session, institution_id: int, since: date, until: date, person_ids: Collection[int] | None
) -> Sequence[Any]:
    """Person-days from ``since`` to ``until`` whose readings count elsewhere than the roll says, and where they belong.

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
            CheckIn.day <= until,
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
