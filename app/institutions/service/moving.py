"""Moving, merging and closing. The only writers of `parent_id` and `lineage` after an institution was made.

A move of today is made at once; one of a later day waits as a placement that is not applied, until
`apply_due_placements` finds that its day has come. Every institution below moves along, and each gets a placement of
its own, so that where it stood on any day is one row.
"""

from datetime import date

from sqlalchemy.orm import Session

from app.access.service import SYSTEM, Actor
from app.audit import service as audit
from app.institutions.errors import (
    AlreadyThere,
    HasOpenChildren,
    KindNotBelow,
    KindsDiffer,
    MoveIntoItself,
    MovePlanned,
    NotOpen,
)
from app.institutions.events import InstitutionClosed, InstitutionMerged, InstitutionMoved
from app.institutions.models import Institution, InstitutionState, Placement
from app.institutions.queries import tree
from app.institutions.schemas import InstitutionOut, MergerIn, MoveIn, PlacementOut
from app.institutions.service.drafting import fits_below
from app.institutions.service.opening import taken
from app.institutions.service.reading import placed
from app.institutions.workflow import INSTITUTION
from app.kernel import clock, events, workflow
from app.kernel.db import Scope, bind, scope_of, widen
from app.kernel.errors import FieldError, Invalid, NotFound, Problem
from app.kernel.language import pick


def move(session: Session, actor: Actor, institution_id: int, body: MoveIn) -> PlacementOut:
    """Hang an institution below another parent, today or on a later day; the actor must manage both.

    Raises `NotFound`, `Forbidden`, `Invalid` (a day that is past), `NotOpen`, `MoveIntoItself`, `KindNotBelow`,
    `AlreadyThere`, `MovePlanned`.
    """
    on = body.effective_on or clock.today()
    if on < clock.today():
        raise Invalid(errors=[FieldError("/effective_on", "past", pick("不能早于今天。", "It cannot be in the past."))])
    moved, parent = taken(session, actor, [institution_id, body.parent_id])
    _demand_possible(moved, parent)
    waiting = tree.planned(session, institution_id)
    if waiting is not None:
        raise MovePlanned(on=waiting.valid_from.isoformat())
    audit.record(
        session,
        actor,
        "institutions.move",
        "institution",
        institution_id,
        institution_id=institution_id,
        details={"from": moved.parent_id, "to": parent.id, "on": on.isoformat()},
    )
    if on > clock.today():
        return placed(session, [_plan(session, moved, parent, on, actor.account_id)])[0]
    relocate(session, moved, parent, on, actor.account_id)
    return placed(session, [session.get_one(Placement, (institution_id, on))])[0]


def cancel_move(session: Session, actor: Actor, institution_id: int, on: date) -> None:
    """Take back a move that is planned for the day ``on``; raises `NotFound` where there is none."""
    taken(session, actor, [institution_id])
    waiting = tree.planned(session, institution_id)
    if waiting is None or waiting.valid_from != on:
        raise NotFound
    tree.drop_planned(session, institution_id)
    audit.record(
        session,
        actor,
        "institutions.cancel_move",
        "institution",
        institution_id,
        institution_id=institution_id,
        details={"to": waiting.parent_id, "on": on.isoformat()},
    )


def apply_due_placements(session: Session, day: date | None = None) -> int:
    """Make the planned moves whose day has come, in all trees; how many were made.

    Binds the scope of all trees itself. A move that has become impossible (its parent has closed, say) lapses with an
    entry in the audit trail; the others are made all the same.
    """
    bind(session, Scope(subtrees=frozenset(tree.roots(session))))
    made = 0
    for institution_id, on in tree.due(session, day or clock.today()):
        try:
            with session.begin_nested():
                made += _apply(session, institution_id, on)
        except Problem as problem:
            tree.drop_planned(session, institution_id)
            audit.record(
                session,
                SYSTEM,
                "institutions.move_lapsed",
                "institution",
                institution_id,
                institution_id=institution_id,
                details={"on": on.isoformat(), "because": problem.code},
            )
    return made


def merge(session: Session, actor: Actor, institution_id: int, body: MergerIn) -> InstitutionOut:
    """Let an institution go up into another of its kind: what stands below it stands there, itself it ends.

    Its units and persons follow by the event. Raises `NotFound`, `Forbidden`, `NotOpen`, `KindsDiffer`,
    `MoveIntoItself`.
    """
    merged, into = taken(session, actor, [institution_id, body.into_id])
    if merged.state is not InstitutionState.OPEN or into.state is not InstitutionState.OPEN:
        raise NotOpen
    if merged.kind is not into.kind:
        raise KindsDiffer
    if merged.id in into.lineage:
        raise MoveIntoItself
    today = clock.today()
    for child in tree.open_children(session, merged.id):
        tree.drop_planned(session, child.id)
        relocate(session, child, into, today, actor.account_id)
    into_id = into.id
    _end(session, actor, merged, "merge", today, merged_into_id=into_id)
    events.record(session, InstitutionMerged(institution_id, into_id, today.isoformat()))
    return InstitutionOut.model_validate(merged)


def close(session: Session, actor: Actor, institution_id: int, reason: str) -> InstitutionOut:
    """End an institution today; raises `NotFound`, `Forbidden`, `HasOpenChildren`, `MoveNotPossible`."""
    (closed,) = taken(session, actor, [institution_id])
    below = tree.open_children(session, institution_id)
    if below:
        raise HasOpenChildren(count=len(below))
    today = clock.today()
    _end(session, actor, closed, "close", today, reason=reason)
    events.record(session, InstitutionClosed(institution_id, today.isoformat()))
    return InstitutionOut.model_validate(closed)


def relocate(session: Session, moved: Institution, parent: Institution, on: date, decided_by: int | None) -> None:
    """Move now, with effect ``on``, what was found movable; the trees are held by the caller."""
    moved_id = moved.id
    tree.move_subtree(session, moved_id, parent)
    tree.replace_placements(session, moved_id, on, decided_by)
    session.expire_all()
    events.record(session, InstitutionMoved(moved_id, on.isoformat()))


def _apply(session: Session, institution_id: int, on: date) -> int:
    waiting = tree.planned(session, institution_id)
    if waiting is None or waiting.parent_id is None:
        return 0
    parent_id, decided_by = waiting.parent_id, waiting.decided_by
    moved, parent = taken(session, SYSTEM, [institution_id, parent_id])
    if tree.planned(session, institution_id) is None:
        return 0  # another process was faster, or it was cancelled while we waited for the tree
    _demand_possible(moved, parent)
    tree.drop_planned(session, institution_id)
    relocate(session, moved, parent, on, decided_by)
    return 1


def _plan(session: Session, moved: Institution, parent: Institution, on: date, decided_by: int | None) -> Placement:
    waiting = Placement(
        institution_id=moved.id,
        valid_from=on,
        parent_id=parent.id,
        lineage=[*parent.lineage, moved.id],
        decided_by=decided_by,
        applied=False,
    )
    session.add(waiting)
    session.flush()
    return waiting


def _demand_possible(moved: Institution, parent: Institution) -> None:
    if moved.state is not InstitutionState.OPEN or parent.state is not InstitutionState.OPEN:
        raise NotOpen
    if moved.id in parent.lineage:
        raise MoveIntoItself
    if not fits_below(moved.kind, parent.kind):
        raise KindNotBelow
    if moved.parent_id == parent.id:
        raise AlreadyThere


def _end(
    session: Session,
    actor: Actor,
    ended: Institution,
    move_name: str,
    on: date,
    *,
    reason: str | None = None,
    merged_into_id: int | None = None,
) -> None:
    tree.drop_planned(session, ended.id)
    before = scope_of(session)
    # Decisions are the institution's own rows: an office writes this one without looking at the others.
    widen(session, Scope(institutions=frozenset({ended.id})))
    workflow.fire(
        session,
        INSTITUTION,
        Institution.state,
        ended,
        move_name,
        account_id=actor.account_id,
        reason=reason,
        closed_on=on,
        merged_into_id=merged_into_id,
        version=ended.version + 1,
    )
    session.flush()
    bind(session, before)
