"""Who shows a document where nothing can be scanned: exactly one person by the whole number, or nobody.

A guard reads no roll. Whoever the roll does not know is found by the passes that were given to that identity number.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.gates.models import EntryPass
from app.gates.queries import events as rows
from app.gates.queries import passes as pass_rows
from app.people import service as people
from app.people.service import values

_WITH_IDENTITY: Final = "G"  # a student number of this kind is the letter and the identity number


@dataclass(frozen=True, slots=True)
class Documents:
    """What some numbers stand for at a school: persons on its roll, and passes of others."""

    persons: Mapping[str, int]
    passes: Mapping[str, Sequence[EntryPass]]

    def pass_at(self, number: str, at: datetime) -> EntryPass | None:
        """The newest of somebody's passes whose window it is, else the newest; the same on the way in and out."""
        given = self.passes.get(number, ())
        return max(given, key=lambda one: (one.valid_from <= at < one.valid_until, one.id), default=None)


def find(session: Session, institution_id: int, numbers: Collection[str]) -> Documents:
    """What is known of some numbers, each as it was read from a document."""
    if not numbers:
        return Documents({}, {})
    prints = {number: values.fingerprint_identity(number.removeprefix(_WITH_IDENTITY)) for number in numbers}
    by_print = people.by_identity(session, institution_id, list(prints.values()))
    persons = {number: by_print[one] for number, one in prints.items() if one in by_print}
    persons = rows.numbered(session, institution_id, numbers) | persons
    given: dict[bytes | None, list[EntryPass]] = defaultdict(list)
    for one in pass_rows.of_identities(session, institution_id, list(prints.values())):
        given[one.identity_fingerprint].append(one)
    return Documents(persons, {number: given[one] for number, one in prints.items() if one in given})
