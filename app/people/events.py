"""What happened to persons, for the features above."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class PersonLeft(Event):
    """A student, member of staff or household member is no longer followed from ``left_on`` (a day) on."""

    person_id: int
    left_on: str
    reason: str


@dataclass(frozen=True)
class PersonMoved(Event):
    """A student or member of staff stands in another unit from ``effective_on`` (a day) on."""

    person_id: int
    effective_on: str


@dataclass(frozen=True)
class RollRulesChanged(Event):
    """Of whom a reading is owed at a school may have changed."""

    queue: ClassVar[Queue] = Queue.BULK


@dataclass(frozen=True)
class RollImported(Event):
    """A sheet has changed the roll."""

    queue: ClassVar[Queue] = Queue.BULK

    import_id: int
