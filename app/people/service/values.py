"""Numbers and phones as people write them, brought to one form; and their protection.

Identity numbers are checked by their check character alone. Division codes are abolished and birthdays were once
registered wrongly, and the number stays what it is; besides, invented persons need numbers that nobody can have.
"""

import re
from typing import Any, Final

from stdnum.cn import ric

from app.identity import service as identity
from app.identity.errors import PhoneNotValid
from app.kernel.crypto import mask_identity_number, mask_phone
from app.kernel.secrets import vault
from app.people.models import Guardian, Person

_IDENTITY: Final = re.compile(r"[0-9]{17}[0-9X]")
_NUMBER: Final = re.compile(r"[0-9A-Z._-]{1,64}")
# A student number G + identity number is kept as this and a keyed hash: in plain it would be the identity number.
_HIDDEN: Final = "G#"
_IDENTITY_PURPOSE: Final = "person.identity"
_PHONE_PURPOSE: Final = "person.phone"


class WrongValueError(Exception):
    """A value breaks a rule; ``code`` is one of `errors.TEXTS`, and the value itself is not kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def identity_number(text: str) -> str:
    """The identity number in capitals; raises WrongValueError."""
    number = text.strip().upper()
    if not _IDENTITY.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        raise WrongValueError("people.identity_number_wrong")
    return number


def phone(text: str) -> str:
    """The phone in identity's one form; raises WrongValueError."""
    try:
        return identity.normalise_phone(text)
    except PhoneNotValid as error:
        raise WrongValueError("people.phone_wrong") from error


def student_number(text: str, identity_text: str | None) -> tuple[str, str | None]:
    """The number as it is kept, and the identity number that it or ``identity_text`` gives; raises WrongValueError.

    Of the national forms, G + identity number holds one; J and L + 18 digits, and the school's own, do not.
    """
    number = text.strip().upper()
    if not _NUMBER.fullmatch(number):
        raise WrongValueError("people.number_wrong")
    if not re.fullmatch(r"G[0-9]{17}[0-9X]", number):
        return number, identity_text
    held = identity_number(number[1:])
    if identity_text is not None and held != identity_text:
        raise WrongValueError("people.number_is_other_identity")
    return _HIDDEN + fingerprint_identity(held).hex()[:32], held


def holds_identity(number: str | None) -> bool:
    """Whether a kept number is one of the form G + identity number."""
    return number is not None and number.startswith(_HIDDEN)


def shown_number(person: Person) -> str | None:
    """The number as it may be seen."""
    if not holds_identity(person.number):
        return person.number
    return f"G{person.identity_masked or '*' * 18}"


def fingerprint_identity(number: str) -> bytes:
    """What an identity number is searched by."""
    return vault().fingerprint(number, _IDENTITY_PURPOSE)


def fingerprint_phone(number: str) -> bytes:
    """What a phone on the roll is searched by."""
    return vault().fingerprint(number, _PHONE_PURPOSE)


def _context(table: str, column: str, institution_id: int, id_: int) -> str:
    return f"{table}.{column}:{institution_id}:{id_}"


def protected_identity(table: str, institution_id: int, id_: int, number: str | None) -> dict[str, Any]:
    """The three columns of a row of ``table`` that an identity number becomes."""
    if number is None:
        return {"identity_cipher": None, "identity_fingerprint": None, "identity_masked": None}
    return {
        "identity_cipher": vault().encrypt(number, _context(table, "identity", institution_id, id_)),
        "identity_fingerprint": fingerprint_identity(number),
        "identity_masked": mask_identity_number(number),
    }


def protected_phone(table: str, institution_id: int, id_: int, number: str | None) -> dict[str, Any]:
    """The three columns of a row of ``table`` that a phone becomes."""
    if number is None:
        return {"phone_cipher": None, "phone_fingerprint": None, "phone_masked": None}
    return {
        "phone_cipher": vault().encrypt(number, _context(table, "phone", institution_id, id_)),
        "phone_fingerprint": fingerprint_phone(number),
        "phone_masked": mask_phone(number),
    }


def plain_identity(row: Person) -> str | None:
    """A person's identity number; the caller has asked for leave and leaves a trace."""
    if row.identity_cipher is None:
        return None
    return vault().decrypt(row.identity_cipher, _context("person", "identity", row.institution_id, row.id))


def plain_phone(table: str, row: Person | Guardian) -> str | None:
    """The phone of a person or guardian row; the caller has asked for leave and leaves a trace."""
    if row.phone_cipher is None:
        return None
    return vault().decrypt(row.phone_cipher, _context(table, "phone", row.institution_id, row.id))
