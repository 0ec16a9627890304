"""The rows of a sheet held against the roll: whom they name, where those stand, what is new about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.institutions.models import Unit, UnitKind
from app.kernel.sheet_errors import Found
from app.people.models import Guardian, Person, PersonKind
from app.people.queries import guardians as guardian_rows
from app.people.queries import persons as queries
from app.people.schemas import MAX_GUARDIANS
from app.people.service.sheet_rows import Contact, Entry


@dataclass(slots=True)
class Roll:
    """What the school has: its units and persons, by what a sheet calls them."""

    units: dict[tuple[UnitKind, str], Unit]
    by_number: dict[str, Person]
    by_identity: dict[bytes, Person]


def load(session: Session, institution_id: int, kind: PersonKind) -> Roll:
    """The roll as it stands; the caller holds the lock of the school."""
    people = queries.enrolled(session, institution_id, kinds=[kind])
    return Roll(
        units={(unit.kind, unit.name): unit for unit in queries.units(session, institution_id)},
        by_number={person.number: person for person in people if person.number is not None},
        by_identity={
            person.identity_fingerprint: person for person in people if person.identity_fingerprint is not None
        },
    )


def match(entries: Sequence[Entry], roll: Roll, kind: PersonKind, found: Found, *, create_units: bool) -> None:
    """Say of each entry whom it updates and where the person shall stand."""
    numbers: dict[str, int] = {}
    identities: dict[bytes, int] = {}
    for entry in entries:
        _once(entry, entry.number, numbers, "number", found)
        _once(entry, entry.identity_fingerprint, identities, "identity_number", found)
        _person(entry, roll, found)
        _places(entry, roll, kind, found, create_units=create_units)


def _once(
    entry: Entry, key: str | bytes | None, seen: dict[str, int] | dict[bytes, int], column: str, found: Found
) -> None:
    if key is None:
        return
    first = seen.setdefault(key, entry.row)  # type: ignore[arg-type]  # the callers pair keys with their own dict
    if first != entry.row:
        found.add(entry.row, column, "people.twice_in_file", first=first)


def _person(entry: Entry, roll: Roll, found: Found) -> None:
    numbered = roll.by_number.get(entry.number) if entry.number else None
    identified = roll.by_identity.get(entry.identity_fingerprint) if entry.identity_fingerprint else None
    if numbered and identified and numbered is not identified:
        found.add(entry.row, "number", "people.two_persons")
    entry.person = numbered or identified


def _places(entry: Entry, roll: Roll, kind: PersonKind, found: Found, *, create_units: bool) -> None:
    column = "class" if kind is PersonKind.STUDENT else "department"
    kinds = (UnitKind.CLASS,) if kind is PersonKind.STUDENT else (UnitKind.DEPARTMENT, UnitKind.GRADE)
    entry.unit_id = _unit(entry.unit, kinds, roll)
    if entry.unit and entry.unit_id is None and not create_units:
        found.add(entry.row, column, "people.unit_unknown")
    entry.dormitory_id = _unit(entry.dormitory, (UnitKind.DORMITORY,), roll)
    if entry.dormitory and entry.dormitory_id is None and not create_units:
        found.add(entry.row, "dormitory", "people.dormitory_unknown")


def _unit(name: str, kinds: Iterable[UnitKind], roll: Roll) -> int | None:
    there = (roll.units.get((kind, name)) for kind in kinds)
    return next((unit.id for unit in there if unit is not None), None) if name else None


def settle_contacts(session: Session, institution_id: int, entries: Sequence[Entry], found: Found) -> None:
    """Leave in each entry only those guardians and household members whom the student's lists do not have yet."""
    known = [entry.person.id for entry in entries if entry.person is not None]
    listed: dict[int, list[Guardian]] = {}
    members: dict[int, set[tuple[str, str]]] = {}
    if known:
        for row in guardian_rows.listed(session, institution_id, known):
            listed.setdefault(row.student_id, []).append(row)
        for member in queries.households(session, institution_id, known):
            members.setdefault(member.ward_id, set()).add((member.name, member.relation or ""))
    for entry in entries:
        there = listed.get(entry.person.id, []) if entry.person else []
        entry.guardians = [one for one in entry.guardians if _is_new(one, there)]
        added = [one for one in entry.guardians if one.stands is None]
        if len(there) + len(added) > MAX_GUARDIANS:
            found.add(entry.row, "guardian_1_name", "people.too_many_guardians", limit=MAX_GUARDIANS)
        household = members.get(entry.person.id, set()) if entry.person else set()
        entry.members = [one for one in entry.members if (one.name, one.relation) not in household]


def _is_new(contact: Contact, there: Sequence[Guardian]) -> bool:
    """Whether the list lacks this guardian, or has the name without a phone (``stands`` then says which entry)."""
    if contact.phone_fingerprint is None:
        return all(row.name != contact.name for row in there)
    if any(row.phone_fingerprint == contact.phone_fingerprint for row in there):
        return False
    unreached = [row for row in there if row.name == contact.name and row.account_id is None]
    contact.stands = unreached[0] if unreached else None
    return True
