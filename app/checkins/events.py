"""What the daily check-in tells those above it."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class FeverReported(Event):
    """A reading with a fever has landed, or a correction has made it one; ``day`` is an ISO date."""

    queue: ClassVar[Queue] = Queue.ALERTS
    person_id: int
    checkin_id: str
    day: str


@dataclass(frozen=True)
class SymptomReported(Event):
    """A reading with symptoms and no fever has landed, or a correction has made it one; ``day`` is an ISO date."""

    person_id: int
    checkin_id: str
    day: str
    queue: ClassVar[Queue] = Queue.ALERTS


@dataclass(frozen=True)
class ReadingsQueued(Event):
    """An import has readings that wait to be landed."""

    queue: ClassVar[Queue] = Queue.BULK
    import_id: int
