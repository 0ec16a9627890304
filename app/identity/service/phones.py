"""Phone numbers: one form for each, so that one person has one account however the number is written."""

import phonenumbers

from app.identity.errors import PhoneNotValid
from app.kernel.secrets import vault

_CHINA = 86
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


def normalise_phone(text: str) -> str:
    """``13800138000`` for a Chinese mobile number in any spelling, E.164 (``+16502530000``) for a foreign one.

    Raises `PhoneNotValid` for anything else, landlines included: no code can be sent there.
    """
    # The library would pick a number out of a sentence, and dial letters.
    if any(one.isalpha() for one in text):
        raise PhoneNotValid
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        raise PhoneNotValid from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise PhoneNotValid
    if phonenumbers.number_type(number) not in _MOBILE:
        raise PhoneNotValid
    if number.country_code == _CHINA:
        return str(number.national_number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def fingerprint(phone: str) -> bytes:
    """What accounts are found by; ``phone`` in its one form."""
    return vault().fingerprint(phone, "account.phone")


def encrypt(phone: str) -> bytes:
    """The number for its row of `Account`."""
    return vault().encrypt(phone, _context(phone))


def decrypt(data: bytes, phone_fingerprint: bytes) -> str:
    """The number of an account's row."""
    return vault().decrypt(data, f"account.phone:{phone_fingerprint.hex()}")


def _context(phone: str) -> str:
    # The fingerprint is unique and stands in the same row: it ties the ciphertext to it before the row has an id.
    return f"account.phone:{fingerprint(phone).hex()}"
