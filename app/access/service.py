"""The only doors to rows: `Allow` in an endpoint's signature, `visible` for lists, `obtain` for one row."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from app.access import queries
from app.access.actor import SYSTEM, Actor, Held
from app.access.errors import PasswordChangeDue
from app.access.grants import GRANTABLE
from app.access.models import Membership
from app.access.reach import REGISTRY, Anchors, Facts, condition, holds
from app.access.roles import KEYLESS, Action, Role
from app.kernel import clock, idempotency
from app.kernel.db import UnitOfWork, bind, is_sharded
from app.kernel.errors import Forbidden, NotFound, Unauthenticated

__all__ = [
    "SYSTEM",
    "Actor",
    "Allow",
    "Facts",
    "Held",
    "acting",
    "admit",
    "grant",
    "grant_all",
    "holders",
    "may_grant",
    "obtain",
    "outranks",
    "require",
    "revoke",
    "revoke_all",
    "standing_in",
    "standing_of",
    "visible",
]

M = TypeVar("M")
_bearer = HTTPBearer(auto_error=False, description="ES256 access token")


def Allow(action: Action) -> Any:  # noqa: N802 - reads as a marker in signatures
    """The caller, signed in and granted ``action``; binds the scope of the transaction.

    Who the bearer is, is said by ``app.state.authenticate(session, token)``, which the API puts together: access stands
    below identity and may not call it. Raises `Unauthenticated`, `PasswordChangeDue` and `Forbidden`.
    """

    def allowed(
        request: Request,
        session: UnitOfWork,
        credentials: HTTPAuthorizationCredentials | None = Depends(_bearer),
    ) -> Actor:
        if credentials is None:
            raise Unauthenticated
        actor: Actor = request.app.state.authenticate(session, credentials.credentials)
        admit(actor, action)
        bind(session, actor.scope())
        if action not in KEYLESS:
            idempotency.begin(request, session, actor.account_id)
        return actor

    allowed.action = action  # type: ignore[attr-defined]  # read by the test that every route has one action
    return Depends(allowed)


def admit(actor: Actor, action: Action) -> None:
    """Raise `PasswordChangeDue` or `Forbidden` unless some role of the actor's is granted ``action`` at all."""
    if actor.must_change_password and action is not Action.ACCOUNT_USE:
        raise PasswordChangeDue
    if not actor.may(action):
        raise Forbidden


def visible(actor: Actor, action: Action, model: type[M]) -> Select[M]:
    """A select of the rows of ``model`` on which ``actor`` may do ``action``."""
    return select(model).where(condition(actor, action, REGISTRY[model]))


def obtain(session: Session, actor: Actor, action: Action, model: type[M], id_: Any, *, lock: bool = False) -> M:
    """The row with that id; `NotFound` if the actor may not see it, `Forbidden` if it may see but not do."""
    anchors = REGISTRY[model]
    may = condition(actor, action, anchors)
    statement = select(model, may.label("may")).where(
        anchors.model.id == id_, or_(may, condition(actor, anchors.read, anchors))
    )
    if lock:
        statement = statement.where(_standing_place(session, anchors, id_)).with_for_update(of=model)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound
    if not row.may:
        raise Forbidden
    found: M = row[0]
    return found


def _standing_place(session: Session, anchors: Anchors, id_: Any) -> ColumnElement[bool]:
    """What a locking statement adds on shards: the row's institution, found apart; elsewhere nothing."""
    if not is_sharded(session):
        return true()
    found = session.scalar(select(anchors.institution).where(anchors.model.id == id_))
    if found is None:
        raise NotFound
    return cast("ColumnElement[bool]", anchors.institution == found)


def require(actor: Actor, action: Action, facts: Facts) -> None:
    """Raise `Forbidden` unless the actor may do ``action`` on a row with these ties (one that is about to be made)."""
    if not holds(actor, action, facts):
        raise Forbidden


def may_grant(actor: Actor, role: Role) -> bool:
    """Whether a role of the actor's is entitled to hand on ``role``."""
    return actor.system or any(role in GRANTABLE.get(held.role, ()) for held in actor.held)


def outranks(actor: Actor, role: Role) -> bool:
    """Whether a role of the actor's may hand on ``role``, or one that may, and so on down; families are below all."""
    below = {Role.GUARDIAN, Role.STUDENT}
    further = {given for held in actor.held for given in GRANTABLE.get(held.role, ())}
    while further - below:
        below |= further
        further = {given for one in further for given in GRANTABLE.get(one, ())}
    return actor.system or role in below


def standing_of(session: Session, account_id: int) -> Sequence[Membership]:
    """Every role that an account holds, wherever that is."""
    return queries.standing_of_account(session, account_id)


def acting(session: Session, account_id: int) -> Actor:
    """An account with the roles that it holds by now, for work that it has set going."""
    standing = standing_of(session, account_id)
    return Actor(account_id, tuple(Held(one.role, one.institution_id, one.unit_id, one.person_id) for one in standing))


def standing_in(session: Session, institution_id: int) -> Sequence[Membership]:
    """Every role that somebody holds in an institution."""
    return queries.standing_in_institution(session, institution_id)


def holders(session: Session, institution_ids: Collection[int], roles: Collection[Role]) -> Sequence[Membership]:
    """Who holds one of some roles in one of some institutions, for those who have to be told something."""
    return queries.holders(session, institution_ids, roles)


def grant(session: Session, actor: Actor, membership: Mapping[str, Any]) -> Membership:
    """Add a membership (keys: account_id, institution_id, role, unit_id, person_id); the same one if it stands.

    Who may do this is decided by the caller: binding a child and appointing a teacher follow different rules.
    """
    standing = queries.standing(session, membership)
    if standing is not None:
        return standing
    made = Membership(**membership, since=clock.now(), granted_by=actor.account_id)
    session.add(made)
    session.flush()
    return made


def grant_all(session: Session, actor: Actor, memberships: Sequence[Mapping[str, Any]]) -> None:
    """`grant` for a whole roll: every one with the keys account_id, institution_id, role, unit_id and person_id."""
    now = clock.now()
    rows = [{**one, "since": now, "granted_by": actor.account_id} for one in memberships]
    queries.add_missing(session, rows)


def revoke_all(session: Session, memberships: Sequence[Membership]) -> None:
    """`revoke` for many."""
    queries.end(session, [one.id for one in memberships], clock.now())


def revoke(session: Session, membership: Membership) -> None:
    """End a membership now; what its holder's tokens allowed is gone with the next request."""
    membership.ended_at = clock.now()
    session.flush()
