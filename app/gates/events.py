"""What happens at the gates."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class FeverAtGate(Event):
    """Somebody with a fever was turned away; ``event_id`` names the event, which holds the rest."""

    queue: ClassVar[Queue] = Queue.ALERTS

    event_id: str
    day: str


@dataclass(frozen=True)
class PassRevoked(Event):
    """A pass lets nobody in any more."""

    queue: ClassVar[Queue] = Queue.ALERTS

    pass_id: int


@dataclass(frozen=True)
class StayRunsOut(Event):
    """Scheduled: somebody who came in should have left by now; ``event_id`` names the event of coming in."""

    area_id: int
    person_id: int
    pass_id: int
    event_id: str


@dataclass(frozen=True)
class Overstayed(Event):
    """Somebody is still inside who should have left; told once for each stay, which ``event_id`` began."""

    area_id: int
    event_id: str
