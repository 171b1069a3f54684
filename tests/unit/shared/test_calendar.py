"""Working time: against a slow, obvious, minute-by-minute reference, and at the days that hurt."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import calendar as subject
from shared.calendar import Day, Due, Limit, Shift, Unit, WorkingCalendar
from shared.clock import BEIJING

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def published(*years: int) -> WorkingCalendar:
    """The real arrangement of these years."""
    days = {}
    for year in years:
        for offset in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
            day = date(year, 1, 1) + timedelta(days=offset)
            if chinese_calendar.is_workday(day) != (day.weekday() < 5):
                days[day] = Day(chinese_calendar.is_workday(day))
    return WorkingCalendar(days=days, years=frozenset(years))


REAL = published(2025, 2026)


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def local(due: Due) -> str:
    assert due.at.tzinfo is UTC
    return due.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


# The reference: no arithmetic, it walks the minutes.


def is_open(calendar: WorkingCalendar, minute: datetime) -> bool:
    here = minute.astimezone(BEIJING)
    if not subject.is_working_day(calendar, here.date()).working:
        return False
    return any(shift.start <= here.time() < shift.end for shift in calendar.shifts)


def walk_minutes(calendar: WorkingCalendar, start: datetime, minutes: int) -> datetime:
    moment = start
    while minutes:
        minutes -= is_open(calendar, moment)
        moment += MINUTE
    return moment


def count_minutes(calendar: WorkingCalendar, start: datetime, end: datetime) -> int:
    minutes, moment = 0, start
    while moment < end:
        minutes += is_open(calendar, moment)
        moment += MINUTE
    return minutes


def walk_days(calendar: WorkingCalendar, start: datetime, days: int) -> datetime:
    day = start.astimezone(BEIJING).date()
    while days:
        day += DAY
        days -= subject.is_working_day(calendar, day).working
    return datetime.combine(day, calendar.shifts[-1].end, BEIJING)


# Minutes around the days that hurt: year ends, the Spring Festival with its make-up days, leap and short
# February, month ends, the National Day weeks, and the known year 2026 running into the unknown 2027.
HARD = [
    date(2025, 1, 25),
    date(2025, 4, 26),
    date(2025, 9, 27),
    date(2025, 12, 30),
    date(2026, 2, 13),
    date(2026, 2, 27),
    date(2026, 5, 8),
    date(2026, 10, 9),
    date(2026, 12, 30),
    date(2027, 4, 29),
    date(2028, 2, 28),
    date(2028, 12, 31),
]
moments = st.builds(
    lambda day, minutes: datetime.combine(day, time(), BEIJING).astimezone(UTC) + timedelta(minutes=minutes),
    st.sampled_from(HARD),
    st.integers(0, 8 * 24 * 60),
)
DEFAULT = subject.DEFAULT_SHIFTS
calendars = st.one_of(
    st.just(REAL),
    st.builds(
        lambda days, shifts: WorkingCalendar(
            days={day: Day(working) for day, working in days.items()}, years=frozenset({2026}), shifts=shifts
        ),
        st.dictionaries(
            st.sampled_from([day + timedelta(days=n) for day in HARD for n in range(4)]),
            st.booleans(),
            max_size=12,
        ),
        st.sampled_from(
            [
                DEFAULT,
                (Shift(time(8, 30), time(11, 45)), Shift(time(14), time(18))),
                (Shift(time(), time(23, 59)),),
            ]
        ),
    ),
)
few = settings(max_examples=60)


@few
@given(calendars, moments, st.integers(0, 1_500))
def test_working_minutes_end_where_the_walk_ends(
    calendar: WorkingCalendar, start: datetime, minutes: int
) -> None:
    due = subject.advance(calendar, start, Limit(minutes, Unit.WORKING_MINUTES))

    assert due.at == walk_minutes(calendar, start, minutes)


@few
@given(calendars, moments, st.integers(0, 12 * 24 * 60))
def test_working_seconds_between_are_the_open_minutes_walked(
    calendar: WorkingCalendar, start: datetime, apart: int
) -> None:
    end = start + apart * MINUTE

    assert subject.working_seconds_between(calendar, start, end).seconds == 60 * count_minutes(
        calendar, start, end
    )
    assert subject.working_seconds_between(calendar, end, start).seconds == -60 * count_minutes(
        calendar, start, end
    )


@settings(max_examples=200)
@given(calendars, moments, st.integers(1, 40))
def test_working_days_end_with_the_hours_of_the_nth_day(
    calendar: WorkingCalendar, start: datetime, days: int
) -> None:
    assert subject.advance(calendar, start, Limit(days, Unit.WORKING_DAYS)).at == walk_days(
        calendar, start, days
    )


@settings(max_examples=200)
@given(calendars, moments, st.integers(1, 1_000_000))
def test_going_back_undoes_going_forward(calendar: WorkingCalendar, start: datetime, seconds: int) -> None:
    limit = Limit(seconds, Unit.WORKING_SECONDS)

    due = subject.advance(calendar, start, limit).at
    begun = subject.retreat(calendar, due, limit).at

    assert subject.working_seconds_between(calendar, begun, due).seconds == seconds
    assert begun >= start
    assert subject.working_seconds_between(calendar, start, begun).seconds == 0


@settings(max_examples=200)
@given(
    calendars,
    moments,
    st.integers(1, 30 * 60),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
    st.sampled_from([unit for unit in Unit if unit is not Unit.WORKING_DAYS]),
)
def test_a_pause_moves_the_due_moment_by_what_was_left(
    calendar: WorkingCalendar, start: datetime, amount: int, before: int, pause: int, unit: Unit
) -> None:
    amount = 1 + amount % 20 if unit.value.endswith(("days", "hours")) else amount
    due = subject.advance(calendar, start, Limit(amount, unit)).at
    paused, resumed = start + before * MINUTE, start + (before + pause) * MINUTE

    moved = subject.resume(calendar, due=due, paused_at=paused, resumed_at=resumed, unit=unit).at

    if paused >= due:
        assert moved == due
        return
    left = subject.remaining(calendar, paused, due, unit).limit
    assert subject.remaining(calendar, resumed, moved, unit).limit == left
    assert moved >= due
    assert subject.resume(calendar, due=due, paused_at=paused, resumed_at=paused, unit=unit).at == due


def count_closings(calendar: WorkingCalendar, start: datetime, end: datetime) -> int:
    """Minutes after `start` up to `end` at which the business hours of a working day end."""
    closings, moment = 0, start
    while moment < end:
        moment += MINUTE
        here = moment.astimezone(BEIJING)
        closes = here.time() == calendar.shifts[-1].end
        closings += closes and subject.is_working_day(calendar, here.date()).working
    return closings


@settings(max_examples=100)
@given(calendars, moments, st.integers(1, 20), st.integers(0, 20_000), st.integers(0, 10_000))
def test_a_pause_moves_a_clock_in_working_days_by_the_days_that_end_within_it(
    calendar: WorkingCalendar, start: datetime, days: int, before: int, pause: int
) -> None:
    due = subject.advance(calendar, start, Limit(days, Unit.WORKING_DAYS)).at
    paused, resumed = start + before * MINUTE, start + (before + pause) * MINUTE

    moved = subject.resume(calendar, due=due, paused_at=paused, resumed_at=resumed, unit=Unit.WORKING_DAYS).at

    lost = 0 if paused >= due else count_closings(calendar, paused, resumed)
    assert moved == (walk_days(calendar, due, lost) if lost else due)


@given(calendars, moments, st.lists(st.integers(0, 3_000), min_size=1, max_size=4), st.sampled_from(Unit))
def test_a_pause_in_pieces_moves_a_clock_as_much_as_a_whole_one(
    calendar: WorkingCalendar, start: datetime, pieces: list[int], unit: Unit
) -> None:
    due = subject.advance(calendar, start, Limit(5, Unit.WORKING_DAYS)).at
    whole = subject.resume(
        calendar, due=due, paused_at=start, resumed_at=start + sum(pieces) * MINUTE, unit=unit
    ).at

    moved, moment = due, start
    for piece in pieces:
        began, moment = moment, moment + piece * MINUTE
        moved = subject.resume(calendar, due=moved, paused_at=began, resumed_at=moment, unit=unit).at

    assert moved == whole


def walk_back_minutes(calendar: WorkingCalendar, end: datetime, minutes: int) -> datetime:
    moment = end
    while minutes:
        moment -= MINUTE
        minutes -= is_open(calendar, moment)
    return moment


def walk_with_pauses(
    calendar: WorkingCalendar,
    start: datetime,
    minutes: int,
    pauses: list[tuple[datetime, datetime]],
    *,
    working: bool,
) -> datetime:
    """The walk again, standing still in every pause."""
    moment = start
    while minutes:
        is_paused = any(began <= moment < ended for began, ended in pauses)
        minutes -= not is_paused and (not working or is_open(calendar, moment))
        moment += MINUTE
    return moment


@few
@given(
    calendars,
    moments,
    st.integers(1, 1_200),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 3_000)), max_size=4),
    st.sampled_from([Unit.WORKING_MINUTES, Unit.CALENDAR_MINUTES]),
)
def test_a_limit_with_pauses_ends_where_the_walk_that_stands_still_in_them_ends(
    calendar: WorkingCalendar,
    start: datetime,
    minutes: int,
    waits: list[tuple[int, int]],
    unit: Unit,
) -> None:
    due = subject.advance(calendar, start, Limit(minutes, unit)).at
    pauses, moment = [], start
    for wait, length in waits:
        began = moment + wait * MINUTE
        moment = began + length * MINUTE
        pauses.append((began, moment))
        due = subject.resume(calendar, due=due, paused_at=began, resumed_at=moment, unit=unit).at

    walked = walk_with_pauses(calendar, start, minutes, pauses, working=unit.working)

    assert due == walked


@few
@given(calendars, moments, st.integers(0, 1_500))
def test_going_back_over_working_minutes_ends_where_the_walk_back_ends(
    calendar: WorkingCalendar, end: datetime, minutes: int
) -> None:
    begun = subject.retreat(calendar, end, Limit(minutes, Unit.WORKING_MINUTES))

    assert begun.at == walk_back_minutes(calendar, end, minutes)


@settings(max_examples=200)
@given(calendars, moments, st.integers(1, 30))
def test_going_back_over_working_days_keeps_the_hour_and_steps_over_days_off(
    calendar: WorkingCalendar, due: datetime, days: int
) -> None:
    local_due = due.astimezone(BEIJING)
    day, left = local_due.date(), days
    while left:
        day -= DAY
        left -= subject.is_working_day(calendar, day).working

    begun = subject.retreat(calendar, due, Limit(days, Unit.WORKING_DAYS)).at

    assert begun == datetime.combine(day, local_due.time(), BEIJING)


NIGHTS = [
    *HARD,
    *(date(2026, month, 1) for month in range(1, 13)),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2027, 1, 1),
    date(2027, 1, 4),
]


@settings(max_examples=200)
@given(
    st.sampled_from(NIGHTS),
    st.timedeltas(timedelta(seconds=-90), timedelta(seconds=90)),
    st.integers(1, 15),
    st.integers(1, 900),
)
def test_around_midnight_only_the_date_counts(day: date, offset: timedelta, days: int, minutes: int) -> None:
    midnight = datetime.combine(day, time(), BEIJING)
    start = midnight + offset

    by_day = subject.advance(REAL, start, Limit(days, Unit.WORKING_DAYS)).at
    by_minute = subject.advance(REAL, start, Limit(minutes, Unit.WORKING_MINUTES)).at

    assert by_day == walk_days(REAL, start, days)
    # Nobody works at midnight: the seconds make no difference.
    assert by_minute == walk_minutes(REAL, midnight, minutes)
    last_second, first_second = midnight - timedelta(microseconds=1), midnight
    assert subject.is_working_day(REAL, last_second.date()) == subject.is_working_day(REAL, day - DAY)
    assert subject.advance(REAL, first_second, Limit(days, Unit.WORKING_DAYS)).at == walk_days(
        REAL, first_second, days
    )


@few
@given(calendars, moments, st.integers(1, 30), st.integers(1, 99))
def test_a_share_of_a_working_limit_is_that_share_of_the_minutes_walked(
    calendar: WorkingCalendar, start: datetime, minutes: int, percent: int
) -> None:
    whole = 100 * minutes
    due = walk_minutes(calendar, start, whole)

    point = subject.at_share(calendar, start, due, percent, Unit.WORKING_MINUTES).at

    assert point == walk_minutes(calendar, start, percent * minutes)


@settings(max_examples=200)
@given(
    calendars,
    moments,
    st.sampled_from(Unit),
    st.integers(0, 30),
    st.timedeltas(timedelta(), timedelta(days=9)),
)
def test_a_later_start_is_never_due_earlier(
    calendar: WorkingCalendar, start: datetime, unit: Unit, amount: int, later: timedelta
) -> None:
    limit = Limit(amount, unit)

    assert subject.advance(calendar, start, limit).at <= subject.advance(calendar, start + later, limit).at


@settings(max_examples=200)
@given(moments, st.sampled_from(Unit), st.integers(0, 30), st.data())
def test_what_is_not_provisional_does_not_change_when_a_year_becomes_known(
    start: datetime, unit: Unit, amount: int, data: st.DataObject
) -> None:
    due = subject.advance(REAL, start, Limit(amount, unit))
    unknown = [date(2027, 1, 1) + timedelta(days=n) for n in range(800)]
    flipped = data.draw(
        st.dictionaries(st.sampled_from(unknown[:20] + unknown[110:140] + unknown[415:445]), st.booleans())
    )
    learnt = WorkingCalendar(
        days={**REAL.days} | {day: Day(working) for day, working in flipped.items()},
        years=REAL.years | {2027, 2028, 2029},
    )

    assert due.provisional or subject.advance(learnt, start, Limit(amount, unit)) == due
    assert not subject.advance(learnt, start, Limit(amount, unit)).provisional


@given(moments, st.integers(0, 10_000))
def test_calendar_time_is_elapsed_time(start: datetime, amount: int) -> None:
    hours = subject.advance(REAL, start, Limit(amount, Unit.CALENDAR_HOURS))
    days = subject.advance(REAL, start, Limit(amount, Unit.CALENDAR_DAYS))

    assert hours == Due(start + timedelta(hours=amount), False)
    assert days == Due(start + timedelta(days=amount), False)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-20 13:51", 5, "2026-11-27 17:30"),  # a Friday; the same whether early or late that day
        ("2026-11-20 23:59", 5, "2026-11-27 17:30"),
        ("2026-11-21 00:00", 5, "2026-11-27 17:30"),
        ("2026-02-13 10:00", 1, "2026-02-14 17:30"),  # Saturday made up before the Spring Festival
        ("2026-02-14 10:00", 1, "2026-02-24 17:30"),  # nine days off in a row
        ("2026-02-27 10:00", 1, "2026-02-28 17:30"),  # Saturday made up, and the end of a short February
        ("2026-09-30 18:00", 2, "2026-10-09 17:30"),
        ("2026-12-31 09:00", 1, "2027-01-04 17:30"),  # 1 January off although 2027 is unknown; then a weekend
        ("2027-04-30 09:00", 1, "2027-05-03 17:30"),  # 1 and 2 May off, here a weekend
        ("2027-09-30 09:00", 1, "2027-10-04 17:30"),
        ("2028-02-28 09:00", 1, "2028-02-29 17:30"),
        ("2026-11-20 17:29", 0, "2026-11-20 17:30"),
        ("2026-11-20 17:30", 0, "2026-11-23 17:30"),
    ],
)
def test_working_days_at_the_days_that_hurt(start: str, days: int, due: str) -> None:
    assert local(subject.advance(REAL, beijing(start), Limit(days, Unit.WORKING_DAYS))) == due


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-20 11:30", 30, "2026-11-20 12:00"),  # ends with the shift, not at the next opening
        ("2026-11-20 11:30", 31, "2026-11-20 13:31"),
        ("2026-11-20 12:30", 1, "2026-11-20 13:31"),
        ("2026-11-20 17:30", 240, "2026-11-23 14:30"),
        ("2026-12-31 17:00", 60, "2027-01-04 09:30"),
        ("2026-11-21 08:00", 0, "2026-11-21 08:00"),
    ],
)
def test_working_minutes_at_the_edges_of_shifts(start: str, minutes: int, due: str) -> None:
    assert local(subject.advance(REAL, beijing(start), Limit(minutes, Unit.WORKING_MINUTES))) == due


@pytest.mark.parametrize(
    ("start", "limit", "provisional"),
    [
        ("2026-12-30 09:00", Limit(1, Unit.WORKING_DAYS), False),
        ("2026-12-31 09:00", Limit(1, Unit.WORKING_DAYS), True),
        ("2026-12-31 09:00", Limit(7, Unit.WORKING_HOURS), False),
        ("2026-12-31 09:01", Limit(7, Unit.WORKING_HOURS), True),
        ("2026-12-31 09:00", Limit(30, Unit.CALENDAR_DAYS), False),
        ("2027-01-04 18:00", Limit(0, Unit.WORKING_HOURS), False),
    ],
)
def test_an_answer_is_provisional_exactly_when_it_rests_on_an_unknown_year(
    start: str, limit: Limit, provisional: bool
) -> None:
    assert subject.advance(REAL, beijing(start), limit).provisional is provisional


def test_an_unknown_year_works_on_weekdays_but_for_the_fixed_holidays() -> None:
    off = [
        day
        for n in range(365)
        if (day := date(2030, 1, 1) + timedelta(days=n)).weekday() < 5
        and not subject.is_working_day(REAL, day).working
    ]

    assert off == [
        date(2030, 1, 1),
        date(2030, 5, 1),
        date(2030, 5, 2),
        date(2030, 10, 1),
        date(2030, 10, 2),
        date(2030, 10, 3),
    ]
    assert subject.is_working_day(REAL, date(2030, 5, 1)) == subject.Answer(False, True, "劳动节")
    assert not subject.is_working_day(REAL, date(2030, 1, 5)).working


def test_a_day_an_admin_enters_counts_even_in_an_unknown_year() -> None:
    calendar = WorkingCalendar(days={date(2027, 1, 2): Day(True, "元旦调休")}, years=frozenset({2026}))

    assert subject.is_working_day(calendar, date(2027, 1, 2)) == subject.Answer(True, False, "元旦调休")
    assert (
        local(subject.advance(calendar, beijing("2026-12-31 09:00"), Limit(1, Unit.WORKING_DAYS)))
        == "2027-01-02 17:30"
    )


def test_the_day_begins_at_midnight_in_beijing_not_in_utc() -> None:
    late_on_friday = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    early_on_saturday = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    monday_morning = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)

    limit = Limit(1, Unit.WORKING_DAYS)
    assert local(subject.advance(REAL, late_on_friday, limit)) == "2026-11-23 17:30"
    assert local(subject.advance(REAL, early_on_saturday, limit)) == "2026-11-23 17:30"
    assert local(subject.advance(REAL, monday_morning, limit)) == "2026-11-24 17:30"


def test_a_warning_one_working_day_before_steps_over_the_weekend() -> None:
    due = beijing("2026-11-23 17:30")

    assert local(subject.retreat(REAL, due, Limit(1, Unit.WORKING_DAYS))) == "2026-11-20 17:30"
    assert local(subject.retreat(REAL, due, Limit(8, Unit.WORKING_HOURS))) == "2026-11-20 16:30"
    assert local(subject.retreat(REAL, due, Limit(2, Unit.CALENDAR_HOURS))) == "2026-11-23 15:30"


def test_a_share_of_a_short_limit_is_counted_in_its_own_time() -> None:
    start, due = beijing("2026-11-20 16:30"), beijing("2026-11-23 13:30")

    assert local(subject.at_share(REAL, start, due, 80, Unit.WORKING_HOURS)) == "2026-11-23 11:12"
    assert local(subject.at_share(REAL, start, due, 50, Unit.CALENDAR_HOURS)) == "2026-11-22 03:00"


def test_a_pause_over_the_weekend_costs_a_working_clock_nothing() -> None:
    due = beijing("2026-11-23 10:00")

    moved = subject.resume(
        REAL,
        due=due,
        paused_at=beijing("2026-11-20 18:00"),
        resumed_at=beijing("2026-11-23 08:59"),
        unit=Unit.WORKING_HOURS,
    )

    assert moved == Due(due.astimezone(UTC), False)


@pytest.mark.parametrize(
    ("paused_at", "resumed_at", "moved"),
    [
        # No business time went by: nothing is lost.
        ("2026-11-23 20:00", "2026-11-24 08:00", "2026-11-30 17:30"),
        ("2026-11-20 18:00", "2026-11-23 08:00", "2026-11-30 17:30"),
        ("2026-11-24 07:00", "2026-11-24 17:29", "2026-11-30 17:30"),
        # One day's hours ended meanwhile, whichever hours of it were left.
        ("2026-11-24 07:00", "2026-11-24 17:30", "2026-12-01 17:30"),
        ("2026-11-23 16:00", "2026-11-24 10:00", "2026-12-01 17:30"),
        ("2026-11-23 20:00", "2026-11-25 08:00", "2026-12-01 17:30"),
        ("2026-11-23 17:30", "2026-11-24 17:30", "2026-12-01 17:30"),
        ("2026-11-24 07:00", "2026-11-25 20:00", "2026-12-02 17:30"),
        # On its last day.
        ("2026-11-30 10:00", "2026-11-30 16:00", "2026-11-30 17:30"),
        ("2026-11-30 10:00", "2026-12-01 10:00", "2026-12-01 17:30"),
    ],
)
def test_a_clock_in_working_days_loses_the_days_that_end_while_it_stands(
    paused_at: str, resumed_at: str, moved: str
) -> None:
    after = subject.resume(
        REAL,
        due=beijing("2026-11-30 17:30"),
        paused_at=beijing(paused_at),
        resumed_at=beijing(resumed_at),
        unit=Unit.WORKING_DAYS,
    )

    assert (local(after), after.provisional) == (moved, False)


def test_a_clock_moved_into_an_unknown_year_says_that_it_is_provisional() -> None:
    moved = subject.resume(
        REAL,
        due=beijing("2026-12-31 17:30"),
        paused_at=beijing("2026-12-30 10:00"),
        resumed_at=beijing("2026-12-31 10:00"),
        unit=Unit.WORKING_DAYS,
    )

    assert (local(moved), moved.provisional) == ("2027-01-04 17:30", True)


def test_an_overdue_clock_is_not_healed_by_a_pause() -> None:
    due = beijing("2026-11-20 17:30")

    moved = subject.resume(
        REAL, due=due, paused_at=due, resumed_at=beijing("2026-11-30 09:00"), unit=Unit.WORKING_DAYS
    )

    assert moved.at == due
    assert subject.remaining(REAL, due, due, Unit.WORKING_HOURS).limit == Limit(0, Unit.WORKING_SECONDS)


def test_remaining_counts_whole_working_days_and_rounds_seconds_up() -> None:
    due = beijing("2026-11-27 17:30")

    assert subject.remaining(REAL, beijing("2026-11-20 23:00"), due, Unit.WORKING_DAYS).limit.amount == 5
    assert subject.remaining(REAL, beijing("2026-11-27 00:00"), due, Unit.WORKING_DAYS).limit.amount == 0
    just_before = due - timedelta(microseconds=1)
    assert subject.remaining(REAL, just_before, due, Unit.WORKING_MINUTES).limit == Limit(
        1, Unit.WORKING_SECONDS
    )
    assert subject.remaining(REAL, just_before, due, Unit.CALENDAR_HOURS).limit == Limit(
        1, Unit.CALENDAR_SECONDS
    )


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        subject.advance(REAL, beijing("2026-11-20").replace(tzinfo=None), Limit(1, Unit.CALENDAR_HOURS))
    with pytest.raises(ValueError, match="1992"):
        subject.advance(REAL, datetime(1990, 7, 1, tzinfo=UTC), Limit(1, Unit.WORKING_DAYS))
    with pytest.raises(ValueError, match="negative"):
        Limit(-1, Unit.WORKING_DAYS)
    with pytest.raises(ValueError, match="overlapping"):
        WorkingCalendar(shifts=(Shift(time(9), time(12)), Shift(time(11), time(17))))
    with pytest.raises(ValueError, match="horizon"):
        subject.advance(REAL, beijing("2026-11-20 09:00"), Limit(100_000, Unit.WORKING_DAYS))
    with pytest.raises(ValueError, match="resumes after"):
        subject.resume(
            REAL,
            due=beijing("2026-11-20 17:30"),
            paused_at=beijing("2026-11-20 10:00"),
            resumed_at=beijing("2026-11-20 09:00"),
            unit=Unit.WORKING_HOURS,
        )
