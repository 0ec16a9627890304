"""Who is inside is counted where the school stands."""

from sqlalchemy.orm import Session

from app.gates.queries import events as rows
from app.kernel.db import Scope, widen


def relocate(session: Session, institution_id: int) -> None:
    """Have the leaves of a subtree carry the lineage that their schools have now; may run twice, and late."""
    widen(session, Scope(subtrees=frozenset({institution_id})))
    rows.follow_tree(session, institution_id)
