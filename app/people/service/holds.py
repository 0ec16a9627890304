"""Who is held back from entering, by the features that know why; each declares its hold once.

The door stands here, beneath them all: whoever lets people in asks one question, and a feature that is added brings
its hold without a change elsewhere.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

Finder = Callable[[Session, int, Collection[int], datetime], Collection[int]]


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule by which persons may not enter; the texts say why, and who can lift it.

    ``find(session, institution_id, person_ids, at)`` says which of them it holds back at that moment, in a fixed number
    of statements however many they are.
    """

    name: str
    zh: str
    en: str
    lifted_by_zh: str
    lifted_by_en: str
    find: Finder


HOLDS: dict[str, Hold] = {}


def register_hold(hold: Hold) -> None:
    """Make a hold known; raises ValueError where another has its name."""
    if HOLDS.get(hold.name, hold) is not hold:
        raise ValueError(f"two holds are called {hold.name}")
    HOLDS[hold.name] = hold


def holds_of(
    session: Session, institution_id: int, person_ids: Collection[int], at: datetime
) -> Mapping[int, list[Hold]]:
    """What holds back each of these persons of a school at a moment; who is not in the answer may enter."""
    found: dict[int, list[Hold]] = {}
    if person_ids:
        for hold in HOLDS.values():
            for person_id in hold.find(session, institution_id, person_ids, at):
                found.setdefault(person_id, []).append(hold)
    return found
