"""Deputies: from a day to a day somebody decides in the place of whoever holds a role."""

from typing import Final

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.access.actor import Actor, Held
from app.access.roles import Action, Role
from app.access.service import Facts, obtain, require, visible
from app.audit import service as audit
from app.entries.errors import DelegationNotInForce, DelegationNotPossible
from app.entries.models import EntryDelegation
from app.entries.queries import steps as queries
from app.entries.schemas.decisions import DelegationIn, DelegationOut
from app.institutions import service as institutions
from app.institutions.models import Institution
from app.kernel import clock, paging
from app.kernel.db import Scope, widen
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.policies.settings.values import OFFICE_APPROVERS, SCHOOL_APPROVERS

_APPROVERS: Final = frozenset(Role(one) for one in (*SCHOOL_APPROVERS, *OFFICE_APPROVERS))
_COLLEAGUES: Final = institutions.STAFF_ROLES | {Role(one) for one in OFFICE_APPROVERS} | {Role.ANALYST}
# Who may name a deputy for others as well: whoever leads the place.
_LEADERS: Final = frozenset({Role.PRINCIPAL, Role.COUNTY_ADMIN, Role.CITY_ADMIN, Role.PROVINCIAL_ADMIN})


def delegate(session: Session, actor: Actor, institution_id: int, asked: DelegationIn) -> DelegationOut:
    """Name a deputy, for oneself or (whoever leads the place) for a colleague.

    Raises `NotFound`, `Forbidden`, `DelegationNotPossible`.
    """
    place = obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    facts = Facts(institution_id=place.id, lineage=tuple(place.lineage), unit_id=asked.unit_id)
    require(actor, Action.ENTRIES_DELEGATE, facts)
    # Written through the subtree: an office's own rows are as far as it sees inside itself.
    widen(session, Scope(subtrees=frozenset({place.id})))
    holder = asked.account_id or actor.account_id or 0
    if not queries.works_at(session, asked.deputy_account_id, place.id, _COLLEAGUES):
        raise NotFound
    _demand_possible(session, actor, place.id, holder, asked)
    row = EntryDelegation(
        institution_id=place.id,
        role=asked.role,
        unit_id=asked.unit_id,
        account_id=holder,
        deputy_account_id=asked.deputy_account_id,
        since=asked.since,
        until=asked.until,
        made_by=actor.account_id,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _trace(session, actor, "entries.delegate", row)
    return told(row)


def _demand_possible(session: Session, actor: Actor, institution_id: int, holder: int, asked: DelegationIn) -> None:
    leads = any(held.institution_id == institution_id and held.role in _LEADERS for held in actor.held)
    if holder == asked.deputy_account_id or asked.role not in _APPROVERS or asked.until < clock.today():
        raise DelegationNotPossible
    if (asked.role is Role.HOMEROOM_TEACHER) != (asked.unit_id is not None):
        raise DelegationNotPossible
    if holder != actor.account_id and not leads:
        raise DelegationNotPossible
    if not queries.holds_role(session, holder, institution_id, asked.role, asked.unit_id):
        raise DelegationNotPossible


def list_delegations(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery
) -> Page[DelegationOut]:
    """Delegations of an institution that hold or will; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    mine = queries.delegations(visible(actor, Action.ENTRIES_DELEGATE, EntryDelegation), institution_id)
    return _page(session, mine, page)


def list_own(session: Session, actor: Actor, page: paging.PageQuery) -> Page[DelegationOut]:
    """Those by which the caller is a deputy now or will be."""
    return _page(session, visible(actor, Action.ENTRIES_DEPUTISE, EntryDelegation), page)


def revoke(session: Session, actor: Actor, delegation_id: int) -> None:
    """End a delegation now; raises `NotFound`, `Forbidden`."""
    row = obtain(session, actor, Action.ENTRIES_DELEGATE, EntryDelegation, delegation_id, lock=True)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        session.flush()
        _trace(session, actor, "entries.end_delegation", row)


def in_force(session: Session, actor: Actor, delegation_id: int) -> tuple[EntryDelegation, Held]:
    """A delegation to the caller and the role that it lends; raises `NotFound`, `DelegationNotInForce`."""
    wanted = queries.delegation(visible(actor, Action.ENTRIES_DEPUTISE, EntryDelegation), delegation_id)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound
    stands = queries.holds_role(session, row.account_id, row.institution_id, row.role, row.unit_id)
    works = queries.works_at(session, row.deputy_account_id, row.institution_id, _COLLEAGUES)
    if not _in_force(row) or not stands or not works:
        raise DelegationNotInForce
    return row, Held(row.role, row.institution_id, row.unit_id)


def _in_force(row: EntryDelegation) -> bool:
    return row.revoked_at is None and row.since <= clock.today() <= row.until


def told(row: EntryDelegation) -> DelegationOut:
    """A delegation as it is shown."""
    return DelegationOut(
        id=row.id,
        institution_id=row.institution_id,
        role=row.role,
        unit_id=row.unit_id,
        account_id=row.account_id,
        deputy_account_id=row.deputy_account_id,
        since=row.since,
        until=row.until,
        revoked_at=row.revoked_at,
        in_force=_in_force(row),
    )


def _page(session: Session, statement: Select[EntryDelegation], page: paging.PageQuery) -> Page[DelegationOut]:
    rows, following = paging.fetch(session, queries.lasting(statement, clock.today()), [EntryDelegation.id], page)
    return Page(items=[told(row) for row in rows], next=following)


def _trace(session: Session, actor: Actor, act: str, row: EntryDelegation) -> None:
    audit.record(
        session,
        actor,
        act,
        "entry_delegation",
        row.id,
        institution_id=row.institution_id,
        details={"role": row.role.value, "unit_id": row.unit_id, "deputy": row.deputy_account_id},
    )
