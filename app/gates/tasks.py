"""What is done for a school at night."""

from app.gates import service
from app.kernel import db
from app.kernel.db import Scope


def purge_school(institution_id: int) -> int:
    """Forget what is older than the school's rules keep; how many rows there were."""
    with db.transaction(Scope(frozenset({institution_id}), frozenset({institution_id}))) as session:
        return service.purge(session, institution_id)
