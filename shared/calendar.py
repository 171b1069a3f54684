"""Working-time arithmetic: when a limit ends, pauses and resumes. Pure: no I/O, no clock.

    WorkingCalendar(days={date: Day(working, note)}, years={2026, …}, shifts=(Shift(time(9), time(12)), …))
    Limit(amount, Unit)                                   "5 working days", "24 calendar hours"

    is_working_day(calendar, day) -> Answer(working, provisional, note)
    advance(calendar, start, limit) -> Due(at, provisional)             when a limit begun at `start` ends
    retreat(calendar, due, limit) -> Due                                e.g. a warning one working day before
    resume(calendar, due=, paused_at=, resumed_at=, unit=) -> Due       the due moment after a pause
    remaining(calendar, at, due, unit) -> Remaining(limit, provisional) what is left; nothing once due
    at_share(calendar, start, due, percent, unit) -> Due                e.g. a warning at 80 % of a limit
    working_seconds_between(calendar, start, end) -> Elapsed(seconds, provisional)      may be negative
    add_working_days(calendar, start, days) · add_working_time(calendar, start, timedelta)
    add_calendar_time(start, timedelta)                                 what `advance` is made of

Moments are aware, go in in any zone and come out in UTC; days begin at midnight UTC+8 (China has had no
summer time since 1991; earlier dates are refused). `provisional` is true when the answer rests on a day
of a year the calendar does not know yet, so that an official notice may still move it.

What a limit means (民法典, Civil Code, art. 200–204, followed here by analogy as administrative practice
does):
  - working days: the day of the start is not counted (art. 201) and the limit ends when business hours
    end on the last day (art. 203 ¶2), so it does not matter at what hour the matter arrived;
  - working hours and minutes run from the moment of the start (art. 201 ¶2) and only in business hours;
  - calendar hours and days are elapsed time, 24 hours a day, to the moment and through holidays: the
    stricter reading, which "24 h" and "7 days" of the hotline rules (domain.md §4) mean (art. 204).

Unknown years: weekdays work, except the holidays with a fixed date of 全国年节及纪念日放假办法 (State Council
order 795, in force since 2025-01-01): 1 January, 1–2 May, 1–3 October. Lunar holidays, Qingming and
make-up days are not guessed; that is what `provisional` warns of.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from shared.clock import BEIJING

# A search for working time gives up after this many days: longer limits are mistakes, and a calendar
# with years without a working day is one too.
HORIZON_DAYS = 366 * 12

_ONE_DAY = timedelta(days=1)
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_FIRST_DAY = date(1992, 1, 1)
_NEW_YEAR, _LABOUR, _NATIONAL = "元旦", "劳动节", "国庆节"
_FIXED_HOLIDAYS = {
    (1, 1): _NEW_YEAR,
    (5, 1): _LABOUR,
    (5, 2): _LABOUR,
    (10, 1): _NATIONAL,
    (10, 2): _NATIONAL,
    (10, 3): _NATIONAL,
}


@dataclass(frozen=True)
class Shift:
    """Business hours from `start` up to, not including, `end`; local time of day."""

    start: time
    end: time


@dataclass(frozen=True)
class Day:
    """What is decided about one date: a holiday, or a weekend day made up 调休."""

    working: bool
    note: str = ""


DEFAULT_SHIFTS = (Shift(time(9), time(12)), Shift(time(13, 30), time(17, 30)))


@dataclass(frozen=True, kw_only=True)
class WorkingCalendar:
    """A city's working calendar.

    days: every date that differs from "weekdays work"; an entry counts also in an unknown year.
    years: the years whose arrangement is published; in them a date without an entry is an ordinary one.
    shifts: the business hours of every working day, in order, not overlapping.
    """

    days: Mapping[date, Day] = field(default_factory=dict, hash=False)
    years: frozenset[int] = frozenset()
    shifts: tuple[Shift, ...] = DEFAULT_SHIFTS

    def __post_init__(self) -> None:
        edges = [edge for shift in self.shifts for edge in (shift.start, shift.end)]
        if not edges or any(later <= earlier for earlier, later in itertools.pairwise(edges)):
            raise ValueError("shifts must be in order, not empty and not overlapping")
        object.__setattr__(self, "days", MappingProxyType(dict(self.days)))


class Unit(StrEnum):
    """What a limit is counted in."""

    CALENDAR_SECONDS = "calendar_seconds"
    CALENDAR_MINUTES = "calendar_minutes"
    CALENDAR_HOURS = "calendar_hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_SECONDS = "working_seconds"
    WORKING_MINUTES = "working_minutes"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"

    @property
    def working(self) -> bool:
        """True when the limit runs in business time only."""
        return self.value.startswith("working")


_LENGTHS = {
    Unit.CALENDAR_SECONDS: timedelta(seconds=1),
    Unit.CALENDAR_MINUTES: timedelta(minutes=1),
    Unit.CALENDAR_HOURS: timedelta(hours=1),
    Unit.CALENDAR_DAYS: timedelta(days=1),
    Unit.WORKING_SECONDS: timedelta(seconds=1),
    Unit.WORKING_MINUTES: timedelta(minutes=1),
    Unit.WORKING_HOURS: timedelta(hours=1),
}


@dataclass(frozen=True)
class Limit:
    """An amount of time, e.g. `Limit(5, Unit.WORKING_DAYS)`. Never negative."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a limit is not negative")


@dataclass(frozen=True)
class Answer:
    """Whether a day is worked; `note` names the holiday or the make-up day."""

    working: bool
    provisional: bool
    note: str = ""


@dataclass(frozen=True)
class Due:
    """A moment in UTC."""

    at: datetime
    provisional: bool


@dataclass(frozen=True)
class Elapsed:
    """Working time between two moments."""

    seconds: float
    provisional: bool


@dataclass(frozen=True)
class Remaining:
    """What is left of a limit: whole working days, or seconds (working or calendar) rounded up."""

    limit: Limit
    provisional: bool


def is_working_day(calendar: WorkingCalendar, day: date) -> Answer:
    """Whether people work on a date (local)."""
    known = calendar.days.get(day)
    if known is not None:
        return Answer(known.working, False, known.note)
    weekday = day.weekday() < 5
    if day.year in calendar.years:
        return Answer(weekday, False)
    holiday = _FIXED_HOLIDAYS.get((day.month, day.day))
    return Answer(weekday and holiday is None, True, holiday or "")


def advance(calendar: WorkingCalendar, start: datetime, limit: Limit) -> Due:
    """When a limit that begins at `start` ends. Raises ValueError beyond the horizon."""
    if limit.unit is Unit.WORKING_DAYS:
        return add_working_days(calendar, start, limit.amount)
    length = _LENGTHS[limit.unit] * limit.amount
    return (
        add_working_time(calendar, start, length) if limit.unit.working else add_calendar_time(start, length)
    )


def retreat(calendar: WorkingCalendar, due: datetime, limit: Limit) -> Due:
    """The moment a limit before `due`: working days keep the hour of `due` and step back over days off."""
    if limit.unit is Unit.WORKING_DAYS:
        return _step(calendar, due, limit.amount, -1)
    length = _LENGTHS[limit.unit] * limit.amount
    return (
        _subtract_working_time(calendar, due, length)
        if limit.unit.working
        else add_calendar_time(due, -length)
    )


def remaining(calendar: WorkingCalendar, at: datetime, due: datetime, unit: Unit) -> Remaining:
    """What is left of a clock at a moment, in working days, working seconds or calendar seconds.

    Working days left are those after today up to the day it is due: none on the last day itself.
    Once `due` has come nothing is left.
    """
    late = at >= due
    if unit is Unit.WORKING_DAYS:
        days, provisional = (0, False) if late else _working_days_after(calendar, at, due)
        return Remaining(Limit(days, unit), provisional)
    if unit.working:
        left = Elapsed(0, False) if late else working_seconds_between(calendar, at, due)
        return Remaining(
            Limit(_ceiling(timedelta(seconds=left.seconds)), Unit.WORKING_SECONDS), left.provisional
        )
    _local(at)
    return Remaining(Limit(0 if late else _ceiling(due - at), Unit.CALENDAR_SECONDS), False)


def resume(
    calendar: WorkingCalendar, *, due: datetime, paused_at: datetime, resumed_at: datetime, unit: Unit
) -> Due:
    """When a clock is due that stood still from `paused_at` to `resumed_at`.

    A clock already overdue when it was paused keeps its due moment: a pause heals nothing. A pause that
    falls wholly outside business hours moves nothing. A clock in working days moves by one for every day
    whose business hours end while it stands, so that one long pause and the same pause in pieces are alike.
    """
    if resumed_at < paused_at:
        raise ValueError("a clock resumes after it was paused")
    if due <= paused_at:
        return Due(due.astimezone(UTC), False)
    if not unit.working:
        return add_calendar_time(due, resumed_at - paused_at)
    if unit is Unit.WORKING_DAYS:
        moved = _step(calendar, due, _days_lost(calendar, paused_at, resumed_at), +1)
        _, provisional = _working_days_after(calendar, paused_at, moved.at)
        return Due(moved.at, provisional or moved.provisional)
    left, before = _working_time(calendar, paused_at, due)
    if not left:
        return Due(max(due, resumed_at).astimezone(UTC), before)
    resumed = add_working_time(calendar, resumed_at, left)
    return Due(resumed.at, before or resumed.provisional)


def at_share(calendar: WorkingCalendar, start: datetime, due: datetime, percent: int, unit: Unit) -> Due:
    """The moment when `percent` of the time from `start` to `due` has gone by, in business time for a
    working unit."""
    if not 0 <= percent <= 100:
        raise ValueError("a share is 0 to 100 percent")
    if not unit.working:
        return add_calendar_time(start, (due - start) * percent / 100)
    whole, provisional = _working_time(calendar, start, due)
    point = add_working_time(calendar, start, whole * percent / 100)
    return Due(point.at, provisional or point.provisional)


def add_working_days(calendar: WorkingCalendar, start: datetime, days: int) -> Due:
    """The end of business hours of the `days`-th working day after the day of `start`.

    No days: the end of today's hours if they are still to come, else of the next working day's.
    """
    local = _local(start)
    closing = calendar.shifts[-1].end
    if days == 0 and local.time() < closing and (today := is_working_day(calendar, local.date())).working:
        return Due(_moment(local.date(), closing), today.provisional)
    if days == 0:
        skipped = local.time() < closing and is_working_day(calendar, local.date()).provisional
        due = add_working_days(calendar, start, 1)
        return Due(due.at, due.provisional or skipped)
    provisional, left = False, days
    for day in _days(local.date(), +1):
        answer = is_working_day(calendar, day)
        provisional = provisional or answer.provisional
        left -= answer.working
        if not left:
            return Due(_moment(day, closing), provisional)
    raise ValueError("the limit ends beyond the horizon of the calendar")


def add_working_time(calendar: WorkingCalendar, start: datetime, length: timedelta) -> Due:
    """The moment when `length` of business time has gone by since `start`; at a break, its beginning."""
    if not length:
        return add_calendar_time(start, length)
    provisional, left = False, length
    for day in _days(_local(start).date() - _ONE_DAY, +1):
        hours = _hours(calendar, day, since=start)
        if hours and (answer := is_working_day(calendar, day)):
            provisional = provisional or answer.provisional
            for opening, closing in hours if answer.working else ():
                if closing - opening >= left:
                    return Due(opening.astimezone(UTC) + left, provisional)
                left -= closing - opening
    raise ValueError("the limit ends beyond the horizon of the calendar")


def add_calendar_time(start: datetime, length: timedelta) -> Due:
    """Elapsed time; certain whatever the calendar says."""
    _local(start)
    return Due(start.astimezone(UTC) + length, False)


def working_seconds_between(calendar: WorkingCalendar, start: datetime, end: datetime) -> Elapsed:
    """Business time from `start` to `end`, in seconds; negative when `end` is earlier."""
    length, provisional = _working_time(calendar, start, end)
    return Elapsed(length.total_seconds(), provisional)


def _working_time(calendar: WorkingCalendar, start: datetime, end: datetime) -> tuple[timedelta, bool]:
    if end < start:
        length, provisional = _working_time(calendar, end, start)
        return -length, provisional
    total, provisional, last = timedelta(), False, _local(end).date()
    for day in _days(_local(start).date() - _ONE_DAY, +1):
        if day > last:
            return total, provisional
        hours = _hours(calendar, day, since=start, until=end)
        if hours and (answer := is_working_day(calendar, day)):
            provisional = provisional or answer.provisional
            if answer.working:
                total += sum((closing - opening for opening, closing in hours), timedelta())
    raise ValueError("the moments lie farther apart than the horizon of the calendar")


def _subtract_working_time(calendar: WorkingCalendar, end: datetime, length: timedelta) -> Due:
    if not length:
        return add_calendar_time(end, length)
    provisional, left = False, length
    for day in _days(_local(end).date() + _ONE_DAY, -1):
        hours = _hours(calendar, day, until=end)
        if hours and (answer := is_working_day(calendar, day)):
            provisional = provisional or answer.provisional
            for opening, closing in reversed(hours) if answer.working else ():
                if closing - opening >= left:
                    return Due(closing.astimezone(UTC) - left, provisional)
                left -= closing - opening
    raise ValueError("the limit begins beyond the horizon of the calendar")


def _step(calendar: WorkingCalendar, moment: datetime, days: int, direction: int) -> Due:
    """The same hour so many working days later or earlier."""
    if not days:
        return add_calendar_time(moment, timedelta())
    local, provisional, left = _local(moment), False, days
    for day in _days(local.date(), direction):
        answer = is_working_day(calendar, day)
        provisional = provisional or answer.provisional
        left -= answer.working
        if not left:
            return Due(_moment(day, local.time()), provisional)
    raise ValueError("the moment lies beyond the horizon of the calendar")


def _days_lost(calendar: WorkingCalendar, paused_at: datetime, resumed_at: datetime) -> int:
    """How many working days end their business hours within a pause."""
    last, closing = _local(resumed_at).date(), calendar.shifts[-1].end
    count = 0
    for day in _days(_local(paused_at).date() - _ONE_DAY, +1):
        if day > last:
            return count
        ends_inside = paused_at < _moment(day, closing) <= resumed_at
        count += ends_inside and is_working_day(calendar, day).working
    raise ValueError("the pause is longer than the horizon of the calendar")


def _working_days_after(calendar: WorkingCalendar, at: datetime, due: datetime) -> tuple[int, bool]:
    count, provisional, last = 0, False, _local(due).date()
    for day in _days(_local(at).date(), +1):
        if day > last:
            return count, provisional
        answer = is_working_day(calendar, day)
        provisional = provisional or answer.provisional
        count += answer.working
    raise ValueError("the moments lie farther apart than the horizon of the calendar")


def _hours(
    calendar: WorkingCalendar, day: date, *, since: datetime = _BEGINNING, until: datetime = _END
) -> list[tuple[datetime, datetime]]:
    """The business hours a date would have between two moments if it is worked. A date without any does
    not matter to the answer, so that it cannot make it provisional either."""
    edges = ((_moment(day, shift.start), _moment(day, shift.end)) for shift in calendar.shifts)
    clipped = ((max(opening, since), min(closing, until)) for opening, closing in edges)
    return [(opening, closing) for opening, closing in clipped if opening < closing]


def _days(after: date, step: int) -> Iterator[date]:
    return (after + timedelta(days=step * count) for count in range(1, HORIZON_DAYS + 1))


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, BEIJING).astimezone(UTC)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("moments are aware")
    local = moment.astimezone(BEIJING)
    if local.date() < _FIRST_DAY:
        raise ValueError("the calendar begins in 1992")
    return local


def _ceiling(length: timedelta) -> int:
    return -(-length // timedelta(seconds=1))
