"""The moves of a request, of its steps, and of a visitor's invitation."""

from app.entries.models import InvitationState, RequestState, StepState
from app.kernel.workflow import Machine, Move

_SUBMITTED = frozenset({RequestState.SUBMITTED})
_OPEN = frozenset({StepState.OPEN})

# `turn_away` is the rules' own move: nobody was asked.
ENTRY_REQUEST = Machine(
    "entry_request",
    (
        Move("submit", frozenset({RequestState.DRAFT, RequestState.RETURNED}), RequestState.SUBMITTED),
        Move(
            "turn_away",
            frozenset({RequestState.DRAFT, RequestState.RETURNED, RequestState.SUBMITTED}),
            RequestState.REFUSED,
        ),
        Move("approve", _SUBMITTED, RequestState.APPROVED),
        Move("refuse", _SUBMITTED, RequestState.REFUSED),
        Move("return", _SUBMITTED, RequestState.RETURNED),
        Move(
            "withdraw",
            frozenset({RequestState.SUBMITTED, RequestState.RETURNED, RequestState.APPROVED}),
            RequestState.WITHDRAWN,
        ),
        Move("expire", frozenset({RequestState.SUBMITTED, RequestState.RETURNED}), RequestState.EXPIRED),
    ),
)

ENTRY_STEP = Machine(
    "entry_step",
    (
        Move("open", frozenset({StepState.WAITING}), StepState.OPEN),
        Move("approve", _OPEN, StepState.PASSED),
        Move("refuse", _OPEN, StepState.REFUSED),
        Move("return", _OPEN, StepState.RETURNED),
        Move("drop", frozenset({StepState.WAITING, StepState.OPEN}), StepState.DROPPED),
    ),
)

VISIT_INVITATION = Machine(
    "visit_invitation", (Move("revoke", frozenset({InvitationState.ISSUED}), InvitationState.REVOKED),)
)
