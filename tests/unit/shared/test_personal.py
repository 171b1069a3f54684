"""Personal data: sealed, found by exact match only, masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import personal

OLD, NEW, INDEX = b"o" * 32, b"n" * 32, b"i" * 32
VAULT = personal.Vault({"2026": OLD}, INDEX)


@given(st.text(max_size=64))
def test_what_was_sealed_opens_again(plain: str) -> None:
    assert VAULT.decrypt(VAULT.encrypt(plain)) == plain


def test_equal_texts_are_sealed_differently_and_show_nothing() -> None:
    first, second = VAULT.encrypt("13853112345"), VAULT.encrypt("13853112345")

    assert first != second
    assert b"13853112345" not in first


def test_after_rotation_old_values_open_and_new_ones_use_the_first_key() -> None:
    old = VAULT.encrypt("370102199001011234")
    rotated = personal.Vault({"2027": NEW, "2026": OLD}, INDEX)

    assert rotated.decrypt(old) == "370102199001011234"
    assert b"2027" in rotated.encrypt("x")[:8]


def test_a_value_of_an_unknown_key_is_unreadable() -> None:
    with pytest.raises(personal.Unreadable):
        personal.Vault({"2027": NEW}, INDEX).decrypt(VAULT.encrypt("x"))


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.encrypt("13853112345"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(personal.Unreadable):
        VAULT.decrypt(bytes(sealed))


@given(st.binary(max_size=80))
def test_junk_is_unreadable_and_nothing_worse(junk: bytes) -> None:
    with pytest.raises(personal.Unreadable):
        VAULT.decrypt(junk)


@pytest.mark.parametrize(
    "typed",
    ["13853112345", " 138 5311 2345", "138-5311-2345", "+8613853112345", "8613853112345", "0086 138 5311 2345",
     "1385３112345"],
)  # fmt: skip
def test_a_number_is_found_however_it_was_typed(typed: str) -> None:
    assert VAULT.blind_index(typed) == VAULT.blind_index("13853112345")


def test_identity_numbers_ignore_the_case_of_x() -> None:
    assert VAULT.blind_index("37010219900101123x") == VAULT.blind_index("37010219900101123X")


def test_indexes_differ_by_number_and_by_key() -> None:
    other = personal.Vault({"2026": OLD}, b"j" * 32)

    assert VAULT.blind_index("13853112345") != VAULT.blind_index("13853112346")
    assert VAULT.blind_index("13853112345") != other.blind_index("13853112345")


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13853112345", "138****2345"), ("+86 138-5311-2345", "138****2345"), ("0531-86912345", "0531******45"),
     ("86912345", "8*****45"), ("12345", "*****"), ("", "")],
)  # fmt: skip
def test_phones_are_masked(phone: str, masked: str) -> None:
    assert personal.mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"), [("37010219900101123x", "**************123X"), ("12345678", "********"), ("", "")]
)
def test_identity_numbers_show_four_characters_at_most(number: str, masked: str) -> None:
    assert personal.mask_identity(number) == masked


@pytest.mark.parametrize(("name", "masked"), [("张三丰", "张**"), ("李", "李"), ("", "")])
def test_names_show_one_character(name: str, masked: str) -> None:
    assert personal.mask_name(name) == masked


@pytest.mark.parametrize(
    ("keys", "index"), [({}, INDEX), ({"a": b"short"}, INDEX), ({"": OLD}, INDEX), ({"a": OLD}, b"short")]
)
def test_weak_keys_are_refused_without_quoting_them(keys: dict[str, bytes], index: bytes) -> None:
    with pytest.raises(ValueError, match="key") as refused:
        personal.Vault(keys, index)

    assert "short" not in str(refused.value)
