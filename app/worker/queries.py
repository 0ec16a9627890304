"""Statements on the outbox."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.kernel.events import OutboxEntry


def take_due(
    session: Session, moment: datetime, again_at: datetime, attempts: int, limit: int
) -> Sequence[tuple[int, UUID]]:
    """Ids and task ids of rows that are due, oldest first, each put off until ``again_at``.

    Rows that another relay, or a worker at work, holds are passed over.
    """
    due = (
        select(OutboxEntry.id)
        .where(OutboxEntry.done_at.is_(None), OutboxEntry.due_at <= moment, OutboxEntry.attempts < attempts)
        .order_by(OutboxEntry.due_at, OutboxEntry.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(select(due.c.id)))
        .values(due_at=again_at)
        .returning(OutboxEntry.id, OutboxEntry.task_id)
        .execution_options(synchronize_session=False)
    )
    return sorted((row.id, row.task_id) for row in taken)


def give_back(session: Session, ids: Sequence[int], moment: datetime) -> None:
    """Make rows due at ``moment`` that could not be handed over."""
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(ids), OutboxEntry.done_at.is_(None))
        .values(due_at=moment)
        .execution_options(synchronize_session=False)
    )


def claim(session: Session, outbox_id: int) -> OutboxEntry | None:
    """The row, locked until the transaction ends; None where it is done or somebody else works on it."""
    return session.scalars(
        select(OutboxEntry)
        .where(OutboxEntry.id == outbox_id, OutboxEntry.done_at.is_(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()


def waiting(session: Session, moment: datetime, attempts: int) -> Sequence[int]:
    """Rows whose moment has come: those that were never tried, and those that are due again."""
    return session.scalars(
        select(OutboxEntry.id)
        .where(
            OutboxEntry.done_at.is_(None),
            OutboxEntry.recorded_at <= moment,
            or_(OutboxEntry.attempts == 0, OutboxEntry.due_at <= moment),
            OutboxEntry.attempts < attempts,
        )
        .order_by(OutboxEntry.id)
    ).all()


def sizes(session: Session, moment: datetime, attempts: int) -> tuple[int, int]:
    """How many rows wait whose moment has come, and how many have been given up."""
    given_up = OutboxEntry.attempts >= attempts
    row = session.execute(
        select(func.count().filter(~given_up), func.count().filter(given_up)).where(
            OutboxEntry.done_at.is_(None), OutboxEntry.recorded_at <= moment
        )
    ).one()
    return row[0], row[1]


def forget_done(session: Session, before: datetime) -> None:
    """Delete rows that were done before a moment."""
    session.execute(
        delete(OutboxEntry).where(OutboxEntry.done_at < before).execution_options(synchronize_session=False)
    )
