"""Forgets who came and went when the days for which that is kept are over; figures and passes stay."""

from datetime import time, timedelta

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.gates.queries import purges
from app.kernel import clock
from app.policies import service as policies


def purge(session: Session, institution_id: int) -> int:
    """Delete a school's events, visitors and stays that are older than its rules keep; how many there were."""
    days = policies.effective(session, institution_id).gate_retention_days
    before = clock.at(clock.today() - timedelta(days=days), time(0))
    gone = purges.forget(session, institution_id, before)
    total = sum(gone.values())
    if total:
        details = {"before": before.date().isoformat(), **gone}
        audit.record(
            session,
            SYSTEM,
            "gates.purge",
            "institution",
            institution_id,
            institution_id=institution_id,
            details=details,
        )
    return total
