"""What happens to bulletins."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True)
class BulletinSubmitted(Event):
    """A bulletin waits for its review."""

    bulletin_id: int


@dataclass(frozen=True)
class BulletinIssued(Event):
    """A bulletin, a correction or a withdrawal was issued."""

    issue_id: int
