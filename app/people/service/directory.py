"""Who is meant by a number, an identity number or an id in a sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, visible
from app.people.models import Person, PersonKind, PersonState
from app.people.queries import persons as queries
from app.people.service import values
from app.people.service.values import WrongValueError

K = TypeVar("K", str, bytes)


@dataclass(slots=True)
class Directory:
    """The persons of a school (or of one unit of it) on whom somebody may act, by what a sheet calls them.

    Numbers are those of the roll; an id may also name a household member or somebody who has left. Each look-up gives
    the person's id, and raises `WrongValueError` for what is wrongly written or names nobody.
    """

    units: dict[int, int | None] = field(default_factory=dict)  # person -> where it stands now
    numbers: dict[str, list[int]] = field(default_factory=dict)
    identities: dict[bytes, list[int]] = field(default_factory=dict)

    def by_number(self, text: str) -> int:
        """By student or staff number."""
        number, _ = values.student_number(text, None)
        return _only(self.numbers, number)

    def by_identity(self, text: str) -> int:
        """By identity number."""
        return _only(self.identities, values.fingerprint_identity(values.identity_number(text)))

    def by_id(self, text: str) -> int:
        """By the id that the API gives."""
        if text.isascii() and text.isdigit() and int(text[:20]) in self.units:
            return int(text[:20])
        raise WrongValueError("people.person_unknown")


def directory(
    session: Session, actor: Actor, action: Action, institution_id: int, unit_id: int | None = None
) -> Directory:
    """Those of a school, or of a unit, on whom ``actor`` may do ``action``."""
    found = Directory()
    for row in queries.as_named(session, visible(actor, action, Person), institution_id, unit_id):
        found.units[row.id] = row.unit_id
        if row.state is PersonState.LEFT or row.kind is PersonKind.HOUSEHOLD:
            continue
        if row.number is not None:
            found.numbers.setdefault(row.number, []).append(row.id)
        if row.identity_fingerprint is not None:
            found.identities.setdefault(row.identity_fingerprint, []).append(row.id)
    return found


def _only(named: Mapping[K, Sequence[int]], key: K) -> int:
    persons = named.get(key, ())
    if len(persons) == 1:
        return persons[0]
    raise WrongValueError("people.number_of_two" if persons else "people.person_unknown")
