"""What has to be done about messages outside of inboxes. What presses never waits for a province's reminders."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class MessagesWritten(Event):
    """Messages stand in inboxes and are to leave by other channels at once."""

    message_ids: tuple[int, ...]
    queue: ClassVar[Queue] = Queue.ALERTS


@dataclass(frozen=True)
class RemindersWritten(MessagesWritten):
    """The same for what can wait a little."""

    queue: ClassVar[Queue] = Queue.BULK


@dataclass(frozen=True)
class DeliveryDue(Event):
    """A delivery is to be sent at once."""

    delivery_id: int
    queue: ClassVar[Queue] = Queue.ALERTS


@dataclass(frozen=True)
class ReminderDue(DeliveryDue):
    """The same for what can wait a little."""

    queue: ClassVar[Queue] = Queue.BULK
