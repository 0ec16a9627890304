"""What a reach means for a row, said as SQL for one caller and for many, and as a predicate.

A property test holds them together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, or_, true

from app.access.actor import Actor, Held
from app.access.grants import GRANTS
from app.access.models import Membership
from app.access.roles import Action, Reach, Role


@dataclass(frozen=True, slots=True)
class Facts:
    """What ties a row to the tree and to people; None where the row has no such tie."""

    institution_id: int | None = None
    lineage: tuple[int, ...] = ()
    unit_id: int | None = None
    person_id: int | None = None
    ward_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True)
class Anchors:
    """The same ties as SQL, for one model, and the way to read them off a loaded row.

    ``ward`` is the student for whom a guardian answers: the person itself, or the student of a household member.
    ``read`` is the action that shows a row of the model: who has it gets 403 instead of 404.
    """

    model: type[Any]
    read: Action
    facts: Callable[[Any], Facts]
    institution: Any = None
    lineage: Any = None
    unit: Any = None
    person: Any = None
    ward: Any = None
    account: Any = None

    def among(self, rows: FromClause) -> "Anchors":
        """The same for rows of the model that a statement has put aside: those that have such columns."""
        ties = ("institution", "lineage", "unit", "person", "ward", "account")
        held: dict[str, Any] = {tie: getattr(self, tie) for tie in ties}
        there: dict[str, Any] = {tie: one if one is None else rows.c.get(one.key) for tie, one in held.items()}
        return replace(self, **there)


REGISTRY: dict[type[Any], Anchors] = {}


def anchor(anchors: Anchors) -> Anchors:
    """Make a model known; its feature's ``reach.py`` calls this once."""
    REGISTRY[anchors.model] = anchors
    return anchors


def condition(actor: Actor, action: Action, anchors: Anchors) -> ColumnElement[bool]:
    """The rows of the model on which ``actor`` may do ``action``, as a WHERE clause."""
    if actor.system:
        return true()
    parts = [_sql(reach, held, anchors) for reach, held in actor.reaches(action)]
    if anchors.account is not None and Role.SIGNED_IN in GRANTS[action]:
        parts.append(anchors.account == actor.account_id)
    return or_(false(), *parts)


def ties(action: Action, anchors: Anchors) -> Mapping[Reach, ColumnElement[bool]]:
    """For a statement over many callers: when the `Membership` beside a row lets its account do ``action``, by reach.

    The membership's own account and end are for the statement to ask for. A reach of offices has no part in it: it
    would need the tree, and nobody above a school acts on single rows inside it.
    """
    found: dict[Reach, ColumnElement[bool]] = {}
    for reach, (column, value) in _inner(anchors, Membership).items():
        roles = [role for role, how_far in GRANTS[action].items() if how_far is reach]
        if roles and anchors.institution is not None and column is not None:
            within = and_(Membership.institution_id == anchors.institution, Membership.role.in_(roles))
            found[reach] = within if reach is Reach.INSTITUTION else and_(within, column == value)
    return found


def holds(actor: Actor, action: Action, facts: Facts) -> bool:
    """The same decision for a row at hand."""
    if actor.system:
        return True
    if Role.SIGNED_IN in GRANTS[action] and facts.account_id is not None:
        return facts.account_id == actor.account_id
    return any(_predicate(reach, held, facts) for reach, held in actor.reaches(action))


def _sql(reach: Reach, held: Held, anchors: Anchors) -> ColumnElement[bool]:
    if reach is Reach.SUBTREE:
        return false() if anchors.lineage is None else anchors.lineage.contains([held.institution_id])
    column, value = _inner(anchors, held).get(reach, (None, None))
    if anchors.institution is None or column is None or value is None:
        return false()
    within = anchors.institution == held.institution_id
    return within if reach is Reach.INSTITUTION else and_(within, column == value)


def _inner(anchors: Anchors, held: Any) -> dict[Reach, tuple[Any, Any]]:
    """Column of the row and value of the membership that have to be equal, for each reach inside an institution."""
    return {
        Reach.INSTITUTION: (true(), True),
        Reach.OWN_UNIT: (anchors.unit, held.unit_id),
        Reach.OWN_PERSON: (anchors.person, held.person_id),
        Reach.OWN_CHILDREN: (anchors.ward, held.person_id),
    }


def _predicate(reach: Reach, held: Held, facts: Facts) -> bool:
    if reach is Reach.SUBTREE:
        return held.institution_id in facts.lineage
    if facts.institution_id != held.institution_id:
        return False
    if reach is Reach.INSTITUTION:
        return True
    inner = {
        Reach.OWN_UNIT: (facts.unit_id, held.unit_id),
        Reach.OWN_PERSON: (facts.person_id, held.person_id),
        Reach.OWN_CHILDREN: (facts.ward_id, held.person_id),
    }
    mine, theirs = inner.get(reach, (None, None))
    return mine is not None and mine == theirs
