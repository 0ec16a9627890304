"""Access tokens: what we sign verifies, and nothing else does, whatever is done to it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.identity.tokens import Claims, InvalidToken, KeyRing, SigningKey, generate_key

NOW = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)
KEY = generate_key()
OTHER = generate_key()
RING = KeyRing([KEY], current=KEY.kid)
CLAIMS = Claims(
    account_id=42,
    device_id=UUID("0190b0f0-0000-7000-8000-000000000001"),
    session_version=3,
    institution_id=7,
    jti=UUID("0190b0f0-0000-7000-8000-000000000002"),
    issued_at=NOW,
    not_before=NOW,
    expires_at=NOW + timedelta(minutes=10),
)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    return json.loads(decode(header)), json.loads(decode(payload))


def forge(header: object, payload: object, key: SigningKey = KEY) -> str:
    """A token with any header and payload, properly signed with ES256."""
    texts = [item if isinstance(item, str) else json.dumps(item) for item in (header, payload)]
    signing_input = ".".join(encode(text.encode()) for text in texts)
    assert key.private_pem is not None
    private = serialization.load_pem_private_key(key.private_pem.encode(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def ours(**changes: Any) -> str:
    """A token with our own header and key, and changed claims; None takes a claim away."""
    _, payload = parts(RING.sign(CLAIMS))
    payload = {name: value for name, value in (payload | changes).items() if value is not None}
    header = json.dumps({"alg": "ES256", "kid": KEY.kid, "typ": "at+jwt"}, separators=(",", ":"))
    return forge(header, payload)


def with_header(**changes: Any) -> str:
    header, payload = parts(RING.sign(CLAIMS))
    merged = {name: value for name, value in (header | changes).items() if value is not None}
    return forge(json.dumps(merged, separators=(",", ":"), sort_keys=True), payload)


def hs256(secret: bytes) -> str:
    header, payload = parts(RING.sign(CLAIMS))
    signing_input = ".".join(
        encode(json.dumps(item, sort_keys=True).encode()) for item in (header | {"alg": "HS256"}, payload)
    )
    return f"{signing_input}.{encode(hmac.new(secret, signing_input.encode(), hashlib.sha256).digest())}"


def public_key() -> ec.EllipticCurvePublicKey:
    loaded = serialization.load_pem_public_key(KEY.public_pem.encode())
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    return loaded


def public_der() -> bytes:
    return public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def malleable(token: str) -> str:
    """The other valid signature of the same message: (r, n - s)."""
    head, _, signature = token.rpartition(".")
    raw = decode(signature)
    s = P256_ORDER - int.from_bytes(raw[32:], "big")
    return f"{head}.{encode(raw[:32] + s.to_bytes(32, 'big'))}"


def seconds(offset: timedelta) -> int:
    return int((NOW + offset).timestamp())


def test_what_is_signed_is_read_back() -> None:
    assert RING.verify(RING.sign(CLAIMS), NOW) == CLAIMS


def test_the_header_says_what_it_is() -> None:
    header, payload = parts(RING.sign(CLAIMS))
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}
    assert set(payload) == {"iss", "aud", "sub", "sid", "sv", "inst", "jti", "iat", "nbf", "exp"}


def test_crafted_tokens_are_made_the_way_ours_are() -> None:
    """Control: without a change the forgery is accepted, so each attack below fails for its own reason."""
    assert RING.verify(ours(), NOW) == CLAIMS
    assert RING.verify(with_header(), NOW) == CLAIMS


ATTACKS: dict[str, Callable[[], str]] = {
    "alg none, no signature": lambda: with_header(alg="none").rpartition(".")[0] + ".",
    "alg none, our signature": lambda: with_header(alg="none"),
    "alg missing": lambda: with_header(alg=None),
    "alg a list": lambda: with_header(alg=["ES256"]),
    "alg ES384": lambda: with_header(alg="ES384"),
    "alg in small letters": lambda: with_header(alg="es256"),
    "HS256 with the public key in PEM": lambda: hs256(KEY.public_pem.encode()),
    "HS256 with the public key in DER": lambda: hs256(public_der()),
    "HS256 with an empty secret": lambda: hs256(b""),
    "typ JWT": lambda: with_header(typ="JWT"),
    "typ missing": lambda: with_header(typ=None),
    "kid unknown": lambda: forge({"alg": "ES256", "kid": OTHER.kid, "typ": "at+jwt"}, {}, OTHER),
    "kid missing": lambda: with_header(kid=None),
    "kid a path": lambda: with_header(kid="../../../dev/null"),
    "kid an object": lambda: with_header(kid={"kid": KEY.kid}),
    "jku": lambda: with_header(jku="https://127.0.0.1/jwks"),
    "jwk": lambda: with_header(jwk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
    "x5c": lambda: with_header(x5c=["AAAA"]),
    "x5u": lambda: with_header(x5u="https://127.0.0.1/chain"),
    "crit": lambda: with_header(crit=["b64"], b64=False),
    "an unknown header": lambda: with_header(zip="DEF"),
    "header a list": lambda: forge([], parts(RING.sign(CLAIMS))[1]),
    "header nested deep": lambda: forge("[" * 1500, "{}"),
    "payload nested deep": lambda: forge_payload("[" * 2500),
    "payload a list": lambda: forge_payload("[]"),
    "payload not JSON": lambda: forge_payload("{"),
    "payload NaN": lambda: ours(exp=float("nan")),
    "payload infinite": lambda: ours(exp=float("inf")),
    "signed by another key": lambda: forge(parts(RING.sign(CLAIMS))[0], parts(RING.sign(CLAIMS))[1], OTHER),
    "signature of zeros": lambda: RING.sign(CLAIMS).rpartition(".")[0] + "." + encode(bytes(64)),
    "signature short": lambda: RING.sign(CLAIMS)[:-4],
    "signature in DER": lambda: RING.sign(CLAIMS).rpartition(".")[0] + "." + encode(b"\x30\x06\x02\x01\x01" * 2),
    "iss another": lambda: ours(iss="lianfang2"),
    "iss a list": lambda: ours(iss=["lianfang"]),
    "aud another": lambda: ours(aud="elsewhere"),
    "aud a list": lambda: ours(aud=["lianfang-api", "elsewhere"]),
    "sub a number": lambda: ours(sub=42),
    "sub negative": lambda: ours(sub="-42"),
    "sub zero": lambda: ours(sub="0"),
    "sub beyond bigint": lambda: ours(sub=str(2**63)),
    "sub in other digits": lambda: ours(sub="٤٢"),
    "sub with a newline": lambda: ours(sub="42\n"),
    "jti no UUID": lambda: ours(jti="1"),
    "jti in capitals": lambda: ours(jti=str(CLAIMS.jti).upper()),
    "jti in braces": lambda: ours(jti=f"{{{CLAIMS.jti}}}"),
    "sid no UUID": lambda: ours(sid=7),
    "inst a text": lambda: ours(inst="3"),
    "inst negative": lambda: ours(inst=-1),
    "sv true": lambda: ours(sv=True),
    "sv a float": lambda: ours(sv=3.0),
    "sv negative": lambda: ours(sv=-1),
    "exp a string": lambda: ours(exp=str(seconds(timedelta(minutes=5)))),
    "exp huge": lambda: ours(exp=10**400),
    "exp true": lambda: ours(exp=True),
    "lives too long": lambda: ours(exp=seconds(timedelta(minutes=10, seconds=1))),
    "expires before it is issued": lambda: ours(iat=seconds(timedelta(0)), exp=seconds(timedelta(seconds=-1))),
    "nbf in the future": lambda: ours(nbf=seconds(timedelta(seconds=6))),
    "iat in the future": lambda: ours(
        iat=seconds(timedelta(seconds=6)), nbf=seconds(timedelta(0)), exp=seconds(timedelta(minutes=1))
    ),
    "more than 4 KiB": lambda: ours(padding="x" * 3800),
    "5 KB of letters": lambda: "a" * 5000,
    "extra dot in front": lambda: "." + RING.sign(CLAIMS),
    "extra dot behind": lambda: RING.sign(CLAIMS) + ".",
    "extra segment": lambda: RING.sign(CLAIMS) + ".AAAA",
    "dot in the payload": lambda: RING.sign(CLAIMS).replace(".", "..", 1),
    "padding": lambda: RING.sign(CLAIMS) + "=",
    "blank behind": lambda: RING.sign(CLAIMS) + " ",
    "newline behind": lambda: RING.sign(CLAIMS) + "\n",
    "foreign character in the signature": lambda: RING.sign(CLAIMS)[:-2] + "!" + RING.sign(CLAIMS)[-2:],
    "not ASCII": lambda: RING.sign(CLAIMS)[:-1] + "中",
    "lone surrogate": lambda: RING.sign(CLAIMS)[:-1] + "\ud800",
    "NUL": lambda: "\x00" + RING.sign(CLAIMS),
    "empty": lambda: "",
    "two dots": lambda: "..",
    "five segments (JWE)": lambda: "a.b.c.d.e",
    "JSON serialisation": lambda: json.dumps({"payload": "e30", "signatures": []}),
}


def forge_payload(text: str) -> str:
    header = RING.sign(CLAIMS).split(".")[0]
    return forge(decode(header).decode(), text)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_crafted_token_is_refused(attack: Callable[[], str]) -> None:
    with pytest.raises(InvalidToken) as refusal:
        RING.verify(attack(), NOW)
    assert refusal.value.__cause__ is None
    assert str(refusal.value) == ""


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "sv", "inst", "jti", "iat", "nbf", "exp"])
def test_every_claim_is_required(claim: str) -> None:
    with pytest.raises(InvalidToken):
        RING.verify(ours(**{claim: None}), NOW)


@pytest.mark.parametrize("token", [None, 7, b"a.b.c", [], {}])
def test_what_is_no_text_is_refused(token: object) -> None:
    with pytest.raises(InvalidToken):
        RING.verify(token, NOW)


def test_a_token_expires_at_its_second() -> None:
    token = RING.sign(CLAIMS)
    assert RING.verify(token, CLAIMS.expires_at - timedelta(microseconds=1)) == CLAIMS
    with pytest.raises(InvalidToken):
        RING.verify(token, CLAIMS.expires_at)


def test_a_clock_five_seconds_behind_is_forgiven_and_no_more() -> None:
    token = RING.sign(CLAIMS)
    assert RING.verify(token, NOW - timedelta(seconds=5)) == CLAIMS
    with pytest.raises(InvalidToken):
        RING.verify(token, NOW - timedelta(seconds=6))


def test_a_rewritten_signature_is_the_same_token_to_us() -> None:
    token = RING.sign(CLAIMS)
    twin = malleable(token)
    assert twin != token
    assert RING.verify(twin, NOW).jti == RING.verify(token, NOW).jti


def test_a_naive_moment_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="naive"):
        RING.verify(RING.sign(CLAIMS), NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOW + timedelta(minutes=10, seconds=1)},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(seconds=1)},
        {"account_id": 0},
        {"account_id": 2**63},
        {"session_version": -1},
    ],
)
def test_what_would_not_verify_is_not_signed(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of several sentences
        RING.sign(replace(CLAIMS, **change))


def test_rotation_keeps_the_tokens_of_the_last_key_until_it_leaves_the_ring() -> None:
    token = RING.sign(CLAIMS)
    rotated = KeyRing([replace(KEY, private_pem=None), OTHER], current=OTHER.kid)
    assert rotated.verify(token, NOW) == CLAIMS
    assert parts(rotated.sign(CLAIMS))[0]["kid"] == OTHER.kid
    with pytest.raises(InvalidToken):
        KeyRing([OTHER], current=OTHER.kid).verify(token, NOW)
    with pytest.raises(InvalidToken):
        RING.verify(rotated.sign(CLAIMS), NOW)


def test_the_published_keys_verify_and_hold_nothing_private() -> None:
    ring = KeyRing([KEY, OTHER], current=KEY.kid)
    keys = ring.jwks()["keys"]
    assert {key["kid"] for key in keys} == {KEY.kid, OTHER.kid}
    published = next(key for key in keys if key["kid"] == KEY.kid)
    assert set(published) == {"kty", "crv", "x", "y", "alg", "use", "kid"}
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(decode(published["x"]), "big"),
        int.from_bytes(decode(published["y"]), "big"),
        ec.SECP256R1(),
    )
    assert numbers == public_key().public_numbers()


def test_a_ring_without_a_current_key_verifies_only() -> None:
    ring = KeyRing([replace(KEY, private_pem=None)], current=None)
    assert ring.verify(RING.sign(CLAIMS), NOW) == CLAIMS
    with pytest.raises(ValueError, match="only verifies"):
        ring.sign(CLAIMS)


def other_curve() -> SigningKey:
    private = ec.generate_private_key(ec.SECP384R1())
    return SigningKey(
        kid="p384",
        private_pem=private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        public_pem=private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


@pytest.mark.parametrize(
    ("keys", "current", "why"),
    [
        ([KEY, KEY], KEY.kid, "one kid"),
        ([KEY], OTHER.kid, "not on the ring"),
        ([replace(KEY, private_pem=None)], KEY.kid, "no private half"),
        ([replace(KEY, private_pem=OTHER.private_pem)], KEY.kid, "belong together"),
        ([other_curve()], "p384", "P-256"),
    ],
    ids=["a kid twice", "no such key", "public only", "mixed halves", "wrong curve"],
)
def test_a_wrong_ring_is_refused_at_the_start(keys: list[SigningKey], current: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        KeyRing(keys, current)


def test_a_key_does_not_print_its_private_half() -> None:
    assert "PRIVATE" not in repr(KEY)


# How long a text takes to make up says something of the machine, not of the tokens.
RANDOM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RANDOM
@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_any_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(InvalidToken):
        RING.verify(text, NOW)


SIGNED = RING.sign(CLAIMS)


@RANDOM
@given(st.integers(0, len(SIGNED) - 1), st.characters())
def test_one_changed_character_is_refused_or_changes_nothing(position: int, character: str) -> None:
    changed = SIGNED[:position] + character + SIGNED[position + 1 :]
    try:
        claims = RING.verify(changed, NOW)
    except InvalidToken:
        return
    # The spare bits of the last character of a signature carry nothing.
    assert claims == CLAIMS
    assert changed == SIGNED or position == len(SIGNED) - 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CLAIM_NAMES = st.sampled_from(["iss", "aud", "sub", "sid", "sv", "inst", "jti", "iat", "nbf", "exp"])


@RANDOM
@given(CLAIM_NAMES, JSON)
def test_a_claim_of_any_other_value_is_refused_or_is_a_valid_one(name: str, value: object) -> None:
    try:
        claims = RING.verify(ours(**{name: value}), NOW)
    except InvalidToken:
        return
    # Only numbers of the right kind can pass: another version, or another moment within the lifetime.
    assert name in {"sv", "inst", "iat", "nbf", "exp"}
    assert type(value) is int
    assert claims.account_id == CLAIMS.account_id


@RANDOM
@given(JSON, JSON)
def test_any_signed_header_and_payload_is_refused(header: object, payload: object) -> None:
    with pytest.raises(InvalidToken):
        RING.verify(forge(header, payload), NOW)
