"""The pairs that sign access tokens: made at first use, replaced by rotation, private halves encrypted at rest."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.identity.models import SigningKeyRow
from app.identity.queries import keys as key_rows
from app.identity.schemas import KeySetOut
from app.identity.tokens import InvalidToken, KeyRing, PassClaims, ReportClaims, SigningKey, generate_key
from app.kernel import clock
from app.kernel.secrets import vault

PUBLISHED_AHEAD: Final = timedelta(days=1)
# Ten minutes of a token's life, and room for processes that look for the new key once a minute.
_LAST_TOKENS: Final = timedelta(hours=1)
# A pass is a token that is printed or kept for weeks: the public half of its key is there for as long as it may last.
LONGEST_PASS: Final = timedelta(days=92)
_REMEMBERED: Final = timedelta(seconds=60)
_MADE_HERE: Final = "signing_key_made"

_lock = threading.Lock()
_ring: tuple[datetime, KeyRing] | None = None


def signing_ring(session: Session) -> KeyRing:
    """The ring to sign with; the very first call of an installation makes the first pair."""
    ring = verifying_ring(session)
    if ring is not None:
        return ring
    # Several processes may issue their first token at once; one makes the key, the others wait for its commit.
    key_rows.lock_keys(session)
    rows = key_rows.standing_keys(session)
    if not rows:
        now = clock.now()
        rows = [_make(session, now, signs_from=now)]
    return _build(rows, clock.now())


def standing_ring() -> KeyRing | None:
    """The ring as it was read within the last minute; None where `verifying_ring` has to read it."""
    held = _ring
    return held[1] if held is not None and abs(clock.now() - held[0]) < _REMEMBERED else None


def verifying_ring(session: Session) -> KeyRing | None:
    """The ring of all published keys, read again once a minute; None while there is none."""
    global _ring  # noqa: PLW0603 - the process's one memory of the keys
    held = standing_ring()
    if held is not None:
        return held
    rows = key_rows.standing_keys(session)
    if not rows:
        return None
    now = clock.now()
    ring = _build(rows, now)
    # A key made in this transaction may yet be rolled back; remembered, it would sign what nobody can verify.
    if _MADE_HERE not in session.info:
        with _lock:
            _ring = (now, ring)
    return ring


def forget() -> None:
    """Read the keys anew at the next use."""
    global _ring  # noqa: PLW0603 - see above
    with _lock:
        _ring = None


def rotate_keys(session: Session) -> SigningKeyRow:
    """Make the next pair: published now, signing a day later, when whoever verifies elsewhere has fetched it.

    Keys whose last tokens have expired are retired, and their private halves destroyed.
    """
    key_rows.lock_keys(session)
    now = clock.now()
    standing = sorted(key_rows.standing_keys(session), key=_age)
    over = [row for row in standing if row.signs_from <= now - _LAST_TOKENS][:-1]
    for row in over:
        row.retired_at, row.private_cipher = now, b""
        audit.record(session, SYSTEM, "keys.retire", "signing_key", row.kid, institution_id=audit.PLATFORM)
    return _make(session, now, signs_from=now + PUBLISHED_AHEAD if standing else now)


def key_set(session: Session) -> KeySetOut:
    """The public halves, for whoever verifies tokens and passes elsewhere."""
    return KeySetOut.model_validate(pass_ring(session).jwks())


def pass_ring(session: Session) -> KeyRing:
    """The ring by which passes are verified: it signs nothing, and knows the keys of the last `LONGEST_PASS` too."""
    rows = key_rows.published_keys(session, clock.now() - LONGEST_PASS)
    return KeyRing([_public(row) for row in rows], None)


def sign_passes(session: Session, claims: Sequence[PassClaims]) -> list[str]:
    """The tokens of passes."""
    ring = signing_ring(session)
    return [ring.sign_pass(one) for one in claims]


def verify_passes(session: Session, tokens: Sequence[str]) -> list[PassClaims | None]:
    """What passes say, whatever the time; None for what this service has not signed."""
    ring = pass_ring(session)
    return [_verified(ring, token) for token in tokens]


def sign_report(session: Session, institution_id: int, digest: str) -> str:
    """The signature of what an institution has sent; ``digest``: its SHA-256 in hexadecimal."""
    return signing_ring(session).sign_report(ReportClaims(institution_id, digest))


def verify_reports(session: Session, signatures: Sequence[str]) -> list[ReportClaims | None]:
    """What signatures say, by every key there ever was; None for what this service has not signed."""
    ring = KeyRing([_public(row) for row in key_rows.published_keys(session, datetime.min.replace(tzinfo=UTC))], None)
    return [_verified_report(ring, signature) for signature in signatures]


def _verified_report(ring: KeyRing, signature: str) -> ReportClaims | None:
    try:
        return ring.verify_report(signature)
    except InvalidToken:
        return None


def _verified(ring: KeyRing, token: str) -> PassClaims | None:
    try:
        return ring.verify_pass(token)
    except InvalidToken:
        return None


def _make(session: Session, now: datetime, *, signs_from: datetime) -> SigningKeyRow:
    key = generate_key()
    if key.private_pem is None:
        raise ValueError("a new pair has both halves")
    row = SigningKeyRow(
        kid=key.kid,
        private_cipher=vault().encrypt(key.private_pem, _context(key.kid)),
        public_pem=key.public_pem,
        published_at=now,
        signs_from=signs_from,
    )
    session.add(row)
    session.flush()
    session.info[_MADE_HERE] = True
    audit.record(session, SYSTEM, "keys.publish", "signing_key", key.kid, institution_id=audit.PLATFORM)
    return row


def _build(rows: Sequence[SigningKeyRow], now: datetime) -> KeyRing:
    # None is due yet where this process's clock is behind that of the one that made the first key.
    due = [row for row in rows if row.signs_from <= now]
    current = max(due, key=_age) if due else min(rows, key=_age)
    private = vault().decrypt(current.private_cipher, _context(current.kid))
    signer = SigningKey(current.kid, private, current.public_pem)
    others = [_public(row) for row in rows if row.kid != current.kid]
    return KeyRing([signer, *others], current.kid)


def _age(row: SigningKeyRow) -> tuple[datetime, datetime, str]:
    return row.signs_from, row.published_at, row.kid


def _public(row: SigningKeyRow) -> SigningKey:
    return SigningKey(row.kid, None, row.public_pem)


def _context(kid: str) -> str:
    return f"signing_key.private:{kid}"
