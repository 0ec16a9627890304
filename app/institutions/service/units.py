"""Units of a school and who answers for them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.roles import Action, Role
from app.access.service import Actor, obtain, visible
from app.audit import service as audit
from app.institutions.errors import (
    NotOpen,
    NotStaffHere,
    OnlySchoolsHaveUnits,
    SelfGrant,
    UnitInUse,
    UnitNotOpen,
    UnitParentWrong,
)
from app.institutions.events import UnitsChanged
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Unit, UnitKind
from app.institutions.queries import units as rows
from app.institutions.schemas import CoverageOut, UnitChange, UnitIn, UnitOut
from app.kernel import clock, events, paging, versions
from app.kernel.errors import NotFound
from app.kernel.schemas import Page

# Roles of people who work in a school, any of which makes an account eligible to answer for a unit.
STAFF_ROLES: Final = frozenset(
    {
        Role.PRINCIPAL,
        Role.VICE_PRINCIPAL,
        Role.SCHOOL_REPORTER,
        Role.HOMEROOM_TEACHER,
        Role.STAFF,
        Role.SCHOOL_DOCTOR,
        Role.GATE_GUARD,
    }
)
_PARENT_KIND: Final = {
    UnitKind.GRADE: None,
    UnitKind.CLASS: UnitKind.GRADE,
    UnitKind.DEPARTMENT: UnitKind.DEPARTMENT,
    UnitKind.DORMITORY: UnitKind.DORMITORY,
}

Occupants = Callable[[Session, Unit], int]
_occupants: list[Occupants] = []


def register_occupants(count: Occupants) -> None:
    """Have ``count(session, unit)`` asked before a unit closes: how many stand in it whom this floor cannot see."""
    if count not in _occupants:
        _occupants.append(count)


def create_unit(session: Session, actor: Actor, institution_id: int, body: UnitIn) -> UnitOut:
    """A new unit.

    Raises `NotFound`, `Forbidden`, `NotOpen`, `OnlySchoolsHaveUnits`, `UnitParentWrong`; the database `UnitNameTaken`.
    """
    school = _held(session, actor, institution_id)
    if school.kind is not InstitutionKind.SCHOOL:
        raise OnlySchoolsHaveUnits
    if school.state is not InstitutionState.OPEN:
        raise NotOpen
    _demand_parent(session, institution_id, body.kind, body.parent_id)
    unit = Unit(
        institution_id=institution_id,
        kind=body.kind,
        name=body.name,
        parent_id=body.parent_id,
        grade_level=body.grade_level,
    )
    session.add(unit)
    session.flush()
    _changed(session, actor, "units.create", unit, {"kind": body.kind.value})
    return UnitOut.model_validate(unit)


def list_units(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    kind: UnitKind | None = None,
    parent_id: int | None = None,
    closed: bool = False,
) -> Page[UnitOut]:
    """The units of a school that the actor may see; a homeroom teacher sees the own class."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    statement = rows.narrowed(
        visible(actor, Action.UNITS_READ, Unit), institution_id, kind=kind, parent_id=parent_id, closed=closed
    )
    found, following = paging.fetch(session, statement, [Unit.id], page)
    return Page(items=[UnitOut.model_validate(unit) for unit in found], next=following)


def read_unit(session: Session, actor: Actor, unit_id: int) -> UnitOut:
    """One unit; raises `NotFound`."""
    return UnitOut.model_validate(obtain(session, actor, Action.UNITS_READ, Unit, unit_id))


def change_unit(session: Session, actor: Actor, unit_id: int, body: UnitChange, if_match: str | None) -> UnitOut:
    """Rename or hang elsewhere in the school; raises what `create_unit` raises, and `PreconditionFailed`."""
    unit = _taken(session, actor, unit_id, if_match)
    changed = sorted(name for name in body.model_fields_set if getattr(unit, name) != getattr(body, name))
    if changed:
        if "parent_id" in changed:
            _demand_parent(session, unit.institution_id, unit.kind, body.parent_id, unit.id)
        for name in changed:
            setattr(unit, name, getattr(body, name))
        unit.version += 1
        session.flush()
        _changed(session, actor, "units.change", unit, {"fields": changed})
    return UnitOut.model_validate(unit)


def close_unit(session: Session, actor: Actor, unit_id: int) -> UnitOut:
    """End a unit today; raises `NotFound`, `Forbidden`, `UnitNotOpen`, `UnitInUse`."""
    unit = _taken(session, actor, unit_id, None)
    inside = rows.count_parts(session, unit) + sum(count(session, unit) for count in _occupants)
    if inside:
        raise UnitInUse(count=inside)
    _end_homeroom(session, unit, keep=None)
    unit.responsible_account_id = None
    unit.closed_on = clock.today()
    unit.version += 1
    session.flush()
    _changed(session, actor, "units.close", unit, {})
    return UnitOut.model_validate(unit)


def set_responsible(
    session: Session, actor: Actor, unit_id: int, account_id: int | None, if_match: str | None
) -> UnitOut:
    """Say who answers for a unit; for a class that account becomes its homeroom teacher, and the former one ends.

    Raises `NotFound`, `Forbidden`, `PreconditionFailed`, `UnitNotOpen`, `NotStaffHere`, `SelfGrant`.
    """
    unit = _taken(session, actor, unit_id, if_match)
    if account_id is not None and not rows.staff_here(session, unit.institution_id, account_id, STAFF_ROLES):
        raise NotStaffHere
    if account_id is not None and account_id == actor.account_id and unit.kind is UnitKind.CLASS:
        raise SelfGrant
    appoint(session, actor, unit, account_id)
    return UnitOut.model_validate(unit)


def appoint(session: Session, actor: Actor, unit: Unit, account_id: int | None) -> None:
    """Put an account that was found eligible in charge of a unit that is held."""
    if unit.kind is UnitKind.CLASS:
        _end_homeroom(session, unit, keep=account_id)
        if account_id is not None:
            access.grant(
                session,
                actor,
                {
                    "account_id": account_id,
                    "institution_id": unit.institution_id,
                    "role": Role.HOMEROOM_TEACHER,
                    "unit_id": unit.id,
                },
            )
    if unit.responsible_account_id != account_id:
        before = unit.responsible_account_id
        unit.responsible_account_id = account_id
        unit.version += 1
        session.flush()
        _changed(session, actor, "units.appoint", unit, {"from": before, "to": account_id})


def coverage(session: Session, actor: Actor, institution_id: int) -> CoverageOut:
    """Which units of a school nobody answers for; raises `NotFound`, `Forbidden`.

    Levels above get the same as counts, with their figures: units are rows of the school's own.
    """
    obtain(session, actor, Action.COVERAGE_READ, Institution, institution_id)
    units = school_units(session, institution_id)
    uncovered = [UnitOut.model_validate(unit) for unit in units if unit.responsible_account_id is None]
    return CoverageOut(institution_id=institution_id, units=len(units), uncovered=uncovered)


def school_units(session: Session, institution_id: int) -> Sequence[Unit]:
    """The open units of a school in scope, for the floors above."""
    return rows.open_units(session, institution_id)


def withdraw(session: Session, actor: Actor, institution_id: int, account_id: int, unit_id: int | None) -> None:
    """Take an account off one unit, or off all units of a school, for which it answers."""
    if rows.clear_responsible(session, institution_id, account_id, unit_id):
        events.record(session, UnitsChanged(institution_id))
        audit.record(
            session,
            actor,
            "units.withdraw",
            "account",
            account_id,
            institution_id=institution_id,
            details={"unit_id": unit_id},
        )


def _held(session: Session, actor: Actor, institution_id: int) -> Institution:
    """The school, locked: its units change one at a time, or two changes could put departments into each other."""
    return obtain(session, actor, Action.UNITS_MANAGE, Institution, institution_id, lock=True)


def _taken(session: Session, actor: Actor, unit_id: int, if_match: str | None) -> Unit:
    seen = obtain(session, actor, Action.UNITS_MANAGE, Unit, unit_id)
    _held(session, actor, seen.institution_id)
    session.expire(seen)
    unit = obtain(session, actor, Action.UNITS_MANAGE, Unit, unit_id, lock=True)
    versions.require(unit.version, if_match)
    if unit.closed_on is not None:
        raise UnitNotOpen
    return unit


def _demand_parent(
    session: Session, institution_id: int, kind: UnitKind, parent_id: int | None, own_id: int | None = None
) -> None:
    """Raise unless a unit of ``kind`` can stand in ``parent_id``, which must not stand in the unit itself."""
    if parent_id is None:
        return
    parent = rows.find_unit(session, institution_id, parent_id)
    if parent is None:
        raise NotFound
    if parent.closed_on is not None or parent.kind is not _PARENT_KIND[kind]:
        raise UnitParentWrong
    at: Unit | None = parent
    while at is not None:
        if at.id == own_id:
            raise UnitParentWrong
        at = rows.find_unit(session, institution_id, at.parent_id) if at.parent_id is not None else None


def _end_homeroom(session: Session, unit: Unit, *, keep: int | None) -> None:
    for standing in rows.homeroom_of(session, unit.institution_id, unit.id):
        if standing.account_id != keep:
            access.revoke(session, standing)


def _changed(session: Session, actor: Actor, act: str, unit: Unit, details: dict[str, Any]) -> None:
    events.record(session, UnitsChanged(unit.institution_id))
    audit.record(session, actor, act, "unit", unit.id, institution_id=unit.institution_id, details=details)
