"""Messages on their way out, each in a task of its own. Each listener may run twice, and late."""

from sqlalchemy.orm import Session

from app.kernel.events import listen, listen_abandoned
from app.notifications import service
from app.notifications.events import DeliveryDue, MessagesWritten, ReminderDue, RemindersWritten


def plan(session: Session, happened: MessagesWritten) -> None:
    """Choose the channels of new messages."""
    service.plan(session, happened.institution_id, happened.message_ids)


def send(session: Session, happened: DeliveryDue) -> None:
    """Try to send a delivery."""
    service.send(session, happened.institution_id, happened.delivery_id)


def abandon(session: Session, happened: DeliveryDue) -> None:
    """Say of a delivery that it will not be sent."""
    service.abandon(session, happened.institution_id, happened.delivery_id)


for _written in (MessagesWritten, RemindersWritten):
    listen(_written, plan)
for _due in (DeliveryDue, ReminderDue):
    listen(_due, send)
    listen_abandoned(_due, abandon)
