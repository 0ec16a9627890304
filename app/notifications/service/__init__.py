"""What the floors above tell people (`writing`), how it reaches them, and what they do with it.

`planning` chooses channels, `sending` goes through with it, within `limits`; `books` are registered from above.
`inbox`, `channels`, `robots` and `following` answer those who look; `texts` are sent within a request.
"""

from sqlalchemy.orm import Session

from app.notifications.service import following, inbox
from app.notifications.service.books import BOOKS, Book, register_book, register_check
from app.notifications.service.channels import allow_wechat, choose_channel, list_allowances, list_channels
from app.notifications.service.following import count_deliveries, list_deliveries
from app.notifications.service.inbox import list_messages, mark_read, mark_read_up_to
from app.notifications.service.planning import plan
from app.notifications.service.robots import add_robot, list_robots, remove_robot, try_robot
from app.notifications.service.sending import abandon, send
from app.notifications.service.texts import send_mail, send_text
from app.notifications.service.writing import Notice, notify, notify_all
from app.notifications.templates import Channel, Template

__all__ = [
    "BOOKS",
    "Book",
    "Channel",
    "Notice",
    "Template",
    "abandon",
    "add_robot",
    "allow_wechat",
    "choose_channel",
    "count_deliveries",
    "list_allowances",
    "list_channels",
    "list_deliveries",
    "list_messages",
    "list_robots",
    "mark_read",
    "mark_read_up_to",
    "notify",
    "notify_all",
    "plan",
    "purge",
    "register_book",
    "register_check",
    "remove_robot",
    "send",
    "send_mail",
    "send_text",
    "try_robot",
]


def purge(session: Session) -> None:
    """Forget old messages and deliveries, and what no limit counts."""
    inbox.purge(session)
    following.purge(session)
