"""Accounts shut and opened again, by whoever stands above every role that they hold."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.models import Membership
from app.access.reach import Facts, holds
from app.access.roles import Action
from app.access.service import Actor, visible
from app.audit import service as audit
from app.identity import service as identity
from app.identity.models import Account
from app.institutions.errors import AccountNotYours, OwnAccount
from app.institutions.models import Institution
from app.institutions.queries import units as rows
from app.institutions.schemas import AccountOut
from app.kernel.errors import NotFound


def disable_account(session: Session, actor: Actor, account_id: int, reason: str) -> AccountOut:
    """Let nobody in by an account; its tokens are dead with the next request.

    Raises `NotFound` unless it holds a role within reach, `OwnAccount`, `AccountNotYours`.
    """
    return _set(session, actor, account_id, reason, act="accounts.disable", change=identity.disable_account)


def enable_account(session: Session, actor: Actor, account_id: int, reason: str) -> AccountOut:
    """Let its holder sign in again; raises what `disable_account` raises."""
    return _set(session, actor, account_id, reason, act="accounts.enable", change=identity.enable_account)


def _set(
    session: Session,
    actor: Actor,
    account_id: int,
    reason: str,
    *,
    act: str,
    change: Callable[[Session, Actor, int, str], Account | None],
) -> AccountOut:
    within = _demand_all(session, actor, account_id)
    changed = change(session, actor, account_id, reason)
    # Once more in the trails of the institutions, whose auditors do not read the platform's.
    for institution_id in sorted({one.institution_id for one in within} if changed else ()):
        audit.record(session, actor, act, "account", account_id, institution_id=institution_id, reason=reason)
    _, disabled = rows.accounts(session, [account_id])[account_id]
    return AccountOut(account_id=account_id, disabled=disabled)


def _demand_all(session: Session, actor: Actor, account_id: int) -> Sequence[Membership]:
    """The roles of the account, each within the actor's reach and below its rank.

    One account serves all of a person's roles. A principal who could shut that of a parent who is also a county's
    administrator would have a say over the county; taking the role back in the own school is always possible.
    """
    mine = session.scalars(rows.roles_of(visible(actor, Action.ACCOUNTS_MANAGE, Membership), account_id)).all()
    if not mine:
        raise NotFound
    if account_id == actor.account_id:
        raise OwnAccount
    everywhere = access.standing_of(session, account_id)
    if len(mine) < len(everywhere) or not all(_is_above(session, actor, one) for one in mine):
        raise AccountNotYours
    return mine


def _is_above(session: Session, actor: Actor, membership: Membership) -> bool:
    institution = session.get(Institution, membership.institution_id)
    if institution is None:  # row-level security does not show it, whatever access has let through
        return False
    facts = Facts(institution_id=institution.id, lineage=tuple(institution.lineage))
    alone = (Actor(actor.account_id, (held,)) for held in actor.held)
    return any(access.outranks(one, membership.role) and holds(one, Action.ACCOUNTS_MANAGE, facts) for one in alone)
