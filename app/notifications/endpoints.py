"""Inboxes over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import Instant, PathId
from app.notifications import service
from app.notifications.schemas import InboxOut, MessageOut, ReadUpIn, ReadUpOut

router = APIRouter(route_class=RepeatableRoute, tags=["notifications"])
Receiver = Annotated[Actor, Allow(Action.INBOX_USE)]


@router.get("/me/messages", operation_id="list_messages")
def list_messages(
    session: UnitOfWork,
    actor: Receiver,
    page: Paging,
    *,
    unread: Annotated[bool, Query(description="only what was not read")] = False,
    since: Annotated[
        Instant | None, Query(description="the latest `changed_at` that was seen: only what has changed from then")
    ] = None,
) -> InboxOut:
    """Your messages, newest first."""
    return service.list_messages(session, actor, page, unread=unread, since=since)


@router.post("/me/messages/reads", operation_id="read_messages_up_to")
def read_messages_up_to(body: ReadUpIn, session: UnitOfWork, actor: Receiver) -> ReadUpOut:
    """Mark a message and all before it as read."""
    return service.mark_read_up_to(session, actor, body.up_to)


@router.post("/me/messages/{message_id}/reads", operation_id="read_message")
def read_message(message_id: PathId, session: UnitOfWork, actor: Receiver) -> MessageOut:
    """Mark a message as read."""
    return service.mark_read(session, actor, message_id)
