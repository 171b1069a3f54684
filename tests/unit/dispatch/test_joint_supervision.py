"""What a month's table suggests about organisations: each ground at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.dispatch.domain import errors, indicators, ranking
from services.dispatch.domain import joint_supervision as domain
from services.dispatch.domain.joint_supervision import JointSupervision
from services.dispatch.domain.ranking import Count, Line

RULES = replace(indicators.delivered("departments"), least_matters=2)


def line(name: str, good: int, *, satisfied: tuple[int, int] | None = None) -> Line:
    counts = {"on_time": Count(numerator=good, denominator=10)}
    if satisfied:
        counts["satisfied"] = Count(numerator=satisfied[0], denominator=satisfied[1])
    return Line(organisation_id=name, name=name, counts=counts)


def grounds(*lines: Line, rules: indicators.Rules = RULES, **heard: object) -> dict[str, tuple[str, ...]]:
    table = ranking.ranked(rules, lines)
    given: dict[str, object] = {"negative": {}, "low_before": [], **heard}
    return {
        one.organisation_id: one.grounds
        for one in domain.propose(rules, table, **given)  # type: ignore[arg-type]
    }


def test_the_last_of_a_table_is_low() -> None:
    assert grounds(line("a", 9), line("b", 8), line("c", 7)) == {"c": ("low_rank",)}
    two = replace(RULES, low_ranks=2)
    assert set(grounds(line("a", 9), line("b", 8), line("c", 7), rules=two)) == {"b", "c"}
    assert grounds(line("a", 9), line("b", 8), rules=replace(RULES, low_ranks=0)) == {}


def test_who_shares_the_last_rank_is_low_and_who_shares_the_first_is_not() -> None:
    assert set(grounds(line("a", 9), line("b", 7), line("c", 7))) == {"b", "c"}
    assert grounds(line("a", 9), line("b", 9)) == {}
    assert grounds(line("a", 0)) == {}


def test_who_is_not_ranked_is_not_low() -> None:
    few = Line(organisation_id="z", name="z", counts={"on_time": Count(numerator=0, denominator=1)})

    assert grounds(line("a", 9), line("b", 8), few) == {"b": ("low_rank",)}


@pytest.mark.parametrize(
    ("before", "is_long"),
    [([{"b"}, {"b"}], True), ([{"b"}], False), ([{"b"}, {"a"}], False), ([set(), {"b"}, {"b"}], False)],
)
def test_a_long_run_is_so_many_low_months_without_a_gap(before: list[set[str]], is_long: bool) -> None:
    found = grounds(line("a", 9), line("b", 8), low_before=before)

    assert ("long_run_low_rank" in found["b"]) is is_long


def test_a_long_run_ends_with_a_month_that_is_not_low() -> None:
    assert "long_run_low_rank" not in grounds(line("a", 8), line("b", 9), low_before=[{"b"}, {"b"}])["a"]


def test_negative_attitudes_are_counted_to_their_threshold() -> None:
    table = (line("a", 9), line("b", 9))

    assert grounds(*table, negative={"a": 3, "b": 2}) == {"a": ("negative_attitude",)}


@pytest.mark.parametrize(
    ("satisfied", "is_low"), [((6, 10), False), ((59, 100), True), ((0, 2), True), ((0, 1), False)]
)
def test_low_satisfaction_lies_below_its_threshold_and_on_a_base(
    satisfied: tuple[int, int], is_low: bool
) -> None:
    # Equal in all that ranks them: the satisfaction weighs nothing here.
    rules = replace(RULES, weights={"on_time": 100})

    found = grounds(line("a", 9, satisfied=satisfied), line("b", 9), rules=rules)

    assert ("low_satisfaction" in found.get("a", ())) is is_low


def test_there_is_at_least_a_day_to_put_things_right() -> None:
    domain.open_on(date(2026, 11, 6), rectify_on=date(2026, 11, 7))
    with pytest.raises(errors.RectifyLater):
        domain.open_on(date(2026, 11, 6), rectify_on=date(2026, 11, 6))


def test_what_is_closed_moves_no_more() -> None:
    one = JointSupervision(
        supervision_id="s",
        proposal_id="p",
        ranking_id="r",
        area="370102",
        organisation_id="b",
        words="",
        rectify_on=date(2026, 12, 1),
    )
    moved = domain.progress(one, rectify_on=date(2026, 12, 8))
    closed = domain.close(moved, is_rectified=True, words="done")

    assert (moved.rectify_on, moved.version) == (date(2026, 12, 8), 2)
    assert domain.progress(one, rectify_on=None).rectify_on == one.rectify_on
    assert (closed.is_rectified, closed.version) == (True, 3)
    for step in (
        lambda: domain.progress(closed, rectify_on=None),
        lambda: domain.close(closed, is_rectified=False, words=""),
    ):
        with pytest.raises(errors.SupervisionClosed):
            step()
