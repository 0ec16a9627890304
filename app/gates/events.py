"""What happens at the gates."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class FeverAtGate(Event):
    """Somebody with a fever was turned away; ``event_id`` names the event, which holds the rest."""

    event_id: str
    day: str


@dataclass(frozen=True)
class PassRevoked(Event):
    """A pass lets nobody in any more."""

    pass_id: int
