"""What the daily check-in tells those above it."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class FeverReported(Event):
    """A reading with a fever has landed, or a correction has made it one; ``day`` is an ISO date."""

    person_id: int
    checkin_id: str
    day: str


@dataclass(frozen=True)
class ReadingsQueued(Event):
    """An import has readings that wait to be landed."""

    import_id: int
