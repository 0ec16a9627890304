"""What happens to requests, for the features that tell people."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class EntryAwaitsDecision(Event):
    """A step is open: whoever holds its roles at ``office_id`` is to decide. ``reminder``: it has been for long."""

    request_id: int
    step_id: int
    office_id: int
    reminder: bool


@dataclass(frozen=True)
class EntryDecided(Event):
    """A request has reached ``state``: approved, refused, returned for change, withdrawn or expired."""

    request_id: int
    state: str


@dataclass(frozen=True)
class EntryReminderDue(Event):
    """The hours have passed after which an undecided step is reminded of."""

    step_id: int


@dataclass(frozen=True)
class EntryWindowOver(Event):
    """The window of a request is over; what is undecided then has expired."""

    request_id: int
