"""One person: enrolled, read, changed, moved to another unit, gone."""

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, Facts, obtain, require, visible
from app.audit import service as audit
from app.kernel import events, paging, versions
from app.kernel.bulk import reserve_ids
from app.kernel.schemas import Page
from app.people.errors import DayNotPossible, wrong
from app.people.events import PersonMoved
from app.people.models import Person, PersonKind, PersonState, Standing
from app.people.queries import persons as queries
from app.people.queries import standings
from app.people.schemas import NewPerson, PersonChange, PersonOut, UnitChange
from app.people.service import bindings, rolls, values

_NOT_NULLABLE = ("name", "relation")


def list_persons(
    session: Session, actor: Actor, institution_id: int, filters: dict[str, Any], page: paging.PageQuery
) -> Page[PersonOut]:
    """The persons of a school whom the actor may see, as ``filters`` ask."""
    statement = queries.filtered(visible(actor, Action.PEOPLE_READ, Person), institution_id=institution_id, **filters)
    rows, following = paging.fetch(session, statement, [Person.id], page)
    return Page(items=[shown(row) for row in rows], next=following)


def read_person(session: Session, actor: Actor, person_id: int) -> PersonOut:
    """One person, numbers masked."""
    return shown(obtain(session, actor, Action.PEOPLE_READ, Person, person_id))


def shown(person: Person) -> PersonOut:
    """A person as it is answered."""
    return PersonOut(
        number=values.shown_number(person),
        identity_number=person.identity_masked,
        phone=person.phone_masked,
        **{name: getattr(person, name) for name in _AS_THEY_ARE},
    )


_AS_THEY_ARE = (
    "id",
    "institution_id",
    "kind",
    "state",
    "name",
    "unit_id",
    "dormitory_id",
    "student_id",
    "relation",
    "enrolled_on",
    "left_on",
    "version",
)


def enrol(session: Session, actor: Actor, institution_id: int, new: NewPerson) -> PersonOut:
    """Put a student or member of staff on the roll, with guardians; those with a phone are bound at once."""
    require(actor, Action.PEOPLE_MANAGE, Facts(institution_id=institution_id))
    if new.guardians and new.kind is not PersonKind.STUDENT:
        raise wrong("/guardians", "people.only_students")
    rolls.lock(session, institution_id)
    day = rolls.first_day(session, actor, institution_id, new.enrolled_on)
    rolls.check_units(session, institution_id, new.kind, new.unit_id, new.dormitory_id)
    person = Person(
        institution_id=institution_id,
        id=reserve_ids(session, "person", 1)[0],
        kind=new.kind,
        state=PersonState.ENROLLED,
        name=new.name,
        unit_id=new.unit_id,
        dormitory_id=new.dormitory_id,
        enrolled_on=day,
    )
    _set_numbers(person, {"identity_number": new.identity_number, "number": new.number, "phone": new.phone})
    session.add(person)
    session.flush()
    due = person.kind in rolls.due_kinds(session, institution_id)
    session.add(
        Standing(institution_id=institution_id, person_id=person.id, valid_from=day, unit_id=person.unit_id, due=due)
    )
    rolls.shift(session, institution_id, day, {(person.unit_id, due): 1})
    bindings.list_guardians_of(session, actor, person, new.guardians)
    audit.record(session, actor, "people.enrol", "person", person.id, institution_id=institution_id)
    session.flush()
    return shown(person)


def _set_numbers(person: Person, given: dict[str, str | None]) -> None:
    """Check and set those of number, identity number and phone that are given; null clears."""
    columns: dict[str, Any] = {}
    try:
        pointer = "/identity_number"
        identity = _identity_of(person, given)
        pointer = "/number"
        if "identity_number" in given and "number" not in given and values.holds_identity(person.number):
            given["number"] = f"G{identity}" if identity else None
        if given.get("number"):
            columns["number"], identity = values.student_number(str(given["number"]), identity)
        elif "number" in given:
            columns["number"] = None
        pointer = "/phone"
        if "phone" in given:
            phone = values.phone(str(given["phone"])) if given["phone"] else None
            columns |= values.protected_phone("person", person.institution_id, person.id, phone)
    except values.WrongValueError as error:
        raise wrong(pointer, error.code) from error
    if given.keys() & {"number", "identity_number"}:
        columns |= values.protected_identity("person", person.institution_id, person.id, identity)
    for name, value in columns.items():
        setattr(person, name, value)


def _identity_of(person: Person, given: dict[str, str | None]) -> str | None:
    if "identity_number" not in given:
        return values.plain_identity(person)
    wanted = given["identity_number"]
    return values.identity_number(wanted) if wanted else None


def change(session: Session, actor: Actor, person_id: int, wanted: PersonChange, if_match: str | None) -> PersonOut:
    """Change what is given; raises `PreconditionFailed` for another version than the one that was read."""
    person = rolls.held(session, actor, Action.PEOPLE_MANAGE, person_id)
    versions.require(person.version, if_match)
    given = wanted.model_dump(exclude_unset=True)
    for name in _NOT_NULLABLE:
        if name in given and given[name] is None:
            raise wrong(f"/{name}", "people.not_nullable")
    household = person.kind is PersonKind.HOUSEHOLD
    if "relation" in given and not household:
        raise wrong("/relation", "people.only_household")
    if household and (given.get("number") or given.get("dormitory_id")):
        raise wrong("/number" if given.get("number") else "/dormitory_id", "people.not_for_household")
    rolls.check_units(session, person.institution_id, person.kind, None, given.get("dormitory_id"))
    _set_numbers(person, {name: given[name] for name in ("number", "identity_number", "phone") if name in given})
    for name in ("name", "relation", "dormitory_id"):
        if name in given:
            setattr(person, name, given[name])
    person.version += 1
    _trace(session, actor, "people.change", person, fields=sorted(given))
    session.flush()
    return shown(person)


def change_unit(session: Session, actor: Actor, person_id: int, wanted: UnitChange) -> PersonOut:
    """Move a student to another class, a member of staff to another department, from a day on."""
    person = rolls.held(session, actor, Action.PEOPLE_MANAGE, person_id)
    if person.kind is PersonKind.HOUSEHOLD:
        raise wrong("/unit_id", "people.not_for_household")
    standing = standings.open_standing(session, person.institution_id, person.id)
    day = rolls.first_day(session, actor, person.institution_id, wanted.effective_on)
    rolls.check_units(session, person.institution_id, person.kind, wanted.unit_id, None)
    if standing is None or day < standing.valid_from:
        raise DayNotPossible
    if wanted.unit_id == person.unit_id:
        return shown(person)
    due = person.kind in rolls.due_kinds(session, person.institution_id)
    moves = Counter({(standing.unit_id, standing.due): -1})
    moves[wanted.unit_id, due] += 1
    restand(session, standing, day, wanted.unit_id, due=due)
    details = {"from": person.unit_id, "to": wanted.unit_id, "on": day.isoformat()}
    person.unit_id = wanted.unit_id
    person.version += 1
    session.flush()
    rolls.shift(session, person.institution_id, day, moves)
    events.record(session, PersonMoved(person.institution_id, person.id, day.isoformat()))
    _trace(session, actor, "people.change_unit", person, **details)
    return shown(person)


def restand(session: Session, standing: Standing, day: date, unit_id: int | None, *, due: bool) -> None:
    """Let where someone stands change from ``day`` on; a second change of one day replaces the first."""
    if standing.valid_from == day:
        standing.unit_id, standing.due = unit_id, due
        return
    standing.valid_to = day
    session.flush()
    session.add(
        Standing(institution_id=standing.institution_id, person_id=standing.person_id, valid_from=day, unit_id=unit_id)
    )


def _trace(session: Session, actor: Actor, act: str, person: Person, **details: Any) -> None:
    audit.record(session, actor, act, "person", person.id, institution_id=person.institution_id, details=details)
