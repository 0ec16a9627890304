"""Making institutions and changing what they say of themselves."""

from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions.errors import CodeTaken, KindNotBelow, NotOpen
from app.institutions.events import InstitutionOpened
from app.institutions.models import Institution, InstitutionState
from app.institutions.queries import tree
from app.institutions.schemas import InstitutionChange, InstitutionIn, InstitutionOut
from app.institutions.service.drafting import Draft, faults, field_error, fits_below
from app.kernel import clock, events, versions
from app.kernel.errors import Conflict, Invalid


def create(session: Session, actor: Actor, body: InstitutionIn) -> InstitutionOut:
    """A new institution below one that the actor manages.

    Raises `NotFound`, `Forbidden`, `NotOpen`, `KindNotBelow`, `CodeTaken`, `Invalid`.
    """
    (parent,) = taken(session, actor, [body.parent_id], shared=True)
    if parent.state is not InstitutionState.OPEN:
        raise NotOpen
    if not fits_below(body.kind, parent.kind):
        raise KindNotBelow
    draft = Draft(
        kind=body.kind,
        name=body.name,
        code=body.code,
        school_type=body.school_type,
        division_code=body.division_code,
        opened_on=body.opened_on or clock.today(),
    )
    _demand(session, draft)
    return InstitutionOut.model_validate(_insert(session, actor, draft, parent))


def change(
    session: Session, actor: Actor, institution_id: int, body: InstitutionChange, if_match: str | None
) -> InstitutionOut:
    """Change names and codes; raises `NotFound`, `Forbidden`, `PreconditionFailed`, `NotOpen`, `Invalid`."""
    found = obtain(session, actor, Action.INSTITUTIONS_MANAGE, Institution, institution_id, lock=True)
    versions.require(found.version, if_match)
    if found.state is not InstitutionState.OPEN:
        raise NotOpen
    given: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    _demand(
        session,
        Draft(
            kind=found.kind,
            name=given.get("name", found.name),
            code=given.get("code", found.code),
            school_type=given.get("school_type", found.school_type),
            division_code=given.get("division_code", found.division_code),
            opened_on=found.opened_on,
        ),
    )
    changed = sorted(name for name, value in given.items() if getattr(found, name) != value)
    if changed:
        for name in changed:
            setattr(found, name, given[name])
        found.version += 1
        session.flush()
        audit.record(
            session,
            actor,
            "institutions.change",
            "institution",
            found.id,
            institution_id=found.id,
            details={"fields": changed},
        )
    return InstitutionOut.model_validate(found)


def taken(session: Session, actor: Actor, ids: list[int], *, shared: bool = False) -> list[Institution]:
    """The institutions, which the actor manages, with their trees held still until the transaction ends.

    Structure changes one at a time in a tree: otherwise two moves, each right by itself, could close a circle.
    ``shared`` is for new leaves, which disturb nobody but movers.
    """
    before = [obtain(session, actor, Action.INSTITUTIONS_MANAGE, Institution, one) for one in ids]
    roots = {one.lineage[0] for one in before}
    tree.lock_trees(session, roots, shared=shared)
    # What was read before the lock may be what the one before us has changed.
    session.expire_all()
    after = [obtain(session, actor, Action.INSTITUTIONS_MANAGE, Institution, one) for one in ids]
    if not {one.lineage[0] for one in after} <= roots:
        raise Conflict
    return after


def _demand(session: Session, draft: Draft) -> None:
    today = clock.today()
    codes = {draft.division_code} - {None}
    known = tree.known_divisions(session, [str(code) for code in codes], today) if codes else set()
    found = list(faults(draft, known, today))
    if found:
        raise Invalid(errors=[field_error(*fault) for fault in found])


def _insert(session: Session, actor: Actor, draft: Draft, parent: Institution) -> Institution:
    (new,) = tree.next_ids(session, 1)
    if not tree.insert_new(session, [row_of(draft, new, parent.id)]):
        raise CodeTaken
    tree.place_new(session, [new], actor.account_id)
    events.record(session, InstitutionOpened(new))
    audit.record(
        session,
        actor,
        "institutions.create",
        "institution",
        new,
        institution_id=new,
        details={"kind": draft.kind.value, "parent_id": parent.id},
    )
    return session.get_one(Institution, new)


def row_of(draft: Draft, new: int, parent_id: int | None) -> dict[str, Any]:
    """What is inserted for a new institution."""
    return {
        "id": new,
        "parent_id": parent_id,
        "kind": draft.kind.value,
        "school_type": draft.school_type.value if draft.school_type else None,
        "code": draft.code,
        "name": draft.name,
        "division_code": draft.division_code,
        "opened_on": draft.opened_on,
    }
