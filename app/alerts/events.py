"""What has to be told school by school."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class ClosureToTell(Event):
    """The people of a school are to be told of a change in an order that holds for it."""

    order_id: int
    version: int
    queue: ClassVar[Queue] = Queue.BULK
