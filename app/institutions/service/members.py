"""Roles in an institution: given, listed, taken back. Guardians and students come by other ways, not by this one."""

from typing import Final

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.models import Membership
from app.access.reach import Facts, holds
from app.access.roles import Action, Role
from app.access.service import SYSTEM, Actor, obtain, visible
from app.audit import service as audit
from app.identity import service as identity
from app.identity.models import AccountKind
from app.identity.service import passwords
from app.institutions.errors import (
    LastOfRole,
    NotOpen,
    RoleDoesNotFit,
    RoleNeedsClass,
    RoleNotYours,
    SelfGrant,
)
from app.institutions.models import Institution, InstitutionKind, InstitutionState, Unit, UnitKind
from app.institutions.queries import tree
from app.institutions.queries import units as rows
from app.institutions.schemas import MemberAddedOut, MemberIn, MemberOut
from app.institutions.service.units import STAFF_ROLES, appoint, withdraw
from app.kernel import paging
from app.kernel.db import Scope, bind, scope_of, widen
from app.kernel.errors import NotFound
from app.kernel.schemas import Page

_OFFICE: Final = frozenset({Role.ANALYST, Role.REVIEWER, Role.AUDITOR})
# Which roles exist in an institution of which kind.
FITTING: Final = {
    InstitutionKind.PROVINCE: _OFFICE | {Role.PROVINCIAL_ADMIN},
    InstitutionKind.CITY: _OFFICE | {Role.CITY_ADMIN},
    InstitutionKind.COUNTY: _OFFICE | {Role.COUNTY_ADMIN},
    InstitutionKind.SCHOOL: STAFF_ROLES | {Role.AUDITOR},
}
# Without one of these nobody in the institution could appoint the others.
_HEADS: Final = frozenset({Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN, Role.PRINCIPAL})
_LISTED: Final = frozenset().union(*FITTING.values())


def add_member(session: Session, actor: Actor, institution_id: int, body: MemberIn) -> MemberAddedOut:
    """Give whoever holds a phone number a role; an account is made where there is none, and nobody is told which.

    Raises `NotFound`, `Forbidden`, `NotOpen`, `RoleDoesNotFit`, `RoleNeedsClass`, `RoleNotYours`, `SelfGrant`,
    `PhoneNotValid`.
    """
    institution = _held(session, actor, institution_id)
    if institution.state is not InstitutionState.OPEN:
        raise NotOpen
    if body.role not in FITTING[institution.kind]:
        raise RoleDoesNotFit
    _demand_handing_on(actor, body.role, institution)
    before = scope_of(session)
    widen(session, Scope(institutions=frozenset({institution_id})))
    unit = _class_for(session, institution_id, body)
    password = identity.generate_password()
    account_id = _account_of(session, actor, body, password)
    standing = access.grant(
        session,
        actor,
        {"account_id": account_id, "institution_id": institution_id, "role": body.role, "unit_id": body.unit_id},
    )
    rows.call(session, institution_id, account_id, body.name)
    if unit is not None:
        appoint(session, actor, unit, account_id)
    session.flush()
    bind(session, before)
    audit.record(
        session,
        actor,
        "members.add",
        "account",
        account_id,
        institution_id=institution_id,
        details={"role": body.role.value, "unit_id": body.unit_id},
    )
    return MemberAddedOut(
        id=standing.id, role=body.role, unit_id=body.unit_id, name=body.name, initial_password=password
    )


def list_members(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery, *, role: Role | None = None
) -> Page[MemberOut]:
    """Who holds which role in an institution; raises `NotFound`, `Forbidden`.

    An office sees of a school those whose roles it hands on: the rest of its staff is not for the levels above.
    """
    institution = obtain(session, actor, Action.ACCOUNTS_MANAGE, Institution, institution_id)
    wanted = _LISTED if role is None else _LISTED & {role}
    if institution.kind is InstitutionKind.SCHOOL and not _heads(actor, institution_id):
        wanted = frozenset(one for one in wanted if _hands_on(actor, one, institution))
    statement = rows.members(visible(actor, Action.ACCOUNTS_MANAGE, Membership), institution_id, wanted)
    found, following = paging.fetch(session, statement, [Membership.id], page)
    before = scope_of(session)
    widen(session, Scope(institutions=frozenset({institution_id})))
    accounts = [one.account_id for one in found]
    names, known = rows.callings(session, institution_id, accounts), rows.accounts(session, accounts)
    bind(session, before)
    return Page(
        items=[
            MemberOut(
                id=one.id,
                account_id=one.account_id,
                role=one.role,
                unit_id=one.unit_id,
                name=names.get(one.account_id),
                phone=known[one.account_id][0],
                disabled=known[one.account_id][1],
                since=one.since,
            )
            for one in found
        ],
        next=following,
    )


def remove_member(session: Session, actor: Actor, institution_id: int, membership_id: int) -> None:
    """Take a role back; raises `NotFound`, `Forbidden`, `RoleNotYours`, `LastOfRole`."""
    institution = _held(session, actor, institution_id)
    standing = obtain(session, actor, Action.ACCOUNTS_MANAGE, Membership, membership_id, lock=True)
    if standing.institution_id != institution_id or standing.ended_at is not None or standing.role not in _LISTED:
        raise NotFound
    _demand_handing_on(actor, standing.role, institution)
    if standing.role in _HEADS and rows.count_of_role(session, institution_id, standing.role) == 1:
        raise LastOfRole
    access.revoke(session, standing)
    before = scope_of(session)
    widen(session, Scope(institutions=frozenset({institution_id})))
    if standing.role is Role.HOMEROOM_TEACHER:
        withdraw(session, actor, institution_id, standing.account_id, standing.unit_id)
    if not rows.staff_here(session, institution_id, standing.account_id, STAFF_ROLES):
        withdraw(session, actor, institution_id, standing.account_id, None)
    session.flush()
    bind(session, before)
    audit.record(
        session,
        actor,
        "members.remove",
        "account",
        standing.account_id,
        institution_id=institution_id,
        details={"role": standing.role.value, "unit_id": standing.unit_id},
    )


def end_members(session: Session, institution_id: int) -> int:
    """Take every role of the staff of an institution that has ended; how many. Families keep their sight of its rows.

    Called when the event is heard, after what hangs on its classes was carried over; who is gone is not found again.
    """
    ended = [one for one in access.standing_in(session, institution_id) if one.role in _LISTED]
    access.revoke_all(session, ended)
    for one in ended:
        details = {"role": one.role.value, "unit_id": one.unit_id}
        audit.record(
            session,
            SYSTEM,
            "members.remove",
            "account",
            one.account_id,
            institution_id=institution_id,
            details=details,
        )
    return len(ended)


def require_role_fits(session: Session, institution_id: int, role: Role) -> None:
    """Raise `RoleDoesNotFit` unless ``role`` exists in an institution of this kind, which must be in scope."""
    found = tree.find(session, institution_id)
    if found is None:
        raise NotFound
    if role not in FITTING[found.kind]:
        raise RoleDoesNotFit


def name_member(session: Session, institution_id: int, account_id: int, name: str) -> None:
    """Keep how an institution in scope calls the holder of an account; `add_member` does so itself."""
    rows.call(session, institution_id, account_id, name)


def _held(session: Session, actor: Actor, institution_id: int) -> Institution:
    # Locked, or two who remove each other's last head at once would both succeed.
    return obtain(session, actor, Action.ACCOUNTS_MANAGE, Institution, institution_id, lock=True)


def _demand_handing_on(actor: Actor, role: Role, institution: Institution) -> None:
    """Raise unless one and the same role of the actor's may hand on ``role`` and reaches the institution."""
    if not _hands_on(actor, role, institution):
        raise RoleNotYours


def _hands_on(actor: Actor, role: Role, institution: Institution) -> bool:
    facts = Facts(institution_id=institution.id, lineage=tuple(institution.lineage))
    alone = (Actor(actor.account_id, (held,)) for held in actor.held)
    return actor.system or any(
        access.may_grant(one, role) and holds(one, Action.ACCOUNTS_MANAGE, facts) for one in alone
    )


def _heads(actor: Actor, institution_id: int) -> bool:
    return any(held.institution_id == institution_id for _, held in actor.reaches(Action.ACCOUNTS_MANAGE))


def _class_for(session: Session, institution_id: int, body: MemberIn) -> Unit | None:
    if (body.role is Role.HOMEROOM_TEACHER) != (body.unit_id is not None):
        raise RoleNeedsClass
    if body.unit_id is None:
        return None
    unit = rows.find_unit(session, institution_id, body.unit_id)
    if unit is None:
        raise NotFound
    if unit.kind is not UnitKind.CLASS or unit.closed_on is not None:
        raise RoleNeedsClass
    return unit


def _account_of(session: Session, actor: Actor, body: MemberIn, password: str) -> int:
    found = identity.find_account(session, body.phone)
    if found is None:
        made = identity.create_account(
            session,
            actor,
            kind=AccountKind.STAFF,
            display_name=body.name,
            phone=body.phone,
            password=password,
            must_change=True,
        )
        session.flush()
        return made.id
    if found.id == actor.account_id:
        raise SelfGrant
    # The same work as for a new account: the time of the answer would tell otherwise.
    passwords.hash_password(password)
    return found.id
