"""How often somebody may fail: so many times in fifteen minutes by account and by address, in all processes together.

Checking a password takes long and is done without a lock, so twenty guesses may be on their way at once. Hence the
count is looked at twice: before, to spare the work; and after, holding the lock under which failures are written,
before anybody is told whether the guess was right. No more guesses are answered than may fail.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.audit import service as audit
from app.identity.errors import SignInLocked
from app.identity.queries import limits as limit_rows
from app.kernel import clock, settings
from app.kernel.secrets import vault

WINDOW: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Tries:
    """What the failures of one kind of guess are counted by, as keyed hashes; made by `tries_of`."""

    kind: str
    account: bytes
    address: bytes


def tries_of(kind: str, account: bytes, address: str) -> Tries:
    """The counters for guesses of a ``kind`` (``password``) from an ``address``.

    ``account`` is what the guesses aim at: the fingerprint of a phone, for there need not be an account.
    """
    return Tries(
        kind,
        vault().fingerprint(f"{kind}:{account.hex()}", "failure.account"),
        vault().fingerprint(address, "failure.address"),
    )


def demand_tries(session: Session, tries: Tries, *, settle: bool = False) -> None:
    """Raise `SignInLocked` if another guess may not be answered.

    With ``settle``, guesses of the same account or address wait for each other from here until the commit.
    """
    limits = _limits(tries)
    if settle:
        for subject in sorted(limits):
            limit_rows.lock_subject(session, subject)
    waits = [_wait(session, subject, limit) for subject, limit in limits.items()]
    longest = max(waits)
    if longest > timedelta():
        raise SignInLocked(seconds=min(int(longest.total_seconds()) + 1, int(WINDOW.total_seconds())))


def count_failure(session: Session, tries: Tries, actor: Actor, account_id: int | None) -> None:
    """Count a wrong guess; after `demand_tries` with ``settle``, in a transaction that a `lasting` problem ends."""
    limit_rows.insert_failures(session, [tries.account, tries.address], clock.now())
    full = any(_wait(session, one, limit) > timedelta() for one, limit in _limits(tries).items())
    for act in ("tries.fail", "tries.lock") if full else ("tries.fail",):
        audit.record(
            session,
            actor,
            act,
            "account",
            "unknown" if account_id is None else account_id,
            institution_id=audit.PLATFORM,
            details={"by": tries.kind},
        )


def _wait(session: Session, subject: bytes, limit: int) -> timedelta:
    """How long until the oldest of the failures that fill the limit leaves the window."""
    now = clock.now()
    last = limit_rows.failures_since(session, subject, now - WINDOW, limit)
    return last[-1] + WINDOW - now if len(last) >= limit else timedelta()


def _limits(tries: Tries) -> dict[bytes, int]:
    found = settings.current()
    return {tries.account: found.sign_in_failures_per_account, tries.address: found.sign_in_failures_per_address}
