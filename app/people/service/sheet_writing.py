"""The rows of a sheet written to the roll: set by set, whatever their number."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.service import Actor
from app.identity import service as identity
from app.kernel import clock
from app.kernel.bulk import insert_rows, reserve_ids, update_rows
from app.people.errors import DayNotPossible
from app.people.models import Guardian, Person, PersonKind, PersonState, Standing
from app.people.queries import standings
from app.people.service import bindings, rolls, values
from app.people.service.sheet_rows import Contact, Entry

Tick = Callable[[int], None]
_STEP = 500


@dataclass(slots=True)
class Batch:
    """What is to be written, collected by table."""

    institution_id: int
    kind: PersonKind
    day: date
    due: bool  # whether a reading is owed of them
    persons: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    standings: list[dict[str, Any]] = field(default_factory=list)
    guardians: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    moves: Counter[rolls.Place] = field(default_factory=Counter)
    contacts: list[tuple[int, Contact]] = field(default_factory=list)  # student, guardian
    own_phones: list[tuple[int, str, str]] = field(default_factory=list)  # person, phone, name


def write(session: Session, actor: Actor, batch: Batch, entries: Sequence[Entry], tick: Tick) -> None:
    """Enrol and update everybody in ``entries``; raises `DayNotPossible` before a later change of someone's place."""
    new = [entry for entry in entries if entry.person is None]
    ids = iter(reserve_ids(session, "person", len(new) + sum(len(entry.members) for entry in entries)))
    _restand(session, batch, [entry for entry in entries if entry.person is not None])
    for place, entry in enumerate(entries, 1):
        person_id = entry.person.id if entry.person is not None else next(ids)
        _collect(batch, entry, person_id)
        for member in entry.members:
            batch.members.append(_member(batch, next(ids), person_id, member))
        if place % _STEP == 0:
            tick(place)
    insert_rows(session, Person, batch.persons)
    update_rows(session, Person, batch.updates)
    insert_rows(session, Person, batch.members)
    insert_rows(session, Standing, batch.standings)
    _bind(session, actor, batch)
    rolls.shift(session, batch.institution_id, batch.day, batch.moves)


def _restand(session: Session, batch: Batch, entries: Sequence[Entry]) -> None:
    """Move those who stand elsewhere now."""
    moved = {
        entry.person.id: entry
        for entry in entries
        if entry.person is not None and entry.unit_id is not None and entry.unit_id != entry.person.unit_id
    }
    for person_id, standing in standings.open_standings(session, batch.institution_id, list(moved)).items():
        if standing.valid_from > batch.day:
            raise DayNotPossible
        entry = moved[person_id]
        batch.moves[standing.unit_id, standing.due] -= 1
        batch.moves[entry.unit_id, batch.due] += 1
        if standing.valid_from == batch.day:
            standing.unit_id, standing.due = entry.unit_id, batch.due
        else:
            standing.valid_to = batch.day
            batch.standings.append(_standing(batch, person_id, entry.unit_id))
    session.flush()


def _collect(batch: Batch, entry: Entry, person_id: int) -> None:
    if entry.person is None:
        batch.persons.append(_person(batch, entry, person_id))
        batch.standings.append(_standing(batch, person_id, entry.unit_id))
        batch.moves[entry.unit_id, batch.due] += 1
    else:
        update = _update(batch, entry, entry.person)
        if any(value != getattr(entry.person, name) for name, value in update.items()):
            batch.updates.append({**update, "version": entry.person.version + 1})
    batch.contacts.extend((person_id, contact) for contact in entry.guardians)
    # The phone of a student may be a watch; that of a member of staff is how they sign in.
    if batch.kind is PersonKind.STAFF and entry.phone is not None:
        batch.own_phones.append((person_id, entry.phone, entry.name))


def _person(batch: Batch, entry: Entry, person_id: int) -> dict[str, Any]:
    return {
        **_base(batch, person_id, batch.kind, entry.name),
        "number": entry.number,
        "unit_id": entry.unit_id,
        "dormitory_id": entry.dormitory_id,
        **values.protected_identity("person", batch.institution_id, person_id, entry.identity),
        **values.protected_phone("person", batch.institution_id, person_id, entry.phone),
    }


def _member(batch: Batch, person_id: int, student_id: int, contact: Contact) -> dict[str, Any]:
    base = _base(batch, person_id, PersonKind.HOUSEHOLD, contact.name)
    return {**base, "student_id": student_id, "relation": contact.relation}


def _base(batch: Batch, person_id: int, kind: PersonKind, name: str) -> dict[str, Any]:
    return {
        "institution_id": batch.institution_id,
        "id": person_id,
        "kind": kind,
        "state": PersonState.ENROLLED,
        "name": name,
        "enrolled_on": batch.day,
    }


def _standing(batch: Batch, person_id: int, unit_id: int | None) -> dict[str, Any]:
    return {
        "institution_id": batch.institution_id,
        "person_id": person_id,
        "valid_from": batch.day,
        "valid_to": None,
        "unit_id": unit_id,
        "due": batch.due,
    }


def _update(batch: Batch, entry: Entry, person: Person) -> dict[str, Any]:
    """The whole of what an import can change; an empty cell leaves what stands."""
    row = {
        "institution_id": batch.institution_id,
        "id": person.id,
        "name": entry.name,
        "number": entry.number or person.number,
        "unit_id": entry.unit_id or person.unit_id,
        "dormitory_id": entry.dormitory_id or person.dormitory_id,
    }
    for column in ("identity_cipher", "identity_fingerprint", "identity_masked"):
        row[column] = getattr(person, column)
    for column in ("phone_cipher", "phone_fingerprint", "phone_masked"):
        row[column] = getattr(person, column)
    if entry.identity and entry.identity_fingerprint != person.identity_fingerprint:
        row |= values.protected_identity("person", batch.institution_id, person.id, entry.identity)
    if entry.phone and entry.phone_fingerprint != person.phone_fingerprint:
        row |= values.protected_phone("person", batch.institution_id, person.id, entry.phone)
    return row


def _bind(session: Session, actor: Actor, batch: Batch) -> None:
    """Write the guardians, and let the accounts of all phones answer for whom they belong to."""
    names = {phone: name for _, phone, name in batch.own_phones}
    names |= {contact.phone: contact.name for _, contact in batch.contacts if contact.phone}
    accounts = identity.ensure_family_accounts(session, names) if names else {}
    fresh = [(student_id, contact) for student_id, contact in batch.contacts if contact.stands is None]
    ids = reserve_ids(session, "guardian", len(fresh))
    now = clock.now()
    for guardian_id, (student_id, contact) in zip(ids, fresh, strict=True):
        account_id = accounts[contact.phone] if contact.phone else None
        batch.guardians.append(
            {
                "institution_id": batch.institution_id,
                "id": guardian_id,
                "student_id": student_id,
                "name": contact.name,
                "relation": contact.relation,
                **values.protected_phone("guardian", batch.institution_id, guardian_id, contact.phone),
                "account_id": account_id,
                "bound_at": now if account_id is not None else None,
            }
        )
    insert_rows(session, Guardian, batch.guardians)
    for _, contact in batch.contacts:
        if contact.stands is not None and contact.phone is not None:
            _reach(batch, contact.stands, contact.phone, accounts[contact.phone])
    session.flush()
    access.grant_all(session, actor, _memberships(batch, accounts))


def _reach(batch: Batch, row: Guardian, phone: str, account_id: int) -> None:
    for name, value in values.protected_phone("guardian", batch.institution_id, row.id, phone).items():
        setattr(row, name, value)
    row.account_id, row.bound_at = account_id, clock.now()


def _memberships(batch: Batch, accounts: dict[str, int]) -> list[dict[str, Any]]:
    """Sorted by account: two imports with families in common meet in one order."""
    guardianships = [
        bindings.guardianship(batch.institution_id, student_id, accounts[contact.phone])
        for student_id, contact in batch.contacts
        if contact.phone
    ]
    own = [
        bindings.own_membership(batch.institution_id, person_id, batch.kind, accounts[phone])
        for person_id, phone, _ in batch.own_phones
    ]
    return sorted([*guardianships, *own], key=lambda one: (one["account_id"], one["person_id"]))
