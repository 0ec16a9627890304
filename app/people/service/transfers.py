"""What becomes of persons when their school goes up into another: they stand in that one, and their history stays.

This follows an event, which may come twice: who has gone already is not found a second time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.models import Membership
from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions.models import Institution, InstitutionState, Unit, UnitKind
from app.kernel.bulk import insert_rows, reserve_ids
from app.kernel.db import Scope, widen
from app.people.models import Guardian, Person, PersonKind, PersonState, Standing
from app.people.queries import guardians as guardian_rows
from app.people.queries import persons as queries
from app.people.queries import trails
from app.people.schemas import DepartureReason
from app.people.service import rolls, units, values
from app.people.service.closing import trace
from app.people.service.departures import depart


def carry_over(session: Session, from_id: int, into_id: int, day: date) -> int:
    """Enrol everybody of a merged school in the one that goes on, with units, guardians and accounts; how many came.

    The rows of the merged school stay as its history, and guardians may still read them there.
    """
    into = _surviving(session, from_id, into_id)
    for one in sorted((from_id, into.id)):
        queries.locked_institution(session, one)
    people = queries.enrolled(session, from_id)
    if not people:
        return 0
    carriage = _Carriage(from_id, into, day, _copy_units(session, from_id, into))
    _copy_persons(session, carriage, people)
    _copy_guardians(session, carriage)
    _copy_memberships(session, carriage)
    rolls.shift(session, into.id, day, carriage.moves)
    depart(session, people, day, DepartureReason.SCHOOL_MERGED)
    units.end_unit_memberships(session, from_id, list(carriage.units))
    for institution_id in (from_id, into.id):
        details = {"from": from_id, "into": into.id, "persons": len(carriage.fresh)}
        trace(session, institution_id, "people.carry_over", details)
    return len(carriage.fresh)


@dataclass(slots=True)
class _Carriage:
    """What goes where: old ids to new ones."""

    from_id: int
    into: Institution
    day: date
    units: dict[int, int]
    persons: dict[int, int] | None = None
    fresh: frozenset[int] = frozenset()
    moves: Counter[rolls.Place] = field(default_factory=Counter)

    def person(self, old: int) -> int:
        return (self.persons or {})[old]


def _surviving(session: Session, from_id: int, into_id: int) -> Institution:
    """The school that goes on: the one merged into may itself have been merged before this event was heard."""
    while True:
        widen(session, Scope(institutions=frozenset({from_id, into_id})))
        into = session.get_one(Institution, into_id)
        if into.state is not InstitutionState.MERGED or into.merged_into_id is None:
            return into
        into_id = into.merged_into_id


def _copy_units(session: Session, from_id: int, into: Institution) -> dict[int, int]:
    """The old school's units in the new one: grades of one name are one; other taken names get the school's."""
    old_name = session.get_one(Institution, from_id).name
    taken = {(unit.kind, unit.name): unit for unit in queries.units(session, into.id)}
    old = queries.units(session, from_id)
    copies: dict[int, Unit] = {}
    for unit in old:
        name = unit.name
        shared = taken.get((unit.kind, name))
        if shared is not None and unit.kind is UnitKind.GRADE:
            copies[unit.id] = shared
            continue
        if shared is not None:
            name = f"{name}（{old_name}）"
        copy = Unit(
            institution_id=into.id,
            kind=unit.kind,
            name=name,
            grade_level=unit.grade_level,
            responsible_account_id=unit.responsible_account_id,
        )
        taken[unit.kind, name] = copies[unit.id] = copy
        session.add(copy)
    session.flush()
    for unit in old:
        if (
            unit.parent_id in copies
            and copies[unit.id].parent_id is None
            and copies[unit.id] is not copies[unit.parent_id]
        ):
            copies[unit.id].parent_id = copies[unit.parent_id].id
    session.flush()
    if copies:
        units.trace(session, SYSTEM, into.id, "units.carry_over", [unit.id for unit in copies.values()])
    return {unit_id: unit.id for unit_id, unit in copies.items()}


def _copy_persons(session: Session, carriage: _Carriage, people: Sequence[Person]) -> None:
    """New rows for all but those whom the other school has on its roll already."""
    there = queries.enrolled(session, carriage.into.id)
    known = {(one.kind.value, one.identity_fingerprint): one.id for one in there if one.identity_fingerprint}
    numbers = {(one.kind, one.number) for one in there if one.number}
    ids = dict(zip((one.id for one in people), reserve_ids(session, "person", len(people)), strict=True))
    doubled = {
        one.id: known[one.kind.value, one.identity_fingerprint]
        for one in people
        if one.kind is not PersonKind.HOUSEHOLD
        and one.identity_fingerprint is not None
        and (one.kind.value, one.identity_fingerprint) in known
    }
    ids |= doubled
    fresh = [one for one in people if one.id not in doubled]
    rows = [_person(carriage, one, ids, numbers) for one in fresh]
    # Students before those who hang on them.
    insert_rows(session, Person, [row for row in rows if row["student_id"] is None])
    insert_rows(session, Person, [row for row in rows if row["student_id"] is not None])
    _let_stand(session, carriage, [row for row in rows if row["student_id"] is None])
    carriage.persons, carriage.fresh = ids, frozenset(one.id for one in fresh)


def _let_stand(session: Session, carriage: _Carriage, rows: Sequence[Mapping[str, Any]]) -> None:
    at, due = carriage.into.id, rolls.due_kinds(session, carriage.into.id)
    standings = [
        {
            "institution_id": at,
            "person_id": row["id"],
            "valid_from": carriage.day,
            "valid_to": None,
            "unit_id": row["unit_id"],
            "due": row["kind"] in due,
        }
        for row in rows
    ]
    insert_rows(session, Standing, standings)
    carriage.moves.update((row["unit_id"], row["due"]) for row in standings)


def _person(
    carriage: _Carriage, old: Person, ids: dict[int, int], numbers: set[tuple[PersonKind, str]]
) -> dict[str, Any]:
    # Two schools may have given one number of their own to two persons: the one who comes later loses it.
    number = None if old.number is None or (old.kind, old.number) in numbers else old.number
    at, new = carriage.into.id, ids[old.id]
    return {
        "institution_id": at,
        "id": new,
        "kind": old.kind,
        "state": PersonState.ENROLLED,
        "name": old.name,
        "number": number,
        "unit_id": carriage.units.get(old.unit_id or 0),
        "dormitory_id": carriage.units.get(old.dormitory_id or 0),
        "student_id": ids[old.student_id] if old.student_id is not None else None,
        "relation": old.relation,
        **values.protected_identity("person", at, new, values.plain_identity(old)),
        **values.protected_phone("person", at, new, values.plain_phone("person", old)),
        "enrolled_on": carriage.day,
    }


def _copy_guardians(session: Session, carriage: _Carriage) -> None:
    old = guardian_rows.listed(session, carriage.from_id, sorted(carriage.fresh))
    at = carriage.into.id
    rows = []
    for one, new in zip(old, reserve_ids(session, "guardian", len(old)), strict=True):
        phone = values.protected_phone("guardian", at, new, values.plain_phone("guardian", one))
        rows.append(
            {
                "institution_id": at,
                "id": new,
                "student_id": carriage.person(one.student_id),
                "name": one.name,
                "relation": one.relation,
                **phone,
                "phone_masked": one.phone_masked,
                "account_id": one.account_id,
                "bound_at": one.bound_at,
            }
        )
    insert_rows(session, Guardian, rows)


def _copy_memberships(session: Session, carriage: _Carriage) -> None:
    """Who answers for a person, is one, or teaches a class does so in the new school."""
    at = carriage.into.id
    persons = trails.own_memberships(session, carriage.from_id, list(carriage.persons or {}))
    copied = [_membership(one, at, None, carriage.person(one.person_id or 0)) for one in persons]
    teaching = [one for one in trails.unit_memberships(session, carriage.from_id) if one.unit_id in carriage.units]
    copied += [_membership(one, at, carriage.units[one.unit_id or 0], None) for one in teaching]
    access.grant_all(session, SYSTEM, copied)


def _membership(old: Membership, at: int, unit_id: int | None, person_id: int | None) -> dict[str, Any]:
    return {
        "account_id": old.account_id,
        "institution_id": at,
        "role": Role(old.role),
        "unit_id": unit_id,
        "person_id": person_id,
    }
