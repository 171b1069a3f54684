"""Duty rosters: who is next in line, gaps, the bounds of shifts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain import duty as domain
from services.dispatch.domain.duty import Gap, Person, Shift
from shared import errors

NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = (Person(person_id=one, duty_name=f"值班{one}") for one in ("p1", "p2"))


def shift(begin: float = 0, end: float = 8, **changes: Any) -> Shift:
    described = {
        "shift_id": "s1",
        "unit": "370102-ecology",
        "area": "370102",
        "starts_at": NINE + begin * HOUR,
        "ends_at": NINE + end * HOUR,
        "first": FIRST,
        "next": SECOND,
    }
    return Shift(**{**described, **changes})


@pytest.mark.parametrize(
    ("asked", "next_person"), [(set(), FIRST), ({"p1"}, SECOND), ({"p1", "p2"}, None), ({"p9"}, FIRST)]
)
def test_the_next_in_line_is_the_first_on_duty_who_was_not_asked(
    asked: set[str], next_person: Person | None
) -> None:
    assert domain.next_in_line(shift(), asked) == next_person


def test_nobody_is_next_in_line_where_nobody_is_on_duty() -> None:
    assert domain.next_in_line(None, set()) is None
    assert domain.next_in_line(shift(next=None), {"p1"}) is None


def test_a_task_passes_on_from_the_first_three_positions_only() -> None:
    assert [domain.share_of(position) for position in (1, 2, 3, 4)] == [50, 75, 90, None]


@pytest.mark.parametrize(
    ("begin", "end", "fits"), [(0, 31 * 24, True), (0, 31 * 24 + 0.001, False), (0, 0, False), (2, 1, False)]
)
def test_a_shift_has_a_beginning_and_a_sensible_end(begin: float, end: float, fits: bool) -> None:
    if fits:
        assert domain.check_shift(shift(begin, end))
    else:
        with pytest.raises(domain.ShiftTooLong):
            domain.check_shift(shift(begin, end))


def test_nobody_is_next_in_line_to_themselves() -> None:
    with pytest.raises(errors.Invalid):
        domain.check_shift(shift(next=FIRST))


def test_gaps_are_what_lies_between_shifts_and_at_both_ends() -> None:
    spans = [(NINE + 4 * HOUR, NINE + 6 * HOUR), (NINE - HOUR, NINE + HOUR), (NINE + HOUR, NINE + 2 * HOUR)]

    found = domain.gaps(spans, starts_at=NINE, ends_at=NINE + 8 * HOUR)

    assert found == [
        Gap(starts_at=NINE + 2 * HOUR, ends_at=NINE + 4 * HOUR),
        Gap(starts_at=NINE + 6 * HOUR, ends_at=NINE + 8 * HOUR),
    ]


@given(st.lists(st.tuples(st.integers(-5, 30), st.integers(1, 10)), max_size=8))
def test_an_hour_is_in_a_gap_exactly_when_no_shift_covers_it(shifts: list[tuple[int, int]]) -> None:
    spans = [(NINE + begin * HOUR, NINE + (begin + length) * HOUR) for begin, length in shifts]

    found = domain.gaps(spans, starts_at=NINE, ends_at=NINE + 24 * HOUR)

    for hour in range(24):
        middle = NINE + (hour + 0.5) * HOUR
        covered = any(begin <= middle < end for begin, end in spans)
        assert covered is not any(gap.starts_at <= middle < gap.ends_at for gap in found)
