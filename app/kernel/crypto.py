"""Protection of single fields: encryption at rest, keyed hashes to search by, and masks to show.

A ciphertext is ``version | nonce (12) | AES-256-GCM ciphertext and tag (16)``. Version and context are
authenticated: a value copied into another column or row does not decrypt there.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_MAX_KEYS: Final = 255


class CannotDecrypt(Exception):  # noqa: N818 - it names what happened
    """The bytes were not written by this vault for this context, or were changed since."""


class Vault:
    """Encrypts and fingerprints with keys derived from master keys. Holds no state; threads may share it.

    The master keys are a list that is only ever appended to: a key's place in it is the version byte of what
    it encrypts. The last one encrypts. The first one makes the fingerprints for good, since a column of
    fingerprints can be searched and kept unique under one key only. A random nonce is safe for some four
    thousand million values under one key; append a key long before.
    """

    def __init__(self, masters: Sequence[bytes]) -> None:
        """Raises ValueError unless there are 1 to 255 different master keys of 32 bytes each."""
        if not 1 <= len(masters) <= _MAX_KEYS or len(set(masters)) != len(masters):
            raise ValueError("a vault needs between 1 and 255 different master keys")
        if any(len(master) != KEY_BYTES for master in masters):
            raise ValueError("a master key has 32 bytes")
        self._ciphers = tuple(AESGCM(_derive(master, "lianfang field")) for master in masters)
        self._fingerprint_key = _derive(masters[0], "lianfang fingerprint")

    def encrypt(self, text: str, context: str) -> bytes:
        """Encrypt with the newest key. ``context`` says where the value belongs (``person.phone:7:42``).

        Equal texts give different bytes; the length of the text shows. Raises ValueError for text that is no
        valid Unicode.
        """
        version = bytes([len(self._ciphers)])
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[-1].encrypt(nonce, text.encode("utf-8"), version + context.encode("utf-8"))
        return version + nonce + sealed

    def decrypt(self, data: bytes, context: str) -> str:
        """The text; raises CannotDecrypt for anything that was not encrypted here with this context."""
        if len(data) < 1 + _NONCE_BYTES + _TAG_BYTES or not 1 <= data[0] <= len(self._ciphers):
            raise CannotDecrypt
        nonce, sealed = data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :]
        try:
            plain = self._ciphers[data[0] - 1].decrypt(nonce, sealed, data[:1] + context.encode("utf-8"))
        except InvalidTag:
            raise CannotDecrypt from None
        return plain.decode("utf-8")

    def is_current(self, data: bytes) -> bool:
        """Whether the newest key encrypted this; if not, encrypt it anew when next it is written."""
        return data[:1] == bytes([len(self._ciphers)])

    def fingerprint(self, text: str, purpose: str) -> bytes:
        """A keyed hash (32 bytes) that is equal for equal texts of one purpose, and tells nothing without the key.

        The caller brings the text to one form first (an identity number in capitals, a phone in E.164). A
        plain hash would not do: every phone number there is can be hashed within minutes.
        """
        name = purpose.encode("utf-8")
        message = len(name).to_bytes(4, "big") + name + text.encode("utf-8")
        return hmac.digest(self._fingerprint_key, message, hashlib.sha256)


def mask_phone(phone: str) -> str:
    """Show the first three and the last four of a mobile number, as Chinese services do.

    ``13812345678`` → ``138****5678``; the country code 86 is left off. Other numbers (landlines, foreign
    ones) are of any length, so that only their last two show.
    """
    local = phone.removeprefix("+86").removeprefix("0086").strip()
    if len(local) == 11 and local.isascii() and local.isdigit() and local.startswith("1"):  # noqa: PLR2004
        return f"{local[:3]}****{local[-4:]}"
    return _mask(phone, shown_first=0, shown_last=2)


def mask_email(address: str) -> str:
    """Show the first letter and the domain: ``wang.li@school.cn`` → ``w***@school.cn``, whatever its length."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def mask_identity_number(number: str) -> str:
    """Show the province (first two) and the last two; other documents (passports) only their last two.

    Between them stand county, birthday, and most of the serial number. The customs of showing six or four
    in front give away where a child is registered, and four at the end are what services ask for as a proof.
    ``320102201501010007`` → ``32**************07``.
    """
    first = 2 if len(number) == 18 and number[:17].isascii() and number[:17].isdigit() else 0  # noqa: PLR2004
    return _mask(number, shown_first=first, shown_last=2)


def _mask(text: str, *, shown_first: int, shown_last: int) -> str:
    # Less than half of a short text may show: two of five, none of four.
    if len(text) <= 2 * (shown_first + shown_last):
        return "*" * len(text)
    hidden = len(text) - shown_first - shown_last
    return f"{text[:shown_first]}{'*' * hidden}{text[-shown_last:]}"


def _derive(master: bytes, purpose: str) -> bytes:
    """A key of its own for each use, so that no two uses of one key can be played against each other."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode("ascii")).derive(master)
