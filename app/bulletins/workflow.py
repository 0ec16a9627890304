"""The moves of a bulletin before it is issued; afterwards there are none."""

from app.bulletins.models import BulletinState
from app.kernel.workflow import Machine, Move

OPEN = frozenset({BulletinState.DRAFT, BulletinState.RETURNED})

BULLETIN = Machine(
    "bulletin",
    (
        Move("submit", OPEN, BulletinState.IN_REVIEW),
        Move("return", frozenset({BulletinState.IN_REVIEW, BulletinState.APPROVED}), BulletinState.RETURNED),
        Move("approve", frozenset({BulletinState.IN_REVIEW}), BulletinState.APPROVED),
        # Unapproved only where the policy asks for no review.
        Move("issue", OPEN | {BulletinState.APPROVED}, BulletinState.ISSUED),
        Move("discard", OPEN, BulletinState.DISCARDED),
    ),
)
