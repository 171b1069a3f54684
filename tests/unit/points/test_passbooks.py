"""Book numbers typed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.points.domain import passbooks


@given(st.integers(1, passbooks.MOST_BOOKS))
def test_a_number_is_read_back_as_it_was_printed(serial: int) -> None:
    number = passbooks.book_number("370102007", serial)

    assert passbooks.checked_number(f" {number[:9]} {number[9:15]}-{number[15]} ") == number


@given(st.integers(1, passbooks.MOST_BOOKS), st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(serial: int, place: int, change: int) -> None:
    number = passbooks.book_number("370102007", serial)
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]

    with pytest.raises(passbooks.BookNumberWrong):
        passbooks.checked_number(wrong)


@pytest.mark.parametrize("text", ["", "370102007", "37010200700000１４", "370102007000001x", "4" * 17])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(passbooks.BookNumberWrong):
        passbooks.checked_number(text)


def test_a_scheme_has_at_most_999999_books() -> None:
    assert passbooks.book_number("370102007", 999_999).startswith("370102007999999")
    with pytest.raises(ValueError, match="999,999"):
        passbooks.book_number("370102007", 1_000_000)
