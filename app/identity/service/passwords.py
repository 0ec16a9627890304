"""Passwords: how they are kept, and what they have to be."""

import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.identity.errors import PasswordTooWeak
from app.identity.models import AccountKind
from app.kernel import clock, settings
from app.kernel.errors import FieldError, Unavailable
from app.kernel.language import pick

# 19 MiB a hash (OWASP's first recommendation); times the slots it bounds what sign-ins can take of memory and cores.
_MEMORY_KIB: Final = 19 * 1024
_SLOTS: Final = threading.BoundedSemaphore(4)
_WAIT_SECONDS: Final = 2.0

_CLASSES: Final = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
_FEWEST_CHARACTERS: Final = 5  # different ones, runs such as 1234 counted as one
# Words that guessers try first, with whatever digits and signs around them.
_COMMON_TEXT: Final = """
    abc abcd admin administrator asd asdf beijing changeme china default football guest hello iloveyou jiangsu
    letmein lianfang login love master monkey nanjing pass passwd password princess qaz qazwsx qwe qwer qwert
    qwerty qwertyuiop root school secret student sunshine superman teacher temp test user welcome woaini
    woaiwojia xiaoxue xuexiao yiqing zaq zxc zxcv zxcvbnm
"""
_COMMON: Final = frozenset(_COMMON_TEXT.split())
_LEET: Final = str.maketrans("@4301!$5", "aaeoiiss")


def hash_password(password: str) -> str:
    """The argon2id hash; raises `Unavailable` when too many wait for theirs."""
    with _slot():
        return _hasher(settings.current().password_hash_cost).hash(password)


def verify(password: str, hashed: str | None) -> bool:
    """Whether the password fits. Without a hash a real one of the same cost is computed all the same.

    How long an answer takes must not tell whether a number has an account.
    """
    cost = settings.current().password_hash_cost
    with _slot():
        fits = _hasher(cost).verify(password, hashed or dummy_hash(cost))
    return fits and hashed is not None


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made at another cost than is asked for today."""
    return _hasher(settings.current().password_hash_cost).current_hasher.check_needs_rehash(hashed)


@lru_cache(maxsize=4)
def dummy_hash(cost: int) -> str:
    """A hash of a password that nobody knows."""
    return _hasher(cost).hash(secrets.token_urlsafe(32))


def is_expired(kind: AccountKind, changed_at: datetime | None) -> bool:
    """Whether the rules for this kind of account ask for a new password by now."""
    found = settings.current()
    days = found.staff_password_days if kind is AccountKind.STAFF else found.family_password_days
    return changed_at is not None and days > 0 and changed_at + timedelta(days=days) <= clock.now()


def demand_strong(password: str, kind: AccountKind, phone: str | None, *, pointer: str = "/new_password") -> None:
    """Raise `PasswordTooWeak`, with every broken rule, unless the password meets those of the account's kind."""
    errors = [FieldError(pointer, code, pick(zh, en)) for code, zh, en in _broken(password, kind, phone)]
    if errors:
        raise PasswordTooWeak(errors=errors)


def generate() -> str:
    """A password for somebody else to change: 20 characters that meet any rules."""
    while True:
        made = "-".join(secrets.token_urlsafe(5)[:6] for _ in range(3))
        if all(re.search(kind, made) for kind in _CLASSES) and not is_common(made):
            return made


def is_common(password: str) -> bool:
    """Whether little is left of it without well-known words, runs and repetitions."""
    folded = password.casefold()
    for spelt in (folded, re.sub(r"[^a-z]+$", "", folded).translate(_LEET)):
        letters = re.findall(r"[a-z]+", spelt)
        if letters and all(word in _COMMON for word in letters):
            return True
    return len(set(_without_runs(folded))) < _FEWEST_CHARACTERS


def _broken(password: str, kind: AccountKind, phone: str | None) -> Iterator[tuple[str, str, str]]:
    length, classes = _rules(kind)
    if len(password) < length:
        yield "too_short", f"至少 {length} 个字符。", f"It needs at least {length} characters."
    if sum(bool(re.search(one, password)) for one in _CLASSES) < classes:
        yield (
            "too_few_classes",
            f"须包含小写字母、大写字母、数字、符号中的至少 {classes} 种。",
            f"It needs at least {classes} of small letters, capitals, digits and signs.",
        )
    if phone is not None and phone[-8:] in password:
        yield "contains_phone", "不得包含手机号码。", "It must not contain the phone number."
    if is_common(password):
        yield "too_common", "密码过于常见。", "It is too easy to guess."


def _rules(kind: AccountKind) -> tuple[int, int]:
    found = settings.current()
    if kind is AccountKind.STAFF:
        return found.staff_password_length, found.staff_password_classes
    return found.family_password_length, found.family_password_classes


def _without_runs(text: str) -> Sequence[str]:
    """The characters that do not continue a run up, down or in place: of ``12345aa`` the ``1`` and the ``a``."""
    kept: list[str] = []
    for before, one in zip(" " + text, text, strict=False):
        if before == " " or abs(ord(one) - ord(before)) > 1:
            kept.append(one)
    return kept


@lru_cache(maxsize=4)
def _hasher(cost: int) -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=cost, memory_cost=_MEMORY_KIB, parallelism=1),))


@contextmanager
def _slot() -> Iterator[None]:
    if not _SLOTS.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable
    try:
        yield
    finally:
        _SLOTS.release()
