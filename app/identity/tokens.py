"""Access tokens: short-lived JWTs (RFC 9068), signed with ES256; the one place that knows the token library.

A token holds for at most ten minutes, so what it says is checked against the account again when it is
renewed. Revocation goes by ``jti`` and session version, never by a hash of the token: an ECDSA signature can
be rewritten into a second valid one, and the hash of that is another.

Passes are tokens of another type by the same keys: short enough for a QR code, checked by a phone without a network,
and good for nothing at the API.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwk, jws
from jose.backends.base import Key

ISSUER: Final = "lianfang"
AUDIENCE: Final = "lianfang-api"
ALGORITHM: Final = "ES256"
TYPE: Final = "at+jwt"
PASS_TYPE: Final = "pass+jwt"  # noqa: S105 - the name of a type
REPORT_TYPE: Final = "report+jwt"
MAX_BYTES: Final = 4096
MAX_LIFETIME: Final = timedelta(minutes=10)
# Clocks of two machines differ: a token is good elsewhere in the second in which it was issued here.
CLOCK_SKEW: Final = timedelta(seconds=5)
REMEMBERED: Final = 8192  # tokens; about a kilobyte each

_SEGMENTS: Final = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ID: Final = re.compile(r"[1-9][0-9]{0,18}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MAX_BIGINT: Final = 2**63 - 1


class InvalidToken(Exception):  # noqa: N818 - it names a finding
    """The token does not hold. Says no more, so that an attacker learns nothing from the answer."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A P-256 key pair in PEM; without the private half it verifies only. ``kid`` is the RFC 7638 thumbprint."""

    kid: str
    private_pem: str | None = field(repr=False)
    public_pem: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: an account (``sub``) on a device (``sid``), in a version of its session (``sv``).

    ``institution_id`` (``inst``) is the first in which the account held a role when the token was made, 0 for none:
    good for queueing fairly, never for deciding.
    """

    account_id: int
    device_id: UUID
    session_version: int
    institution_id: int
    jti: UUID
    issued_at: datetime
    not_before: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PassClaims:
    """What a pass says: who (masked) may go where in an institution, from when until when.

    No ``venue_ids``: anywhere. ``single_use``: once in. ``rotating``: only with the code of the minute beside it.
    """

    pass_id: int
    institution_id: int
    name: str
    venue_ids: tuple[int, ...]
    valid_from: datetime
    valid_until: datetime
    single_use: bool
    rotating: bool


@dataclass(frozen=True, slots=True)
class ReportClaims:
    """What the signature of a report says: an institution, and the SHA-256 of all that it has sent, in hexadecimal."""

    institution_id: int
    digest: str


def generate_key() -> SigningKey:
    """A new key pair."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(_thumbprint(private.public_key()), pem.decode("ascii"), public.decode("ascii"))


class KeyRing:
    """The keys in force: one signs, all verify. Built once and shared by threads; a rotation builds a new ring."""

    def __init__(self, keys: Sequence[SigningKey], current: str | None) -> None:
        """``current`` is the ``kid`` that signs, None for a ring that only verifies.

        Raises ValueError for keys that are no P-256 pairs, for a kid held twice and for a current key
        that is not among them or has no private half.
        """
        self._public: dict[str, Key] = {}
        self._by_header: dict[str, Key] = {}
        self._by_pass_header: dict[str, Key] = {}
        self._by_report_header: dict[str, Key] = {}
        self._signer: tuple[str, Key] | None = None
        # What was signed once stays signed; only the time is asked anew. Of this ring alone: a new key is a new ring.
        self._read = lru_cache(maxsize=REMEMBERED)(self._verify)
        for key in keys:
            if key.kid in self._public:
                raise ValueError("two keys with one kid")
            verifier = _verifier(key)
            self._public[key.kid] = verifier
            self._by_header[_header_segment(key.kid, TYPE)] = verifier
            self._by_pass_header[_header_segment(key.kid, PASS_TYPE)] = verifier
            self._by_report_header[_header_segment(key.kid, REPORT_TYPE)] = verifier
            if key.kid == current:
                self._signer = (key.kid, _signer(key))
        if current is not None and self._signer is None:
            raise ValueError("the current key is not on the ring")

    def sign(self, claims: Claims) -> str:
        """The token for these claims; times are cut to whole seconds.

        Raises ValueError when the lifetime is not within (0, 10 minutes] or the ring cannot sign.
        """
        issued, expires = int(_timestamp(claims.issued_at)), int(_timestamp(claims.expires_at))
        if not 0 < expires - issued <= MAX_LIFETIME.total_seconds():
            raise ValueError("a token lives longer than nothing and no longer than ten minutes")
        if not 0 < claims.account_id <= _MAX_BIGINT or claims.session_version < 0:
            raise ValueError("no such account or session version")
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.account_id),
            "sid": str(claims.device_id),
            "sv": claims.session_version,
            "inst": claims.institution_id,
            "jti": str(claims.jti),
            "iat": issued,
            "nbf": int(_timestamp(claims.not_before)),
            "exp": expires,
        }
        return self._sign(payload, TYPE)

    def sign_pass(self, claims: PassClaims) -> str:
        """The token of a pass; times are cut to whole seconds. Raises ValueError when the ring cannot sign."""
        flags = {"single": claims.single_use, "rotating": claims.rotating}
        payload = {
            "aud": str(claims.institution_id),
            "jti": str(claims.pass_id),
            "nbf": int(_timestamp(claims.valid_from)),
            "exp": int(_timestamp(claims.valid_until)),
            "name": claims.name,
            "venues": list(claims.venue_ids),
            **{name: 1 for name, set_ in flags.items() if set_},
        }
        return self._sign(payload, PASS_TYPE)

    def verify_pass(self, token: object) -> PassClaims:
        """What a pass says, whatever the time; raises InvalidToken for anything that this service has not signed."""
        try:
            return _pass_claims(self._payload(token, self._by_pass_header))
        except Exception:  # noqa: BLE001 - as in `verify`
            raise InvalidToken from None

    def sign_report(self, claims: ReportClaims) -> str:
        """The signature of a report. Raises ValueError when the ring cannot sign."""
        return self._sign({"sub": str(claims.institution_id), "sha256": claims.digest}, REPORT_TYPE)

    def verify_report(self, token: object) -> ReportClaims:
        """What was signed, whenever that was; raises InvalidToken for anything that this service has not signed."""
        try:
            payload = self._payload(token, self._by_report_header)
            return ReportClaims(_id(payload["sub"]), _sha256(payload["sha256"]))
        except Exception:  # noqa: BLE001 - as in `verify`
            raise InvalidToken from None

    def verify(self, token: object, now: datetime) -> Claims:
        """What the token says, if it holds at ``now`` (an aware datetime).

        Raises InvalidToken for anything else at all: on crafted input the libraries beneath raise what they
        do not document (RecursionError, TypeError, UnicodeEncodeError …), and each of them would be a 500.
        """
        moment = _timestamp(now)
        try:
            claims = self._read(token)
            _demand_in_force(claims, moment)
        except Exception:  # noqa: BLE001 - see above
            raise InvalidToken from None
        return claims

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JSON Web Key Set (RFC 7517), for whoever verifies tokens elsewhere."""
        return {"keys": [{**key.to_dict(), "kid": kid, "use": "sig"} for kid, key in sorted(self._public.items())]}

    def _sign(self, payload: Mapping[str, Any], type_: str) -> str:
        if self._signer is None:
            raise ValueError("this ring only verifies")
        kid, signer = self._signer
        return jws.sign(dict(payload), signer, headers={"typ": type_, "kid": kid}, algorithm=ALGORITHM)

    def _verify(self, token: object) -> Claims:
        return _claims(self._payload(token, self._by_header))

    def _payload(self, token: object, by_header: Mapping[str, Key]) -> Any:
        # Length before anything that walks the text; strict alphabet because base64 decoding skips foreign
        # characters, which would let one token be written in many ways.
        if not isinstance(token, str) or len(token) > MAX_BYTES:
            raise InvalidToken
        segments = _SEGMENTS.fullmatch(token)
        if segments is None:
            raise InvalidToken
        # The header must be, to the byte, one that this ring writes: alg, typ, a known kid and nothing else.
        # So no jku, jwk, x5c or crit is ever looked at, and no JSON of a stranger parsed before the signature.
        return json.loads(jws.verify(token, by_header[segments[1]], [ALGORITHM]))


def _demand_in_force(claims: Claims, now: float) -> None:
    begins = max(claims.issued_at, claims.not_before).timestamp()
    if begins > now + CLOCK_SKEW.total_seconds() or now >= claims.expires_at.timestamp():
        raise InvalidToken


def _claims(payload: Any) -> Claims:
    """The claims, each required and of its exact type; raises KeyError, TypeError or InvalidToken."""
    if not isinstance(payload, Mapping) or payload["iss"] != ISSUER or payload["aud"] != AUDIENCE:
        raise InvalidToken
    issued, not_before, expires = (_whole(payload[name]) for name in ("iat", "nbf", "exp"))
    if not 0 < expires - issued <= MAX_LIFETIME.total_seconds():
        raise InvalidToken
    return Claims(
        account_id=_id(payload["sub"]),
        device_id=_uuid(payload["sid"]),
        session_version=_whole(payload["sv"]),
        institution_id=_whole(payload["inst"]),
        jti=_uuid(payload["jti"]),
        issued_at=datetime.fromtimestamp(issued, UTC),
        not_before=datetime.fromtimestamp(not_before, UTC),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def _pass_claims(payload: Any) -> PassClaims:
    """The claims of a pass, each of its exact type; raises KeyError, TypeError or InvalidToken."""
    venues, name = payload["venues"], payload["name"]
    if not isinstance(venues, list) or not isinstance(name, str):
        raise InvalidToken
    return PassClaims(
        pass_id=_id(payload["jti"]),
        institution_id=_id(payload["aud"]),
        name=name,
        venue_ids=tuple(_whole(one) for one in venues),
        valid_from=datetime.fromtimestamp(_whole(payload["nbf"]), UTC),
        valid_until=datetime.fromtimestamp(_whole(payload["exp"]), UTC),
        single_use=payload.get("single") == 1,
        rotating=payload.get("rotating") == 1,
    )


def _id(value: object) -> int:
    """A positive bigint in its one decimal form."""
    if not isinstance(value, str) or not _ID.fullmatch(value) or int(value) > _MAX_BIGINT:
        raise InvalidToken
    return int(value)


def _whole(value: object) -> int:
    """A non-negative JSON integer; ``true`` and ``1.0`` are none."""
    if type(value) is not int or not 0 <= value <= _MAX_BIGINT:
        raise InvalidToken
    return value


def _uuid(value: object) -> UUID:
    """A UUID in its canonical form only, so that one identifier has one spelling."""
    if not isinstance(value, str) or str(UUID(value)) != value:
        raise InvalidToken
    return UUID(value)


def _sha256(value: object) -> str:
    """Sixty-four hexadecimal digits."""
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise InvalidToken
    return value


def _timestamp(moment: datetime) -> float:
    if moment.tzinfo is None:
        raise ValueError("a naive datetime says nothing about when")
    return moment.timestamp()


def _header_segment(kid: str, type_: str) -> str:
    """The encoded header as the signing library writes it: sorted members, no spaces."""
    header = json.dumps({"alg": ALGORITHM, "kid": kid, "typ": type_}, separators=(",", ":"), sort_keys=True)
    return _base64url(header.encode("utf-8"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _verifier(key: SigningKey) -> Key:
    _check_curve(serialization.load_pem_public_key(key.public_pem.encode("ascii")))
    return jwk.construct(key.public_pem, ALGORITHM)


def _signer(key: SigningKey) -> Key:
    if key.private_pem is None:
        raise ValueError("the current key has no private half")
    private = serialization.load_pem_private_key(key.private_pem.encode("ascii"), password=None)
    _check_curve(private.public_key())
    if private.public_key() != serialization.load_pem_public_key(key.public_pem.encode("ascii")):
        raise ValueError("the halves of a key do not belong together")
    return jwk.construct(key.private_pem, ALGORITHM)


def _check_curve(public: object) -> None:
    # The library would sign and verify "ES256" with any curve that it is given.
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")  # noqa: TRY004 - right type of PEM, wrong key in it


def _thumbprint(public: ec.EllipticCurvePublicKey) -> str:
    """The key's name by its content (RFC 7638): the same key never gets two names."""
    numbers = public.public_numbers()
    members = {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(numbers.x.to_bytes(32, "big")),
        "y": _base64url(numbers.y.to_bytes(32, "big")),
    }
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode("ascii")).digest())
