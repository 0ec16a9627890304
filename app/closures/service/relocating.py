"""What is closed follows the tree."""

from sqlalchemy.orm import Session

from app.closures.queries import places
from app.kernel.db import Scope, widen


def relocate(session: Session, institution_id: int) -> None:
    """Have the venues and orders of a subtree carry the lineage that their places have now; may run twice, and late."""
    widen(session, Scope(subtrees=frozenset({institution_id})))
    places.follow_tree(session, institution_id)
