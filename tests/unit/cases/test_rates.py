"""Rates and removals from their base."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain import errors, rates
from services.cases.domain import removal as domain
from services.cases.domain.case import By, Change, State
from services.cases.domain.removal import Removal
from services.cases.store import rates as store
from tests.unit.cases.test_hearing import matter, names

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
TODAY = date(2026, 11, 20)
RESPONDER = By(person_id="019f0000-0000-7000-8000-00000000000a", role="responder")
OPERATOR = By(person_id="019f0000-0000-7000-8000-00000000000c", role="operator")
MARKET = "370102-market_supervision"
CALLED = matter(State.CLOSED, departments=(MARKET,))


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_percentage_is_rounded_half_up_to_two_decimals(hits: int, base: int) -> None:
    exact = Fraction(hits * 100, base)

    found = Fraction(rates.percent(hits, base)).limit_denominator(100)  # type: ignore[arg-type]

    assert -Fraction(1, 200) < found - exact <= Fraction(1, 200)


def test_where_nothing_counts_there_is_no_percentage() -> None:
    assert rates.percent(0, 0) is None
    assert rates.percent(0, 1) == 0.0
    assert rates.percent(1, 1) == 100.0


@pytest.mark.parametrize("name", rates.SETS)
def test_every_rate_of_a_set_is_named_and_defined(name: str) -> None:
    for rate in rates.of_set(name):
        assert rate.label.endswith("率")
        assert "不计入" in rate.definition


def test_a_month_begins_and_ends_at_midnight_in_beijing() -> None:
    assert store.month_bounds("2026-12") == (
        datetime(2026, 11, 30, 16, tzinfo=UTC),
        datetime(2026, 12, 31, 16, tzinfo=UTC),
    )


# --- removal


def asked(case: Any = CALLED, **changes: Any) -> tuple[Change, Removal]:
    how: dict[str, Any] = {"department_id": MARKET, "month": "2026-11", "is_frozen": False}
    return domain.ask(
        case,
        ground="unreasonable_demand",
        words="诉求超出政策",
        reported_on=date(2026, 10, 31),
        today=TODAY,
        by=RESPONDER,
        at=NOW,
        new_id=lambda: "removal",
        **{**how, **changes},
    )


def decided(removal: Removal, **changes: Any) -> tuple[Change, Removal]:
    how: dict[str, Any] = {
        "granted": True,
        "words": "属实",
        "scopes": ["370102"],
        "is_frozen": False,
        "by": OPERATOR,
        "at": NOW,
    }
    return domain.decide(CALLED, removal, **{**how, **changes})


def test_only_a_department_that_was_called_asks() -> None:
    with pytest.raises(errors.NotCalled):
        asked(department_id="370102-ecology")


@pytest.mark.parametrize(
    ("month", "allowed"), [("2026-09", False), ("2026-10", True), ("2026-11", True), ("2026-12", False)]
)
def test_the_month_is_one_from_the_report_to_now(month: str, allowed: bool) -> None:
    if allowed:
        assert asked(month=month)[1].month == month
    else:
        with pytest.raises(errors.MonthOutOfBounds):
            asked(month=month)


def test_nothing_is_asked_or_decided_once_the_month_is_frozen() -> None:
    with pytest.raises(errors.MonthFrozen):
        asked(is_frozen=True)
    with pytest.raises(errors.MonthFrozen):
        decided(asked()[1], is_frozen=True)


@pytest.mark.parametrize(("granted", "state"), [(True, "granted"), (False, "refused")])
def test_the_hotline_office_decides_and_both_steps_stand_on_the_timeline(granted: bool, state: str) -> None:
    first, removal = asked()
    second, after = decided(removal, granted=granted)

    assert (names(first), names(second)) == (["case_removal_asked"], ["case_removed_from_base"])
    assert [entry.action for entry in (*first.entries, *second.entries)] == [
        "removal_asked",
        f"removal_{state}",
    ]
    assert (after.state, second.events[0].granted, second.case.state) == (state, granted, State.CLOSED)  # type: ignore[attr-defined]


def test_the_decision_is_of_the_district_by_another_person_and_once() -> None:
    removal = asked()[1]

    with pytest.raises(errors.ReachTooSmall):
        decided(removal, scopes=["370102007"])
    with pytest.raises(errors.NotYourOwnRequest):
        decided(removal, by=RESPONDER)
    with pytest.raises(errors.RemovalDecided):
        decided(decided(removal)[1])
