"""The moves of a bulletin before it is issued; afterwards there are none."""

from app.bulletins.models import BulletinState
from app.kernel.workflow import Machine, Move

BULLETIN = Machine(
    "bulletin",
    (
        Move("submit", frozenset({BulletinState.DRAFT}), BulletinState.IN_REVIEW),
        Move("return", frozenset({BulletinState.IN_REVIEW, BulletinState.APPROVED}), BulletinState.DRAFT),
        Move("approve", frozenset({BulletinState.IN_REVIEW}), BulletinState.APPROVED),
        # From a draft only where the policy asks for no review.
        Move("issue", frozenset({BulletinState.DRAFT, BulletinState.APPROVED}), BulletinState.ISSUED),
        Move("discard", frozenset({BulletinState.DRAFT}), BulletinState.DISCARDED),
    ),
)
