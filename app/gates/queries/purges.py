"""Statements that forget."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, literal
from sqlalchemy.orm import Session

from app.gates.models import GateEvent, Presence, WalkUp


def forget(session: Session, institution_id: int, before: datetime) -> Mapping[str, int]:
    """Delete what a school knows of the time before a moment; how many rows of each table.

    Whoever came in before it and has not left is inside still, and stays.
    """
    statements = {
        "gate_event": delete(GateEvent).where(
            GateEvent.institution_id == institution_id, GateEvent.occurred_at < before
        ),
        "presence": delete(Presence).where(
            Presence.institution_id == institution_id, Presence.at < before, ~Presence.inside
        ),
        "walk_up": delete(WalkUp).where(WalkUp.institution_id == institution_id, WalkUp.registered_at < before),
    }
    return {
        name: len(session.scalars(one.returning(literal(1)), execution_options={"synchronize_session": False}).all())
        for name, one in statements.items()
    }
