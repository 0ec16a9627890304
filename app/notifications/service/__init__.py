"""What the floors above tell people (`writing`), what people do with it (`inbox`), texts that cannot wait (`texts`)."""

from app.notifications.service.inbox import list_messages, mark_read, mark_read_up_to, purge
from app.notifications.service.texts import send_text
from app.notifications.service.writing import Notice, notify, notify_all
from app.notifications.templates import Template

__all__ = [
    "Notice",
    "Template",
    "list_messages",
    "mark_read",
    "mark_read_up_to",
    "notify",
    "notify_all",
    "purge",
    "send_text",
]
