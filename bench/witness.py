"""`lianfang worker` as it is, and one listener more: `python -m bench.witness worker …` leaves a trace of each fever.

The trace is an entry of the audit trail, written in the transaction of the listeners: the effect that must happen once.
With ``LIANFANG_WITNESS_STOPS`` the listener says so, and stops after its first write, so that it can be killed there.
"""

import os
import sys
import time

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.checkins.events import FeverReported
from app.cli.main import main
from app.kernel import events

ACT = "bench.fever_seen"
STOPPED = "in the middle"


def _leave_trace(session: Session, event: FeverReported) -> None:
    audit.record(session, SYSTEM, ACT, "checkin", event.checkin_id, institution_id=event.institution_id)
    session.flush()
    if "LIANFANG_WITNESS_STOPS" in os.environ:
        sys.stderr.write(f"{STOPPED}\n")
        sys.stderr.flush()
        time.sleep(600)


if __name__ == "__main__":
    events.listen(FeverReported, _leave_trace)
    sys.argv[0] = "lianfang"
    main()
