"""Messages as they are answered."""

from app.kernel.schemas import Id, Moment, Page, Schema
from app.notifications.models import Urgency
from app.notifications.templates import Template


class MessageOut(Schema):
    """A message in an inbox, in the language of the request. ``link``: where in the app it leads."""

    id: int
    institution_id: int
    template: Template
    title: str
    text: str
    urgency: Urgency
    link: str | None
    written_at: Moment
    until: Moment | None
    read_at: Moment | None
    changed_at: Moment


class InboxOut(Page[MessageOut]):
    """A page of an inbox. ``unread``: in the whole of it, what is over left out."""

    unread: int


class ReadUpIn(Schema):
    """The newest message that was seen; it and all before it are read."""

    up_to: Id


class ReadUpOut(Schema):
    """How many messages that were unread are read now, and how many are left."""

    read: int
    unread: int
