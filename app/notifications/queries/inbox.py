"""Statements on messages; each names the account whose inbox it is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.kernel.bulk import insert_rows
from app.notifications.models import Message


def insert_new(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """Insert messages whose key their account has not had from this institution.

    (institution_id, key, account_id, id) of each.
    """
    return insert_rows(session, Message, rows, skip_known=True, returning=("institution_id", "key", "account_id", "id"))


def of_account(account_id: int, *, unread: bool, since: datetime | None) -> Select[Message]:
    """An account's messages: only those unread, or changed after ``since``, where asked."""
    statement = select(Message).where(Message.account_id == account_id)
    if unread:
        statement = statement.where(Message.read_at.is_(None))
    return statement if since is None else statement.where(Message.changed_at > since)


def find(session: Session, account_id: int, message_id: int) -> Message | None:
    """A message of an account, locked."""
    return session.scalars(
        select(Message).where(Message.id == message_id, Message.account_id == account_id).with_for_update()
    ).one_or_none()


def unread(session: Session, account_id: int, now: datetime) -> int:
    """How many messages of an account are unread and still of use."""
    return session.scalars(
        select(func.count()).where(Message.account_id == account_id, Message.read_at.is_(None), _useful(now))
    ).one()


def read_up_to(session: Session, account_id: int, message_id: int, now: datetime) -> int:
    """Mark as read what an account has had up to a message; how many were not."""
    marked = session.execute(
        update(Message)
        .where(Message.account_id == account_id, Message.read_at.is_(None), Message.place >= -message_id)
        .values(read_at=now, changed_at=now)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


def with_ids(session: Session, institution_id: int, ids: Collection[int]) -> Sequence[Message]:
    """Messages that an institution has sent."""
    return session.scalars(
        select(Message).where(Message.id.in_(ids), Message.institution_id == institution_id).order_by(Message.id)
    ).all()


def purge(session: Session, before: datetime) -> None:
    """Delete what was written before a moment."""
    session.execute(delete(Message).where(Message.written_at < before).execution_options(synchronize_session=False))


def _useful(now: datetime) -> ColumnElement[bool]:
    return or_(Message.until.is_(None), Message.until > now)
