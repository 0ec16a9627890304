"""What happens to closures."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class ClosureChanged(Event):
    """An order for an institution and all below it was given, amended or lifted."""

    order_id: int
