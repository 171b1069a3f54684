"""One matter, one assessment: corrected until the freeze, appealed within the window, decided once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.dispatch.domain import assessment as domain
from services.dispatch.domain import errors
from services.dispatch.domain.assessment import Assessment, State, Window

NOW = datetime(2026, 11, 3, tzinfo=UTC)
OPEN = Window()
DRAFTED = Window(appeals_until=NOW + timedelta(days=2))
FROZEN = Window(is_frozen=True, appeals_until=NOW)
CRITERIA = {"speed": 30, "result": 40, "attitude": 30}


def made(**changes: Any) -> Assessment:
    described: dict[str, Any] = {
        "task_id": "t",
        "order_id": "o",
        "case_id": "c",
        "area": "370102007003001",
        "department_id": "370102-ecology",
        "points": {"speed": 20, "result": 40, "attitude": 0},
        "is_negative": True,
        "words": "推诿",
        "by_person": "p",
        "assessed_at": NOW,
        "changed_at": NOW,
    }
    return Assessment(**{**described, **changes})


def corrected(one: Assessment, window: Window = OPEN) -> Assessment:
    return domain.correct(
        one, points={"speed": 30}, is_negative=False, words="", by_person="q", window=window, at=NOW
    )


def test_a_score_is_the_sum_of_the_points() -> None:
    assert made().score == 60


@pytest.mark.parametrize(
    "points",
    [
        {},
        {"speed": 10, "result": 10},
        {"speed": 31, "result": 40, "attitude": 30},
        {"speed": -1, "result": 40, "attitude": 30},
        {**CRITERIA, "other": 0},
    ],
)
def test_points_are_given_for_every_criterion_within_its_most(points: dict[str, int]) -> None:
    with pytest.raises(errors.PointsWrong):
        domain.check_points(points, CRITERIA)


def test_full_points_and_none_are_within_bounds() -> None:
    domain.check_points(CRITERIA, CRITERIA)
    domain.check_points(dict.fromkeys(CRITERIA, 0), CRITERIA)


def test_a_correction_keeps_the_month_and_counts_versions() -> None:
    one = corrected(made(), DRAFTED)

    assert (one.version, one.assessed_at, one.by_person, one.is_negative) == (2, NOW, "q", False)
    with pytest.raises(errors.MonthFrozen):
        corrected(one, FROZEN)


def test_an_appeal_is_possible_once_and_until_the_window_closes() -> None:
    until = DRAFTED.appeals_until
    assert until is not None
    appealed = domain.appeal(made(), words="x", window=DRAFTED, at=until - timedelta(seconds=1))

    assert appealed.state is State.APPEALED
    with pytest.raises(errors.AppealedAlready):
        domain.appeal(appealed, words="x", window=OPEN, at=NOW)
    with pytest.raises(errors.WindowClosed):
        domain.appeal(made(), words="x", window=DRAFTED, at=until)
    with pytest.raises(errors.WindowClosed):
        domain.appeal(made(), words="x", window=FROZEN, at=NOW)
    assert domain.appeal(made(), words="x", window=OPEN, at=until).state is State.APPEALED


@pytest.mark.parametrize(
    ("upheld", "points", "state", "score", "is_negative"),
    [
        (True, None, State.VOID, 60, False),
        (True, {"speed": 30, "result": 40, "attitude": 20}, State.STANDING, 90, False),
        (False, {"speed": 30}, State.STANDING, 60, True),
        (False, None, State.STANDING, 60, True),
    ],
)
def test_a_ruling_voids_changes_or_leaves(
    upheld: bool, points: dict[str, int] | None, state: State, score: int, is_negative: bool
) -> None:
    appealed = domain.appeal(made(), words="x", window=OPEN, at=NOW)

    ruled = domain.rule(appealed, upheld=upheld, points=points, words="y", at=NOW)

    assert (ruled.state, ruled.score, ruled.is_negative) == (state, score, is_negative)
    with pytest.raises(errors.NotAppealed):
        domain.rule(ruled, upheld=upheld, points=None, words="y", at=NOW)
    with pytest.raises(errors.AlreadyRuled):
        corrected(ruled)
    with pytest.raises(errors.AppealedAlready):
        domain.appeal(ruled, words="again", window=OPEN, at=NOW)


def test_nothing_is_decided_without_an_appeal() -> None:
    with pytest.raises(errors.NotAppealed):
        domain.rule(made(), upheld=True, points=None, words="y", at=NOW)
