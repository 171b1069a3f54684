"""The duty roster 值班: who answers for a unit now, and who is next in line (domain.md §4)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import errors

LONGEST_SHIFT = timedelta(days=31)
LONGEST_PERIOD = timedelta(days=366)
# How much of the limit to sign has gone by when the next in line is asked, by position in the line.
SHARES = (50, 75, 90)


class ShiftsOverlap(errors.Conflict):
    """Somebody is on duty for this unit at that time already."""


class ShiftTooLong(errors.Invalid):
    """A shift begins before it ends, and lasts at most 31 days."""


class PeriodTooLong(errors.Invalid):
    """A period begins before it ends, and lasts at most a year."""


@dataclass(frozen=True, kw_only=True)
class Person:
    person_id: str
    # The published contact of the post, not of the person.
    duty_name: str
    duty_phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Shift:
    shift_id: str
    # A department, or the code of a subdistrict or district.
    unit: str
    # Where the unit works.
    area: str
    starts_at: datetime
    ends_at: datetime
    first: Person
    next: Person | None = None
    version: int = 1

    @property
    def line(self) -> tuple[Person, ...]:
        """Those who answer, in order."""
        return (self.first,) if self.next is None else (self.first, self.next)


@dataclass(frozen=True, kw_only=True)
class Gap:
    starts_at: datetime
    ends_at: datetime


def check_shift(shift: Shift) -> Shift:
    """The same shift. Raises ShiftTooLong."""
    if not timedelta() < shift.ends_at - shift.starts_at <= LONGEST_SHIFT:
        raise ShiftTooLong()
    if shift.next is not None and shift.next.person_id == shift.first.person_id:
        raise errors.invalid("/next/person_id", "same_person", "The next in line is somebody else.")
    return shift


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """Raises PeriodTooLong."""
    if not timedelta() < ends_at - starts_at <= LONGEST_PERIOD:
        raise PeriodTooLong()


def gaps(shifts: Sequence[tuple[datetime, datetime]], *, starts_at: datetime, ends_at: datetime) -> list[Gap]:
    """When nobody is on duty within a period."""
    found, covered_until = [], starts_at
    for begin, end in sorted(shifts):
        if begin >= ends_at:
            break
        if begin > covered_until:
            found.append(Gap(starts_at=covered_until, ends_at=begin))
        covered_until = max(covered_until, end)
    if covered_until < ends_at:
        found.append(Gap(starts_at=covered_until, ends_at=ends_at))
    return found


def next_in_line(shift: Shift | None, asked: AbstractSet[str]) -> Person | None:
    """Who of those on duty now has not been asked yet; None at the end of the line."""
    line = shift.line if shift else ()
    return next((person for person in line if person.person_id not in asked), None)


def share_of(position: int) -> int | None:
    """After how much of the limit to sign (percent) the task passes on from a position; None at the last."""
    return SHARES[position - 1] if position <= len(SHARES) else None
