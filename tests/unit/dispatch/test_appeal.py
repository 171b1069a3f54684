"""Appeals against rows of a table: when, against which rows, and that each is decided once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.dispatch.domain import appeal, errors, indicators
from services.dispatch.domain.appeal import Appeal, State

UNTIL = datetime(2026, 11, 5, 16, 0, tzinfo=UTC)


def named(name: str) -> indicators.Indicator:
    found = indicators.named("departments", name)
    assert found is not None
    return found


def check(name: str = "on_time", *, points: int = 0, is_frozen: bool = False, at: datetime = UNTIL) -> None:
    appeal.check(named(name), points=points, is_frozen=is_frozen, appeals_until=UNTIL, at=at)


def test_the_window_closes_with_its_moment_or_with_the_freeze() -> None:
    just_before = UNTIL - timedelta(microseconds=1)

    check(at=just_before)
    with pytest.raises(errors.WindowClosed):
        check(at=UNTIL)
    with pytest.raises(errors.WindowClosed):
        check(at=just_before, is_frozen=True)


@pytest.mark.parametrize(
    ("name", "points", "refused"),
    [
        ("on_time", 0, None),
        ("on_time", 1, errors.RowInFavour),
        ("reworked", 1, None),
        ("reworked", 0, errors.RowInFavour),
        ("assessed", 0, errors.AssessmentByItself),
    ],
)
def test_what_counts_against_an_organisation_may_be_appealed(
    name: str, points: int, refused: type[Exception] | None
) -> None:
    at = UNTIL - timedelta(days=1)
    if refused is None:
        check(name, points=points, at=at)
    else:
        with pytest.raises(refused):
            check(name, points=points, at=at)


def test_an_appeal_is_decided_once_also_after_the_window() -> None:
    asked = Appeal(
        appeal_id="a",
        ranking_id="r",
        area="370102",
        kind="departments",
        month="2026-10",
        organisation_id="370102-health",
        indicator="on_time",
        subject="t",
        points=0,
        ground="wrong_record",
        words="",
        asked_by="p",
        asked_at=UNTIL - timedelta(days=1),
    )

    ruled = appeal.rule(asked, upheld=True, words="属实", by_person="s", at=UNTIL + timedelta(days=3))

    assert (ruled.state, ruled.version, ruled.ruled_by) == (State.UPHELD, 2, "s")
    assert appeal.rule(asked, upheld=False, words="", by_person="s", at=UNTIL).state is State.REJECTED
    with pytest.raises(errors.AppealDecided):
        appeal.rule(ruled, upheld=False, words="", by_person="s", at=UNTIL)
