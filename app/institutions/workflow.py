"""The life of an institution. It is not opened again: what comes back is a new one, with a new code."""

from app.institutions.models import InstitutionState
from app.kernel.workflow import Machine, Move

INSTITUTION = Machine(
    "institution",
    (
        Move("close", frozenset({InstitutionState.OPEN}), InstitutionState.CLOSED),
        Move("merge", frozenset({InstitutionState.OPEN}), InstitutionState.MERGED),
    ),
)
