"""Monthly tables: periods, scores, ranks, the fingerprint; arithmetic by hand and against a slow reference."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain import errors, indicators, ranking
from services.dispatch.domain.indicators import Rules
from services.dispatch.domain.ranking import Count, Line

RULES = replace(indicators.delivered("departments"), least_matters=2)


def line(name: str, **counts: tuple[int, int]) -> Line:
    return Line(
        organisation_id=name,
        name=name,
        counts={one: Count(numerator=n, denominator=d) for one, (n, d) in counts.items()},
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- periods


def test_a_month_is_that_of_beijing() -> None:
    assert ranking.month_of(at("2026-10-31T15:59:59+00:00")) == "2026-10"
    assert ranking.month_of(at("2026-10-31T16:00:00+00:00")) == "2026-11"


@pytest.mark.parametrize(
    ("month", "day", "start", "end"),
    [
        ("2026-10", 31, "2026-10-01T00:00+08:00", "2026-11-01T00:00+08:00"),
        # A day the month does not have is its last.
        ("2026-02", 31, "2026-02-01T00:00+08:00", "2026-03-01T00:00+08:00"),
        ("2028-02", 29, "2028-01-30T00:00+08:00", "2028-03-01T00:00+08:00"),
        ("2026-10", 25, "2026-09-26T00:00+08:00", "2026-10-26T00:00+08:00"),
        ("2027-01", 25, "2026-12-26T00:00+08:00", "2027-01-26T00:00+08:00"),
    ],
)
def test_a_period_ends_with_its_cut_off_day(month: str, day: int, start: str, end: str) -> None:
    found = ranking.period(month, cut_off_day=day)

    assert (found.start, found.end) == (at(start), at(end))


def test_a_changed_cut_off_leaves_no_gap_and_no_overlap() -> None:
    before = ranking.period("2026-10", cut_off_day=25)

    after = ranking.period("2026-11", cut_off_day=31, previous_end=before.end)

    assert (after.start, after.end) == (before.end, at("2026-12-01T00:00+08:00"))


@given(st.integers(0, 80 * 366 * 86400), st.integers(1, 31))
def test_the_newest_month_that_ended_is_followed_by_one_that_did_not(seconds: int, day: int) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    month = ranking.newest_ended(now, cut_off_day=day)

    assert ranking.period(month, cut_off_day=day).end <= now
    assert ranking.period(ranking.following(month), cut_off_day=day).end > now
    assert ranking.preceding(ranking.following(month)) == month


@pytest.mark.parametrize(
    ("drafted_at", "freezes_at"),
    [
        # A minute after the period: five whole days.
        ("2026-11-01T00:01+08:00", "2026-11-06T00:00+08:00"),
        ("2026-11-01T23:59+08:00", "2026-11-06T00:00+08:00"),
        # Drafted late: five whole days from the day after.
        ("2026-11-02T00:00+08:00", "2026-11-08T00:00+08:00"),
        ("2026-12-20T10:00+08:00", "2026-12-26T00:00+08:00"),
    ],
)
def test_the_window_for_appeals_is_whole_days_however_late_the_draft(
    drafted_at: str, freezes_at: str
) -> None:
    end = at("2026-11-01T00:00+08:00")

    assert ranking.freezes_at(end=end, drafted_at=at(drafted_at), appeal_days=5) == at(freezes_at)


# --- scores


def test_a_score_is_the_weighted_mean_worked_out_by_hand() -> None:
    # sign 3/4·10 = 7.5, on time 3/4·20 = 15, met 1/2·10 = 5, settled 2/2·15 = 15, satisfied 1/2·15 = 7.5,
    # returned (1 - 0/4)·10 = 10, reworked (1 - 1/4)·10 = 7.5, assessed 170/200·10 = 8.5; together 76 of 100.
    counts = line(
        "a",
        sign=(3, 4),
        on_time=(3, 4),
        met=(1, 2),
        settled=(2, 2),
        satisfied=(1, 2),
        returned=(0, 4),
        reworked=(1, 4),
        assessed=(170, 2),
    ).counts

    assert ranking.score(RULES, counts) == Decimal("76.00")


def test_what_has_no_rows_gives_its_weight_to_the_others() -> None:
    # sign 10 of 10, on time 10 of 20: 20 of 30.
    assert ranking.score(RULES, line("a", sign=(2, 2), on_time=(1, 2)).counts) == Decimal("66.67")
    assert ranking.score(RULES, {}) is None
    unweighted = replace(RULES, weights={**RULES.weights, "sign": 0})
    assert ranking.score(unweighted, line("a", sign=(2, 2)).counts) is None


@pytest.mark.parametrize(
    ("share", "shown"),
    [((1, 3), "33.33"), ((2, 3), "66.67"), ((1, 800), "0.13"), ((1, 16), "6.25"), ((1, 1), "100.00")],
)
def test_rounding_is_half_up_and_once(share: tuple[int, int], shown: str) -> None:
    assert ranking.rounded(100 * Fraction(*share)) == Decimal(shown)


@given(st.fractions(min_value=0, max_value=100, max_denominator=10**6))
def test_rounding_is_that_of_exact_decimals(value: Fraction) -> None:
    exact = Decimal(value.numerator) * 1000
    # Three decimals decide unless the rest is exactly a half; the reference carries far more.
    reference = (exact / value.denominator / 1000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    assert ranking.rounded(value) == reference


COUNTS = st.dictionaries(
    st.sampled_from([one.name for one in indicators.indicators("departments")]),
    st.integers(1, 50).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d))),
)


@given(COUNTS)
def test_a_score_lies_between_nought_and_a_hundred(counts: dict[str, tuple[int, int]]) -> None:
    found = ranking.score(RULES, line("a", **counts).counts)

    assert found is None or 0 <= found <= 100


# --- ranks


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    table = ranking.ranked(
        RULES,
        [
            line("d", on_time=(1, 4)),
            line("c", on_time=(2, 4)),
            line("b", on_time=(1, 2)),
            line("a", on_time=(4, 4)),
        ],
    )

    assert [(one.organisation_id, one.rank) for one in table] == [("a", 1), ("b", 2), ("c", 2), ("d", 4)]


def test_too_few_matters_are_shown_without_a_rank() -> None:
    table = ranking.ranked(
        RULES, [line("none"), line("few", on_time=(1, 1), sign=(9, 9)), line("enough", on_time=(0, 2))]
    )

    assert [(one.organisation_id, one.rank, one.score) for one in table] == [
        ("enough", 1, Decimal("0.00")),
        ("few", None, Decimal("100.00")),
        ("none", None, None),
    ]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_a_rank_is_one_more_than_those_who_are_better(shares: list[tuple[int, int]]) -> None:
    lines = [line(f"o{n:02}", on_time=(min(a, b), b)) for n, (a, b) in enumerate(shares)]

    table = ranking.ranked(RULES, lines)

    placed = [one for one in table if one.rank is not None]
    assert {one.organisation_id for one in table} == {one.organisation_id for one in lines}
    assert all(one.rank == 1 + sum(other.score > one.score for other in placed) for one in placed)  # type: ignore[operator]
    assert all(one.matters >= 2 for one in placed)
    assert [one.rank for one in placed] == sorted(one.rank for one in placed)  # type: ignore[type-var]


# --- fingerprint


def test_a_fingerprint_follows_from_what_went_in_and_from_nothing_else() -> None:
    period = ranking.period("2026-10", cut_off_day=31)
    lines = [line("a", on_time=(1, 2)), line("b", on_time=(2, 2))]
    was = ranking.fingerprint(RULES, period, lines)

    assert ranking.fingerprint(RULES, period, reversed(ranking.ranked(RULES, lines))) == was
    others = {
        ranking.fingerprint(replace(RULES, least_matters=3), period, lines),
        ranking.fingerprint(RULES, ranking.period("2026-11", cut_off_day=31), lines),
        ranking.fingerprint(RULES, period, [lines[0], line("b", on_time=(1, 2))]),
        ranking.fingerprint(RULES, period, [lines[0], line("c", on_time=(2, 2))]),
        ranking.fingerprint(RULES, period, [*lines, line("c")]),
        ranking.fingerprint(
            RULES,
            period,
            [
                lines[0],
                replace(lines[1], counts={"on_time": Count(numerator=2, denominator=2, digest="other")}),
            ],
        ),
    }
    assert was not in others
    assert len(others) == 6


# --- rules


def test_rules_are_kept_and_read_back() -> None:
    for kind in indicators.KINDS:
        rules = indicators.check(indicators.delivered(kind))
        assert sum(rules.weights.values()) == 100
        assert indicators.of_body(indicators.to_body(rules)) == rules


@pytest.mark.parametrize(
    "weights", [{"sign": 0}, {"nothing": 10}, {"call_quality": 100}, {"sign": 101, "on_time": -1}, {}]
)
def test_weights_name_indicators_of_the_set(weights: dict[str, int]) -> None:
    with pytest.raises(errors.WeightsWrong):
        indicators.check(Rules(kind="departments", weights=weights))


@pytest.mark.parametrize("criteria", [{"speed": 99}, {"speed": 100, "result": 0}, {}])
def test_criteria_have_a_hundred_points(criteria: dict[str, int]) -> None:
    with pytest.raises(errors.CriteriaWrong):
        indicators.check(replace(RULES, criteria=criteria))


def test_corrections_are_of_frozen_tables_only() -> None:
    now = at("2026-11-01T00:01+08:00")
    draft = ranking.drafted(
        ranking_id="r",
        area="370102",
        period=ranking.period("2026-10", cut_off_day=31),
        rules=RULES,
        rules_version=0,
        at=now,
    )
    with pytest.raises(errors.NotFrozen):
        ranking.correction(draft, ranking_id="s", reason="", by_person="", at=now)

    frozen, event = ranking.frozen(ranking.computed(draft, [], at=now), at=now + timedelta(days=5))
    made = ranking.correction(frozen, ranking_id="s", reason="wrong", by_person="p", at=now)

    assert event.fingerprint == frozen.fingerprint != ""
    assert (made.version, made.is_frozen, made.lines) == (2, False, ())
