"""What has to be told school by school, and when."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from app.kernel.events import Event, Queue


@dataclass(frozen=True)
class ClosureToTell(Event):
    """The people of a school are to be told of a change in an order that holds for it."""

    order_id: int
    version: int
    queue: ClassVar[Queue] = Queue.BULK


class Stage(StrEnum):
    """Who is reminded, one after the other."""

    GUARDIANS = "guardians"
    TEACHER = "teacher"
    PRINCIPAL = "principal"
    OFFICE = "office"


@dataclass(frozen=True)
class RemindersDue(Event):
    """The moment (``at``) for which a reminder of some schools was planned; ``day`` and ``at`` in ISO form.

    ``institution_id`` is the first of the schools, or the office that is told of them.
    """

    day: str
    slot: str
    stage: str
    at: str
    institution_ids: tuple[int, ...]
