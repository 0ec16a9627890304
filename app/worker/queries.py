"""Statements on the outbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.kernel.events import ATTEMPTS, OutboxEntry


def take_due(
    session: Session, moment: datetime, again_at: datetime, limit: int, *, names: Collection[str] | None = None
) -> Sequence[tuple[int, UUID, str]]:
    """Ids, task ids and names of rows that are due, oldest first, each put off until ``again_at``.

    Rows that another relay, or a worker at work, holds are passed over. ``names``: only events of these.
    """
    named = () if names is None else (OutboxEntry.name.in_(names),)
    due = (
        select(OutboxEntry.id)
        .where(OutboxEntry.done_at.is_(None), OutboxEntry.due_at <= moment, OutboxEntry.attempts < ATTEMPTS, *named)
        .order_by(OutboxEntry.due_at, OutboxEntry.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(select(due.c.id)))
        .values(due_at=again_at)
        .returning(OutboxEntry.id, OutboxEntry.task_id, OutboxEntry.name)
        .execution_options(synchronize_session=False)
    )
    return sorted((row.id, row.task_id, row.name) for row in taken)


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


class Backlog(NamedTuple):
    """Of one kind of events: rows that wait whose moment has come, since when the oldest does, and rows given up."""

    name: str
    waiting: int
    oldest: datetime | None
    given_up: int


def backlogs(session: Session, moment: datetime, attempts: int) -> Sequence[Backlog]:
    """What is left to do, by kind of event."""
    given_up = OutboxEntry.attempts >= attempts
    columns = (
        OutboxEntry.name,
        func.count().filter(~given_up),
        func.min(OutboxEntry.recorded_at).filter(~given_up),
        func.count().filter(given_up),
    )
    due = select(*columns).where(OutboxEntry.done_at.is_(None), OutboxEntry.recorded_at <= moment)
    return [Backlog(*row) for row in session.execute(due.group_by(OutboxEntry.name))]


def given_up(session: Session, attempts: int, ids: Sequence[int] | None, name: str | None) -> Sequence[OutboxEntry]:
    """Rows that have failed so often, oldest first; those of ``ids`` or of one kind where asked. Locked."""
    statement = select(OutboxEntry).where(OutboxEntry.done_at.is_(None), OutboxEntry.attempts >= attempts)
    if ids is not None:
        statement = statement.where(OutboxEntry.id.in_(ids))
    if name is not None:
        statement = statement.where(OutboxEntry.name == name)
    return session.scalars(statement.order_by(OutboxEntry.id).with_for_update()).all()


def forget_done(session: Session, before: datetime) -> None:
    """Delete rows that were done before a moment."""
    session.execute(
        delete(OutboxEntry).where(OutboxEntry.done_at < before).execution_options(synchronize_session=False)
    )
