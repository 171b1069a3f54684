"""People: a name, a phone and an identity number, the last two sealed and masked (domain.md §2, PIPL).

A person here is a value without secrets: numbers appear masked. The plain numbers exist only in `Numbers`, on their
way into the store or out of an audited unmasking.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from stdnum import exceptions
from stdnum.cn import ric

from shared import errors

_MOBILE_OR_LANDLINE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}|\+\d{6,15}")
_IDENTITY_NUMBER = re.compile(r"\d{17}[\dX]")
SHORTEST_REASON = 4


class PersonUnknown(errors.NotFound):
    """There is no such person in your area."""


class PersonRegistered(errors.Conflict):
    """Somebody with this identity number is registered in your area already."""


class NumberInvalid(errors.Invalid):
    """A number is not of its form."""


class ReasonMissing(errors.Invalid):
    """Say why the number is needed; it is kept with your name."""


class Confidential(StrEnum):
    """The fields that are sealed."""

    PHONE = "phone"
    IDENTITY_NUMBER = "identity_number"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person as staff see them."""

    id: str
    # Where the person is registered: the home grid, or an official's area.
    area: str
    name: str
    phone_masked: str | None = None
    identity_number_masked: str | None = None
    # A permanent resident of the area (户籍或常住): only they are recruited as full-time workers [S0].
    permanent_resident: bool = False
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Plain confidential numbers, in normal form. Never logged, never in an event."""

    phone: str | None = None
    identity_number: str | None = None

    def __repr__(self) -> str:
        return "Numbers(…)"


def numbers(*, phone: str | None, identity_number: str | None) -> Numbers:
    """Checked numbers in normal form. Raises NumberInvalid, which does not repeat the number."""
    phone = re.sub(r"\s+", "", phone) if phone else None
    identity_number = identity_number.strip().upper() if identity_number else None
    wrong: list[errors.FieldError] = []
    if phone and not _MOBILE_OR_LANDLINE.fullmatch(phone):
        detail = "A mobile number of 11 digits, a landline with its area code, or a number with +."
        wrong.append(errors.FieldError(pointer="/phone", code="form", detail=detail))
    if identity_number and not is_identity_number(identity_number):
        detail = "18 characters: area, date of birth, order, check character."
        wrong.append(errors.FieldError(pointer="/identity_number", code="form", detail=detail))
    if wrong:
        raise NumberInvalid(fields=tuple(wrong))
    return Numbers(phone=phone, identity_number=identity_number)


def is_identity_number(text: str) -> bool:
    """Whether a citizen's identity number (GB 11643) has a date and a right check character.

    Not `ric.is_valid`: it refuses a county younger than the person, though numbers were first given out long after
    births, and the residence permits of people from Hong Kong, Macao and Taiwan (81, 82, 83).
    """
    if not (_IDENTITY_NUMBER.fullmatch(text) and text.isascii()):
        return False
    try:
        ric.get_birth_date(text)
    except exceptions.ValidationError:
        return False
    return bool(ric.calc_check_digit(text) == text[-1])


def change(
    person: Person,
    *,
    name: str | None = None,
    area: str | None = None,
    permanent_resident: bool | None = None,
) -> Person:
    """The person with other particulars."""
    return replace(
        person,
        name=person.name if name is None else name,
        area=person.area if area is None else area,
        permanent_resident=(person.permanent_resident if permanent_resident is None else permanent_resident),
        version=person.version + 1,
    )


def reason_given(reason: str) -> str:
    """The reason of an unmasking, trimmed. Raises ReasonMissing for fewer than four characters."""
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        detail = ReasonMissing().detail
        raise ReasonMissing(fields=(errors.FieldError(pointer="/reason", code="reason", detail=detail),))
    return reason
