"""Statements on robots and deliveries of an institution."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.notifications.models import Delivery, DeliveryState, Robot


def robots(session: Session, institution_id: int) -> Sequence[Robot]:
    """The robots of an institution."""
    return session.scalars(select(Robot).where(Robot.institution_id == institution_id).order_by(Robot.id)).all()


def robot(session: Session, institution_id: int, robot_id: int) -> Robot | None:
    """A robot of an institution."""
    return session.scalars(
        select(Robot).where(Robot.institution_id == institution_id, Robot.id == robot_id)
    ).one_or_none()


def insert_new(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert deliveries that leave by themselves; their ids, in the order of the rows."""
    # No arrays for the columns: one of them holds arrays itself.
    statement = insert(Delivery).returning(Delivery.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows)) if rows else []


def gather(session: Session, row: Mapping[str, Any]) -> int | None:
    """Add messages to what is gathered for a receiver and channel; the id of a new delivery where nothing was."""
    statement = insert(Delivery).values(row)
    key = [Delivery.institution_id, Delivery.account_id, Delivery.robot_id, Delivery.channel]
    found = session.execute(
        statement.on_conflict_do_update(
            index_elements=key,
            index_where=Delivery.gathering & (Delivery.state == DeliveryState.QUEUED),
            set_={"message_ids": Delivery.message_ids + statement.excluded.message_ids},
        ).returning(Delivery.id, func.cardinality(Delivery.message_ids).label("gathered"))
    ).one()
    return found.id if found.gathered == len(row["message_ids"]) else None


def lock(session: Session, institution_id: int, delivery_id: int) -> Delivery | None:
    """A delivery, for whoever sends it."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.institution_id == institution_id, Delivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def narrowed(statement: Select[Delivery], institution_id: int, filters: Mapping[str, Any]) -> Select[Delivery]:
    """The deliveries of an institution, with an equality for each filter that has a value."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    return statement.where(Delivery.institution_id == institution_id).filter_by(**wanted)


def counts(session: Session, statement: Select[Delivery], since: datetime) -> Sequence[Any]:
    """(template, channel, state, how many) of some deliveries that were made since a moment."""
    found = statement.where(Delivery.made_at >= since).subquery()
    by = (found.c.template, found.c.channel, found.c.state)
    return session.execute(select(*by, func.count().label("count")).group_by(*by).order_by(*by)).all()


def purge(session: Session, before: datetime) -> None:
    """Delete what was made before a moment, of the institutions in scope."""
    session.execute(delete(Delivery).where(Delivery.made_at < before).execution_options(synchronize_session=False))
