"""Who asks for whom: a school's people for themselves, guardians, teachers and offices for a list or a class."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.access.actor import Actor, Held
from app.access.roles import Action, Reach
from app.access.service import obtain, visible
from app.entries.models import EntryKind
from app.entries.queries import requests as queries
from app.entries.schemas.requests import EntryIn, EntryOut, HealthIn, UnitEntryIn
from app.entries.service import filing, telling
from app.entries.service.filing import Someone
from app.institutions import service as institutions
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Unit
from app.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from app.kernel.language import pick
from app.people.errors import SchoolNotOpen
from app.people.models import Person


def ask(session: Session, actor: Actor, institution_id: int, asked: EntryIn) -> EntryOut:
    """File a request for persons whom the caller may enter, and for others who come with them.

    Raises `NotFound`, `Forbidden`, `SchoolNotOpen`, `Invalid`.
    """
    _demand_school(session, actor, institution_id)
    held = [(reach, one) for reach, one in _reaches(actor) if one.institution_id == institution_id]
    if not held:
        raise Forbidden
    wanted = {one.person_id: one.health for one in asked.persons}
    found = _reachable(session, actor, institution_id, list(wanted))
    others = filing.read_outsiders(asked.others, "/others")
    people = [Someone(one.id, one.name, wanted[one.id].model_dump(mode="json")) for one in found]
    anchors = found or _wards(session, actor, institution_id, held)
    request = filing.draft(institution_id, _kind(found, held), actor.account_id, _unit(anchors), asked)
    filing.file(session, actor.account_id, request, [*people, *others])
    return telling.whole(session, request)


def ask_for_unit(session: Session, actor: Actor, unit_id: int, asked: UnitEntryIn) -> EntryOut:
    """File one request for a class or department, or for some who stand in it; each is answered for.

    Raises `NotFound`, `Forbidden`, `SchoolNotOpen`, `Invalid`.
    """
    unit = obtain(session, actor, Action.ENTRIES_REQUEST, Unit, unit_id)
    _demand_school(session, actor, unit.institution_id)
    statement = queries.of_unit(visible(actor, Action.ENTRIES_REQUEST, Person), unit.institution_id, unit.id)
    found = session.scalars(statement).all()
    if asked.person_ids is not None:
        chosen = set(asked.person_ids)
        found = [one for one in found if one.id in chosen]
        if len(found) < len(chosen):
            raise NotFound
    if not found:
        text = pick("至少要有一个人。", "At least one person is wanted.")
        raise Invalid(errors=[FieldError("/person_ids", "somebody", text)])
    people = [Someone(one.id, one.name, HealthIn().model_dump(mode="json")) for one in found]
    request = filing.draft(unit.institution_id, EntryKind.ROLL, actor.account_id, unit.id, asked)
    filing.file(session, actor.account_id, request, people)
    return telling.whole(session, request)


def _demand_school(session: Session, actor: Actor, institution_id: int) -> None:
    place = obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    institutions.widen_to_ancestors(session, institution_id)
    if place.kind is not InstitutionKind.SCHOOL or place.state is not InstitutionState.OPEN:
        raise SchoolNotOpen


def _reaches(actor: Actor) -> Sequence[tuple[Reach, Held]]:
    return list(actor.reaches(Action.ENTRIES_REQUEST))


def _reachable(session: Session, actor: Actor, institution_id: int, ids: Sequence[int]) -> Sequence[Person]:
    if not ids:
        return []
    statement = queries.enrolled(visible(actor, Action.ENTRIES_REQUEST, Person), institution_id, ids)
    found = session.scalars(statement).all()
    if len(found) < len(ids):
        raise NotFound
    return found


def _wards(session: Session, actor: Actor, institution_id: int, held: Sequence[tuple[Reach, Held]]) -> Sequence[Person]:
    """Those through whom somebody is known who asks for others alone: the children, or oneself."""
    ids = [one.person_id for _, one in held if one.person_id is not None]
    statement = queries.enrolled(visible(actor, Action.ENTRIES_REQUEST, Person), institution_id, ids)
    return session.scalars(statement).all()


def _kind(found: Sequence[Person], held: Sequence[tuple[Reach, Held]]) -> EntryKind:
    own = {one.person_id for reach, one in held if reach is Reach.OWN_PERSON}
    wards = {one.person_id for reach, one in held if reach is Reach.OWN_CHILDREN}
    if found and all(one.id in own for one in found):
        return EntryKind.SELF
    if all(one.ward_id in wards for one in found) and wards:
        return EntryKind.FAMILY
    return EntryKind.ROLL if found or not own else EntryKind.SELF


def _unit(found: Sequence[Person]) -> int | None:
    """The one unit that all stand in; household members stand in none."""
    units = {one.unit_id for one in found if one.unit_id is not None}
    return units.pop() if len(units) == 1 else None
