"""What nobody waits for: flags of implausible runs. One transaction each, so that no writer waits for two."""

from datetime import timedelta

from app.checkins import service
from app.kernel import clock, db
from app.kernel.db import Scope
from app.policies import service as policies


def flag_school(institution_id: int) -> int:
    """Flag the implausible runs of all days for which readings may still have come; how many readings changed."""
    changed = 0
    scope = Scope(frozenset({institution_id}), frozenset({institution_id}))
    with db.transaction(scope) as session:
        back = policies.effective(session, institution_id).checkin_backdating_days
    for ago in range(back, -1, -1):
        with db.transaction(scope) as session:
            changed += service.flag_runs(session, institution_id, clock.today() - timedelta(days=ago))
    return changed
