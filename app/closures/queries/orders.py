"""Statements on orders and their terms."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.closures.models import ClosureOrder, ClosureTerm

# How far above a place its issuer stands; one that stands there no more is taken to be as near as the place itself.
_DEPTH = func.coalesce(
    func.array_position(ClosureTerm.lineage, ClosureOrder.issuer_id), func.cardinality(ClosureTerm.lineage) + 1
)
_TEXTLESS = (
    ClosureTerm.order_id,
    ClosureTerm.institution_id,
    ClosureOrder.issuer_id,
    ClosureOrder.number,
    ClosureTerm.degree,
    ClosureTerm.exceptions,
    ClosureTerm.venue_kinds,
    ClosureTerm.venue_ids,
    ClosureTerm.valid_from,
    ClosureTerm.valid_to,
    _DEPTH.label("depth"),
)


def holding(
    session: Session,
    lineage: Sequence[int],
    *,
    below: bool,
    since: datetime,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> Sequence[Any]:
    """Terms that hold at some moment of [since, until) (``until`` None: at ``since``) for the end of ``lineage``.

    ``below``: for anything below it as well. ``known_at`` None: as known now. Without texts, which may be long.
    """
    begun = ClosureTerm.valid_from <= since if until is None else ClosureTerm.valid_from < until
    return session.execute(
        select(*_TEXTLESS)
        .join(ClosureOrder, _of_order())
        .where(
            _placed(lineage, below=below),
            _known(known_at),
            begun,
            or_(ClosureTerm.valid_to.is_(None), ClosureTerm.valid_to > since),
        )
    ).all()


def spanning(session: Session, lineage: Sequence[int], first: datetime, last: datetime) -> Sequence[Any]:
    """Terms for the end of ``lineage`` that hold at some moment of [first, last] and were known at some, not always
    the same; with both their times (``valid_from`` … ``known_to``) behind what `holding` tells.
    """
    return session.execute(
        select(*_TEXTLESS, ClosureTerm.known_from, ClosureTerm.known_to)
        .join(ClosureOrder, _of_order())
        .where(
            _placed(lineage, below=False),
            ClosureTerm.known_from <= last,
            or_(ClosureTerm.known_to.is_(None), ClosureTerm.known_to > first),
            ClosureTerm.valid_from <= last,
            or_(ClosureTerm.valid_to.is_(None), ClosureTerm.valid_to > first),
        )
    ).all()


def texts(session: Session, order_ids: Collection[int], at: datetime, known_at: datetime | None) -> Mapping[int, str]:
    """What orders said of ``at``, as known then, by their ids."""
    rows = session.execute(
        select(ClosureTerm.order_id, ClosureTerm.text).where(
            ClosureTerm.order_id.in_(order_ids),
            _known(known_at),
            ClosureTerm.valid_from <= at,
            or_(ClosureTerm.valid_to.is_(None), ClosureTerm.valid_to > at),
        )
    )
    return {row.order_id: row.text for row in rows}


def concerning(lineage: Sequence[int], *, below: bool, over: bool | None, now: datetime) -> Select[ClosureOrder]:
    """Orders for the end of ``lineage`` or an institution above it; or, ``below``, for it or what stands below it.

    ``over``: those alone of which nothing holds now or later; false: the others.
    """
    found = select(ClosureOrder).where(
        ClosureOrder.lineage.contains([lineage[-1]]) if below else ClosureOrder.institution_id.in_(lineage)
    )
    if over is None:
        return found
    left = exists().where(_of_order(), _known(None), or_(ClosureTerm.valid_to.is_(None), ClosureTerm.valid_to > now))
    return found.where(~left if over else left)


def find(session: Session, lineage: Sequence[int], order_id: int, *, lock: bool = False) -> ClosureOrder | None:
    """An order that concerns the end of ``lineage``: for it, above it or below it."""
    statement = select(ClosureOrder).where(
        ClosureOrder.id == order_id,
        or_(ClosureOrder.institution_id.in_(lineage), ClosureOrder.lineage.contains([lineage[-1]])),
    )
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def terms(session: Session, order_ids: Collection[int], *, known_now: bool) -> Sequence[ClosureTerm]:
    """What orders say in order of time; with what they were once thought to say, unless ``known_now``."""
    statement = select(ClosureTerm).where(ClosureTerm.order_id.in_(order_ids))
    if known_now:
        statement = statement.where(ClosureTerm.known_to.is_(None))
    return session.scalars(statement.order_by(ClosureTerm.known_from, ClosureTerm.valid_from, ClosureTerm.id)).all()


def unfinished(session: Session, institution_id: int, now: datetime) -> Sequence[ClosureOrder]:
    """The orders for a place that hold, or are going to."""
    lasting = select(ClosureTerm.order_id).where(
        ClosureTerm.institution_id == institution_id,
        ClosureTerm.known_to.is_(None),
        or_(ClosureTerm.valid_to.is_(None), ClosureTerm.valid_to > now),
    )
    return session.scalars(
        select(ClosureOrder)
        .where(ClosureOrder.institution_id == institution_id, ClosureOrder.id.in_(lasting))
        .order_by(ClosureOrder.id)
    ).all()


def is_numbered(session: Session, institution_id: int, issuer_id: int, number: str) -> bool:
    """Whether an issuer has an order of that number for a place."""
    found = select(ClosureOrder.id).where(
        ClosureOrder.institution_id == institution_id,
        ClosureOrder.issuer_id == issuer_id,
        ClosureOrder.number == number,
    )
    return session.scalars(found).first() is not None


def supersede(session: Session, terms: Sequence[ClosureTerm], moment: datetime) -> None:
    """What these terms say is known no longer."""
    session.execute(
        update(ClosureTerm)
        .where(ClosureTerm.institution_id == terms[0].institution_id, ClosureTerm.id.in_([one.id for one in terms]))
        .values(known_to=moment)
        .execution_options(synchronize_session="fetch")
    )


def add_terms(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """What orders say from now on."""
    session.execute(insert(ClosureTerm), rows)


def _of_order() -> ColumnElement[bool]:
    return and_(ClosureOrder.institution_id == ClosureTerm.institution_id, ClosureOrder.id == ClosureTerm.order_id)


def _placed(lineage: Sequence[int], *, below: bool) -> ColumnElement[bool]:
    above = ClosureTerm.institution_id.in_(lineage)
    return or_(above, ClosureTerm.lineage.contains([lineage[-1]])) if below else above


def _known(known_at: datetime | None) -> ColumnElement[bool]:
    if known_at is None:
        return ClosureTerm.known_to.is_(None)
    later = or_(ClosureTerm.known_to.is_(None), ClosureTerm.known_to > known_at)
    return and_(ClosureTerm.known_from <= known_at, later)
