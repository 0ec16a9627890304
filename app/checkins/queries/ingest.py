"""Statements on the way in: set-based, so that a batch costs what a reading costs."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, false, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from app.checkins.models import CheckIn, HealthStatus, Source
from app.people.models import Person, Standing
from app.rollups.models import NOBODY

_MEMORY = timedelta(days=60)  # older answers are no longer worth repeating


def persons(session: Session, allowed: Select[Any], ids: Collection[int], since: date) -> Sequence[Any]:
    """The persons with these ids among those ``allowed``, once for each standing that reaches ``since`` or later.

    A person in no standing (a household member, a leaver) comes once, with nulls.
    """
    standing = and_(
        Standing.institution_id == Person.institution_id,
        Standing.person_id == Person.id,
        or_(Standing.valid_to.is_(None), Standing.valid_to > since),
    )
    statement = (
        allowed.with_only_columns(
            Person.institution_id,
            Person.id,
            Person.kind,
            Person.ward_id,
            Person.unit_id.label("unit_now"),
            Person.enrolled_on,
            Person.left_on,
            Standing.valid_from,
            Standing.valid_to,
            Standing.unit_id,
            Standing.due,
        )
        .outerjoin(Standing, standing)
        .where(Person.id.in_(ids))
    )
    return session.execute(statement).all()


def known(
    session: Session,
    institutions: Collection[int],
    people: Collection[int],
    ids: Collection[UUID],
    days: Collection[date],
) -> Sequence[CheckIn]:
    """Readings of these people with these ids, and all standing ones of these days."""
    return session.scalars(
        select(CheckIn).where(
            CheckIn.institution_id.in_(institutions),
            CheckIn.person_id.in_(people),
            or_(CheckIn.id.in_(ids), and_(CheckIn.day.in_(days), CheckIn.replaced_by.is_(None))),
        )
    ).all()


def days_of_persons(
    session: Session, institutions: Collection[int], people: Collection[int], days: Collection[date]
) -> Sequence[Any]:
    """One row for each person and day with standing readings: what `rules.PersonDay` and `rules.Sameness` say.

    The days are listed, not spanned: each is one descent of the primary key, whatever else the school has.
    """
    statement = _person_days().where(
        CheckIn.institution_id.in_(institutions), CheckIn.day.in_(days), CheckIn.person_id.in_(people)
    )
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


def add(session: Session, rows: Sequence[dict[str, Any]]) -> set[tuple[int, int, UUID]]:
    """Insert what is new and leave what is known; the keys of what was new.

    In key order, so that two that bring the same readings wait for each other instead of meeting in a deadlock.
    """
    in_order = sorted(rows, key=lambda row: (row["institution_id"], row["person_id"], row["id"]))
    statement = (
        insert(CheckIn)
        .on_conflict_do_nothing()
        .returning(CheckIn.institution_id, CheckIn.person_id, CheckIn.id)
        # Without this rows are sorted by which of their columns are null, and sent in as many statements.
        .execution_options(render_nulls=True)
    )
    return {(row.institution_id, row.person_id, row.id) for row in session.execute(statement, in_order)}


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
