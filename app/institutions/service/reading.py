"""Looking at the tree."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.institutions.models import DivisionRow, Institution, InstitutionKind, InstitutionState, Placement
from app.institutions.queries import tree
from app.institutions.schemas import AncestorOut, DivisionOut, InstitutionOut, PlacementOut
from app.kernel import clock, paging
from app.kernel.db import Scope, bind, widen
from app.kernel.errors import NotFound
from app.kernel.schemas import Page


def read_institution(session: Session, actor: Actor, institution_id: int) -> InstitutionOut:
    """One institution; raises `NotFound`."""
    return InstitutionOut.model_validate(obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id))


def list_institutions(
    session: Session,
    actor: Actor,
    page: paging.PageQuery,
    *,
    parent_id: int | None = None,
    within_id: int | None = None,
    kind: InstitutionKind | None = None,
    state: InstitutionState | None = None,
    q: str | None = None,
) -> Page[InstitutionOut]:
    """Institutions that the actor may see: children of one, the subtree of one (itself included), or all."""
    statement = tree.narrowed(
        visible(actor, Action.INSTITUTIONS_READ, Institution),
        parent_id=parent_id,
        within_id=within_id,
        kind=kind,
        state=state,
        q=q,
    )
    rows, following = paging.fetch(session, statement, [Institution.id], page)
    return Page(items=[InstitutionOut.model_validate(row) for row in rows], next=following)


def list_ancestors(session: Session, actor: Actor, institution_id: int) -> Page[AncestorOut]:
    """The way from the root down to an institution, itself included: names only."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    rows = widen_to_ancestors(session, institution_id)
    return Page(items=[AncestorOut(id=row.id, kind=row.kind, name=row.name) for row in rows])


def widen_to_ancestors(session: Session, institution_id: int) -> Sequence[Institution]:
    """The institutions from the root to this one, which the scope now shows with their rules; raises `NotFound`.

    For services that have already decided that the caller may act on ``institution_id``, which must be in scope.
    """
    found = tree.find(session, institution_id)
    if found is None:
        raise NotFound
    widen(session, Scope(lineage=frozenset(found.lineage)))
    return tree.ancestors(session, found)


def lineages(session: Session, institution_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """The same for many at once, as ids; raises `NotFound` unless all of them are in scope."""
    found = tree.lineages(session, institution_ids)
    if len(found) < len(set(institution_ids)):
        raise NotFound
    widen(session, Scope(lineage=frozenset().union(*found.values())))
    return found


def list_placements(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery, *, on: date | None = None
) -> Page[PlacementOut]:
    """Where an institution stood, in order of time, or on one day; planned moves included."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    widen_to_ancestors(session, institution_id)
    rows, following = paging.fetch(session, tree.placements(institution_id, on), [Placement.valid_from], page)
    return Page(items=placed(session, rows), next=following)


def placed(session: Session, rows: Sequence[Placement]) -> list[PlacementOut]:
    """Placements with the names of the parents, as far as the scope shows them."""
    names = tree.names(session, {row.parent_id for row in rows if row.parent_id is not None})
    return [
        PlacementOut(
            institution_id=row.institution_id,
            parent_id=row.parent_id,
            parent_name=names.get(row.parent_id or 0),
            lineage=row.lineage,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            applied=row.applied,
        )
        for row in rows
    ]


def list_divisions(
    session: Session, page: paging.PageQuery, *, on: date | None = None, parent: str | None = None
) -> Page[DivisionOut]:
    """Administrative divisions in force on a day (today by default), those directly below ``parent`` where asked."""
    statement = tree.divisions(on or clock.today(), parent)
    rows, following = paging.fetch(session, statement, [DivisionRow.code], page)
    return Page(items=[DivisionOut.model_validate(row) for row in rows], next=following)


def root_ids(session: Session) -> list[int]:
    """The roots of all trees, for tasks that go through everything; needs no scope and sets none."""
    return tree.roots(session)


def scope_to_all(session: Session) -> None:
    """Bind every tree and the rules of every institution, for tasks that go through everything."""
    roots = frozenset(tree.roots(session))
    bind(session, Scope(subtrees=roots))
    bind(session, Scope(subtrees=roots, lineage=frozenset(tree.all_ids(session))))


def scope_to_code(session: Session, code: str | None) -> int | None:
    """Bind the whole service's trees, for a command of the operator's, and find the institution with ``code``.

    None for an unknown code, and for no code at all.
    """
    bind(session, Scope(subtrees=frozenset(tree.roots(session))))
    found = tree.by_code(session, code) if code is not None else None
    return found.id if found is not None else None
