"""Field protection: what is encrypted comes back in its place only, and masks hide what they say they hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.crypto import CannotDecrypt, Vault, mask_identity_number, mask_phone

FIRST, SECOND, THIRD = (bytes([number]) * 32 for number in (1, 2, 3))
VAULT = Vault([FIRST])
UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(UNICODE, UNICODE)
def test_what_is_encrypted_comes_back(text: str, context: str) -> None:
    assert VAULT.decrypt(VAULT.encrypt(text, context), context) == text


def test_equal_texts_do_not_look_equal() -> None:
    assert VAULT.encrypt("13812345678", "phone") != VAULT.encrypt("13812345678", "phone")


def test_the_text_does_not_show() -> None:
    assert b"13812345678" not in VAULT.encrypt("13812345678", "phone")


def test_a_value_does_not_decrypt_in_another_place() -> None:
    sealed = VAULT.encrypt("13812345678", "person.phone:1")
    with pytest.raises(CannotDecrypt):
        VAULT.decrypt(sealed, "person.phone:2")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    sealed = bytearray(VAULT.encrypt("13812345678", "phone"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(CannotDecrypt):
        VAULT.decrypt(bytes(sealed), "phone")


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        VAULT.decrypt(data, "phone")


def test_a_cut_value_is_refused() -> None:
    sealed = VAULT.encrypt("13812345678", "phone")
    for length in range(len(sealed)):
        with pytest.raises(CannotDecrypt):
            VAULT.decrypt(sealed[:length], "phone")


def test_rotation_reads_old_values_and_writes_with_the_new_key() -> None:
    old = VAULT.encrypt("13812345678", "phone")
    rotated = Vault([FIRST, SECOND])
    new = rotated.encrypt("13812345678", "phone")
    assert rotated.decrypt(old, "phone") == rotated.decrypt(new, "phone") == "13812345678"
    assert (old[0], new[0]) == (1, 2)
    assert rotated.is_current(new)
    assert not rotated.is_current(old)
    with pytest.raises(CannotDecrypt):
        VAULT.decrypt(new, "phone")


def test_a_version_byte_cannot_be_passed_off_as_another() -> None:
    rotated = Vault([FIRST, SECOND, THIRD])
    sealed = bytearray(rotated.encrypt("x", "c"))
    sealed[0] = 2
    with pytest.raises(CannotDecrypt):
        rotated.decrypt(bytes(sealed), "c")


def test_fingerprints_are_equal_for_equal_texts_of_one_purpose_only() -> None:
    assert VAULT.fingerprint("13812345678", "phone") == VAULT.fingerprint("13812345678", "phone")
    assert len(VAULT.fingerprint("13812345678", "phone")) == 32
    seen = {
        VAULT.fingerprint("13812345678", "phone"),
        VAULT.fingerprint("13812345679", "phone"),
        VAULT.fingerprint("13812345678", "identity"),
        VAULT.fingerprint("e13812345678", "phon"),
        Vault([SECOND]).fingerprint("13812345678", "phone"),
    }
    assert len(seen) == 5


def test_fingerprints_survive_rotation() -> None:
    assert Vault([FIRST, SECOND]).fingerprint("x", "phone") == VAULT.fingerprint("x", "phone")


@pytest.mark.parametrize(
    "masters",
    [[], [b""], [b"x" * 31], [b"x" * 33], [FIRST, FIRST], [bytes([i // 16, i % 16] * 16) for i in range(256)]],
)
def test_wrong_master_keys_are_refused(masters: list[bytes]) -> None:
    with pytest.raises(ValueError, match="master key"):
        Vault(masters)


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        VAULT.encrypt("\ud800", "phone")


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("+86 13812345678", "138****5678"),
        ("02583335678", "*********78"),
        ("+85291234567", "**********67"),
        ("12345", "***45"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_phones_are_masked(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("99000020150230000X", "99**************0X"),
        ("G990000201502300", "**************00"),
        ("E12345678", "*******78"),
        ("A123", "****"),
        ("", ""),
    ],
)
def test_identity_numbers_are_masked(number: str, shown: str) -> None:
    assert mask_identity_number(number) == shown
