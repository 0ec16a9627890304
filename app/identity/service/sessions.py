"""Sessions: a device, its refresh tokens one after the other, and the access tokens made from them."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import SYSTEM, Actor, Held, obtain
from app.audit import service as audit
from app.identity.errors import SessionEnded
from app.identity.models import Account, Device, RefreshToken
from app.identity.queries import accounts as account_rows
from app.identity.queries import sessions as session_rows
from app.identity.schemas import DeviceOut, Tokens
from app.identity.service import keys, passwords
from app.identity.tokens import Claims, InvalidToken, KeyRing
from app.kernel import clock, settings
from app.kernel.errors import Unauthenticated
from app.kernel.language import pick
from app.kernel.schemas import Page
from app.kernel.secrets import vault

# Phones lose answers: for so long the token before the present one still gets the present one.
GRACE: Final = timedelta(seconds=5)
_SHOWN_DEVICES: Final = 100


def authenticate(session: Session, token: str) -> Actor:
    """Who the bearer of an access token is; raises `Unauthenticated`."""
    found = bearers(session, [verify(token, keys.verifying_ring(session))])[0]
    if isinstance(found, Unauthenticated):
        raise found
    return found


def verify(token: str, ring: KeyRing | None) -> Claims:
    """What a token says by the keys of ``ring``; raises `Unauthenticated`."""
    if ring is None:
        raise Unauthenticated
    try:
        return ring.verify(token, clock.now())
    except InvalidToken:
        raise Unauthenticated from None


def bearers(session: Session, claims: Sequence[Claims]) -> list[Actor | Unauthenticated]:
    """Who the bearers of verified tokens are, in their order.

    The account, the device and the session version are looked at each time, so that what ends a session ends its
    tokens with the next request.
    """
    claimed = [(place, one.account_id, one.device_id, one.session_version) for place, one in enumerate(claims)]
    found: dict[int, list[Any]] = {}
    for row in session_rows.bearers(session, claimed):
        found.setdefault(row.place, []).append(row)
    return [_bearer(one, found[place]) if place in found else Unauthenticated() for place, one in enumerate(claims)]


def _bearer(claims: Claims, rows: Sequence[Any]) -> Actor:
    first = rows[0]
    return Actor(
        account_id=claims.account_id,
        held=tuple(
            Held(row.role, row.institution_id, row.unit_id, row.person_id) for row in rows if row.role is not None
        ),
        device_id=claims.device_id,
        must_change_password=first.must_change_password or passwords.is_expired(first.kind, first.password_changed_at),
    )


def open_session(session: Session, account: Account, *, device_name: str | None = None) -> Tokens:
    """Sign an account in on a new device. The caller has proven who it is, and holds the account's row lock."""
    now = clock.now()
    device = Device(
        id=uuid4(),
        account_id=account.id,
        name=device_name or pick("未命名设备", "unnamed device"),
        created_at=now,
        last_seen_at=now,
    )
    session.add(device)
    session.flush()
    refresh = _token_of(secrets.token_bytes(32))
    expires_at = _refresh_expiry(now)
    session_rows.insert_refresh_token(session, _digest(refresh), device.id, now, expires_at)
    return _tokens(session, account, device, refresh, expires_at)


def issue_access_token(session: Session, account: Account, device: Device) -> str:
    """An access token of this device, good for `access_token_seconds`."""
    now = clock.now()
    claims = Claims(
        account_id=account.id,
        device_id=device.id,
        session_version=account.session_version,
        institution_id=session_rows.first_institution(session, account.id),
        jti=uuid4(),
        issued_at=now,
        not_before=now,
        expires_at=now + timedelta(seconds=settings.current().access_token_seconds),
    )
    return keys.signing_ring(session).sign(claims)


def refresh(session: Session, token: str) -> Tokens:
    """Use a refresh token up for a new pair; raises `SessionEnded`.

    The successor is computed from the token under the server's key. So whoever asks again with the same token within
    the grace gets the same successor, and of twenty requests at once all continue one family instead of twenty.
    A token that was used before that is a copy in other hands: the family ends, for both.
    """
    now, digest = clock.now(), _digest(token)
    successor = _token_of(vault().fingerprint(token, "refresh_token.successor"))
    expires_at = _refresh_expiry(now)
    device_id = session_rows.use_refresh_token(session, digest, _digest(successor), now, expires_at)
    if device_id is None:
        following = _in_grace(session, digest, now)
        device_id, expires_at = following.device_id, following.expires_at
    found = session_rows.living_session(session, device_id)
    if found is None:
        raise SessionEnded
    account, device = found
    device.last_seen_at = now
    return _tokens(session, account, device, successor, expires_at)


def _in_grace(session: Session, digest: bytes, now: datetime) -> RefreshToken:
    """The unused successor of a token that was used a moment ago; ends the family of one that was used before."""
    used = session_rows.refresh_token(session, digest)
    if used is None or used.used_at is None or used.successor is None:
        raise SessionEnded
    following = session_rows.refresh_token(session, used.successor)
    if following is not None and following.used_at is None and now - used.used_at <= GRACE:
        return following
    if session_rows.revoke_device(session, used.device_id, "refresh_token_reused", now):
        audit.record(session, SYSTEM, "sessions.reuse", "device", used.device_id, institution_id=audit.PLATFORM)
    raise SessionEnded


def sign_out(session: Session, actor: Actor) -> None:
    """End the session of the device that asks."""
    if actor.device_id is not None and session_rows.revoke_device(session, actor.device_id, "signed_out", clock.now()):
        audit.record(session, actor, "sessions.close", "device", actor.device_id, institution_id=audit.PLATFORM)


def sign_out_everywhere(session: Session, actor: Actor) -> None:
    """End every session of the caller's account, this one too."""
    if actor.account_id is None:
        return
    end_sessions(session, actor.account_id, "signed_out_everywhere")
    audit.record(session, actor, "sessions.close_all", "account", actor.account_id, institution_id=audit.PLATFORM)


def end_sessions(session: Session, account_id: int, because: str) -> None:
    """Kill every token of an account; whoever is signing in at this moment comes after."""
    account = account_rows.lock_account(session, account_id)
    if account is not None:
        account.session_version += 1
        session.flush()
        session_rows.revoke_devices(session, account_id, because, clock.now())


def list_devices(session: Session, actor: Actor) -> Page[DeviceOut]:
    """The caller's devices that are signed in, the last seen first; the hundred latest."""
    since = clock.now() - timedelta(days=settings.current().refresh_token_days)
    rows = session_rows.devices_seen(session, actor.account_id or 0, since, _SHOWN_DEVICES)
    return Page(items=[_device_out(row, actor) for row in rows])


def revoke_device(session: Session, actor: Actor, device_id: UUID) -> None:
    """Sign out one of the caller's devices, a lost phone; raises `NotFound`."""
    device = obtain(session, actor, Action.ACCOUNT_USE, Device, device_id)
    if session_rows.revoke_device(session, device.id, "revoked", clock.now()):
        audit.record(session, actor, "sessions.revoke", "device", device.id, institution_id=audit.PLATFORM)


def _device_out(device: Device, actor: Actor) -> DeviceOut:
    return DeviceOut(
        id=device.id,
        name=device.name,
        created_at=device.created_at,
        last_seen_at=device.last_seen_at,
        current=device.id == actor.device_id,
    )


def _tokens(session: Session, account: Account, device: Device, refresh_token: str, expires_at: datetime) -> Tokens:
    return Tokens(
        access_token=issue_access_token(session, account, device),
        expires_in=settings.current().access_token_seconds,
        refresh_token=refresh_token,
        refresh_expires_at=expires_at,
        account_id=account.id,
        device_id=device.id,
        must_change_password=account.must_change_password
        or passwords.is_expired(account.kind, account.password_changed_at),
    )


def _refresh_expiry(now: datetime) -> datetime:
    return now + timedelta(days=settings.current().refresh_token_days)


def _token_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _digest(token: str) -> bytes:
    # Plain SHA-256: 256 random bits need no salt and no stretching.
    return hashlib.sha256(token.encode("utf-8")).digest()
