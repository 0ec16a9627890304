"""An account's own inbox."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.kernel import clock, paging
from app.kernel.errors import NotFound
from app.notifications.models import Message
from app.notifications.queries import inbox
from app.notifications.schemas import InboxOut, MessageOut, ReadUpOut
from app.notifications.service.writing import values_of
from app.notifications.templates import Template, write

KEPT: Final = timedelta(days=90)
# Transactions that began before a phone looked may commit after it: what changed shortly before is told once more.
OVERLAP: Final = timedelta(minutes=1)


def list_messages(
    session: Session, actor: Actor, page: paging.PageQuery, *, unread: bool, since: datetime | None
) -> InboxOut:
    """The caller's messages, newest first; after ``since``, a ``changed_at`` that was seen, only what has changed."""
    account_id = actor.account_id or 0
    statement = inbox.of_account(account_id, unread=unread, since=None if since is None else since - OVERLAP)
    rows, following = paging.fetch(session, statement, [Message.place], page)
    return InboxOut(
        items=[_told(one) for one in rows], next=following, unread=inbox.unread(session, account_id, clock.now())
    )


def mark_read(session: Session, actor: Actor, message_id: int) -> MessageOut:
    """Note that the caller has read a message; raises `NotFound`."""
    message = inbox.find(session, actor.account_id or 0, message_id)
    if message is None:
        raise NotFound
    if message.read_at is None:
        message.read_at = message.changed_at = clock.now()
        session.flush()
    return _told(message)


def mark_read_up_to(session: Session, actor: Actor, message_id: int) -> ReadUpOut:
    """Note that the caller has read a message and all before it."""
    account_id, now = actor.account_id or 0, clock.now()
    read = inbox.read_up_to(session, account_id, message_id, now)
    return ReadUpOut(read=read, unread=inbox.unread(session, account_id, now))


def purge(session: Session) -> None:
    """Forget messages that were written a quarter of a year ago."""
    inbox.purge(session, clock.now() - KEPT)


def _told(message: Message) -> MessageOut:
    template = Template(message.template)
    written = write(template, values_of(message))
    return MessageOut(
        id=message.id,
        institution_id=message.institution_id,
        template=template,
        title=written.title,
        text=written.text,
        urgency=message.urgency,
        link=message.link,
        written_at=message.written_at,
        until=message.until,
        read_at=message.read_at,
        changed_at=message.changed_at,
    )
