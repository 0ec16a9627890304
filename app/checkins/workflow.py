"""The life of an import."""

from app.checkins.models import ImportState
from app.kernel.workflow import Machine, Move

_RUNNING = frozenset({ImportState.RUNNING})

IMPORT = Machine(
    "checkin_import",
    (
        Move("finish", _RUNNING, ImportState.DONE),
        Move("cancel", _RUNNING, ImportState.CANCELLED),
        Move("fail", _RUNNING, ImportState.FAILED),
    ),
)
