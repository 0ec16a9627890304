"""What is thrown away once nothing counts it any more."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.identity.queries import limits as limit_rows
from app.identity.service import codes, tries
from app.kernel import clock


def purge(session: Session) -> int:
    """Delete failures and codes that no limit looks at, and expired refresh tokens; how many rows.

    Used refresh tokens stay until they would have expired: by them a stolen one is recognised.
    """
    now = clock.now()
    return limit_rows.purge(
        session,
        failures_before=now - 2 * tries.WINDOW,
        codes_before=now - codes.LIMITS[-1][1] - timedelta(hours=1),
        tokens_before=now,
    )
