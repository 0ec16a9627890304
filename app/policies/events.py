"""What happens to rules."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class PolicyChanged(Event):
    """A setting was set or cleared for an institution and all below it."""

    key: str
