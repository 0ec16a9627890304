"""Codes that people copy by hand: which institution gave them out, then 80 random bits that nobody guesses.

Only a keyed hash of a code is kept. Because the code names its institution, its row is looked for in that institution
alone, and nothing else of it need be in scope.
"""

import secrets
from typing import Final

from app.kernel.schemas import BIGGEST_ID

# Crockford's base 32: no I, L, O, U, so that a code survives being read out or copied by hand.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
_SECRET: Final = 16  # characters of 5 bits: 80 random bits


def new(institution_id: int) -> str:
    """A new code of an institution, in its one form, without hyphens."""
    return _text(institution_id) + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET))


def read(text: str) -> tuple[int, str] | None:
    """The institution and the one form of a code as somebody has written it; None where it cannot be a code."""
    code = text.upper().translate(_MISREAD)
    head, secret = code[:-_SECRET], code[-_SECRET:]
    if len(head) > _SECRET or not head or len(secret) < _SECRET or set(code) - set(_ALPHABET):
        return None
    institution_id = _number(head)
    return (institution_id, code) if 0 < institution_id <= BIGGEST_ID else None


def grouped(code: str) -> str:
    """A code as it is shown: in groups of four, which can be read out."""
    head, secret = code[:-_SECRET], code[-_SECRET:]
    return "-".join([head, *(secret[at : at + 4] for at in range(0, _SECRET, 4))])


def _text(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def _number(text: str) -> int:
    number = 0
    for character in text:
        number = number * len(_ALPHABET) + _ALPHABET.index(character)
    return number
