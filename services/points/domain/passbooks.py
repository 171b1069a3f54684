"""The household passbook 一户一本积分手册 and its number (domain.md §6, S2)."""

from dataclasses import dataclass

from shared import errors


class PassbookUnknown(errors.NotFound):
    """There is no such passbook, or it is not yours to see."""


class PassbookClosed(errors.Conflict):
    """The household of this passbook is dissolved; the book is closed."""


class OwnBook(errors.Forbidden):
    """Nobody gives points to their own household or takes them; ask another admin."""


class BookNumberWrong(errors.Invalid):
    """This is not a book number: 16 digits, the last of which checks the others."""


SERIAL_DIGITS = 6
MOST_BOOKS = 10**SERIAL_DIGITS - 1


@dataclass(frozen=True, kw_only=True)
class Passbook:
    """One household's book in the scheme of the subdistrict it lived in when the book was opened."""

    id: str
    household_id: str
    scheme_id: str
    number: str
    # The grid the household lives in now.
    area: str
    active: bool

    def require_open(self) -> None:
        if not self.active:
            raise PassbookClosed()


def book_number(scheme_area: str, serial: int) -> str:
    """The number printed on a book: subdistrict (9 digits), serial (6), check digit.

    The check digit (Luhn, ISO/IEC 7812-1) catches every single wrong digit and nearly every swap, because on
    paper the number is typed by hand.
    """
    if not 1 <= serial <= MOST_BOOKS:
        raise ValueError("a scheme has at most 999,999 books")
    body = f"{scheme_area}{serial:0{SERIAL_DIGITS}}"
    return body + str(-_luhn(body + "0") % 10)


def checked_number(text: str) -> str:
    """A book number as typed, without the blanks of its printed form. Raises BookNumberWrong."""
    number = text.replace(" ", "").replace("-", "")
    if len(number) != 16 or not (number.isascii() and number.isdigit()) or _luhn(number) % 10:
        raise BookNumberWrong()
    return number


def _luhn(digits: str) -> int:
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)
