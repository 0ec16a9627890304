"""What happens to the tree; days are ISO texts, since payloads are JSON."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class InstitutionOpened(Event):
    """An institution was made."""


@dataclass(frozen=True)
class InstitutionMoved(Event):
    """An institution, with all below it, stands under another parent from ``effective_on``."""

    effective_on: str


@dataclass(frozen=True)
class InstitutionClosed(Event):
    """An institution takes no new facts from ``closed_on``."""

    closed_on: str


@dataclass(frozen=True)
class InstitutionMerged(Event):
    """An institution went up into ``into_id`` on the day ``on``; what stood directly below it stands there now."""

    into_id: int
    on: str


@dataclass(frozen=True)
class UnitsChanged(Event):
    """Units of a school were made, changed or closed, or somebody else answers for one."""
