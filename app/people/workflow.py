"""The moves of an invitation."""

from app.kernel.workflow import Machine, Move
from app.people.models import InvitationState

_ISSUED = frozenset({InvitationState.ISSUED})

INVITATION = Machine(
    "invitation",
    (
        Move("accept", _ISSUED, InvitationState.ACCEPTED),
        Move("revoke", _ISSUED, InvitationState.REVOKED),
    ),
)
