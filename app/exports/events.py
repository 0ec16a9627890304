"""What an export has to be told of later."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class ExportQueued(Event):
    """An export has persons left of whom it has not read."""

    queue: ClassVar[Queue] = Queue.BULK

    export_id: int
