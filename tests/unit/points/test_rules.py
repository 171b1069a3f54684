"""Rules: versions, bases, daily caps."""

from datetime import UTC, datetime, timedelta

import pytest

from services.points.domain import rules
from services.points.domain.rules import Basis, Claim, Rule

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def rule(**changes: object) -> Rule:
    usual = {
        "scheme_id": "scheme",
        "code": "matter_accepted",
        "version": 1,
        "name": "反映问题被受理",
        "points": 5,
        "basis": Basis.CAUSE,
        "daily_cap": None,
        "active": True,
        "valid_from": NOON - timedelta(days=1),
    }
    return Rule(**{**usual, **changes})  # type: ignore[arg-type]


def claim(cause: str, at: datetime = NOON, person: str = "person", minutes: int | None = None) -> Claim:
    return Claim(rule="matter_accepted", cause=cause, person_id=person, occurred_at=at, minutes=minutes)


def points(claims: list[Claim], *versions: Rule, earned: rules.Earned | None = None) -> list[int]:
    made = rules.decide(claims, {"matter_accepted": versions}, earned or {})
    return [award.points for award in made]


def test_a_claim_earns_what_the_version_in_force_at_its_moment_says() -> None:
    versions = (rule(), rule(version=2, points=8, valid_from=NOON))

    assert points([claim("a", NOON - timedelta(microseconds=1)), claim("b", NOON)], *versions) == [5, 8]


def test_before_a_rule_holds_and_after_it_is_switched_off_nothing_is_earned() -> None:
    versions = (rule(valid_from=NOON), rule(version=2, active=False, valid_from=NOON + timedelta(hours=1)))

    claims = [
        claim("a", NOON - timedelta(seconds=1)),
        claim("b", NOON),
        claim("c", NOON + timedelta(hours=1)),
    ]

    assert points(claims, *versions) == [5]
    assert points([claim("d")]) == []


def test_a_daily_cap_cuts_the_award_that_reaches_it_and_those_after_earn_nothing() -> None:
    assert points([claim("a"), claim("b"), claim("c")], rule(daily_cap=8)) == [5, 3, 0]


def test_a_cap_counts_what_was_earned_before_by_this_person_on_this_day_only() -> None:
    earned = {
        ("matter_accepted", "person", NOON.date()): 6,
        ("matter_accepted", "neighbour", NOON.date()): 8,
        ("service_given", "person", NOON.date()): 8,
    }

    assert points([claim("a"), claim("b", person="third")], rule(daily_cap=8), earned=earned) == [2, 5]


def test_a_new_day_begins_at_midnight_in_beijing() -> None:
    before = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    after = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)

    assert points([claim("a", before), claim("b", before), claim("c", after)], rule(daily_cap=5)) == [5, 0, 5]


@pytest.mark.parametrize(
    ("minutes", "worth"), [(None, 0), (0, 0), (5, 0), (6, 1), (60, 10), (95, 15), (100_000, 240)]
)
def test_points_by_the_hour_count_minutes_in_proportion_for_at_most_a_day(
    minutes: int | None, worth: int
) -> None:
    assert rules.worth(rule(basis=Basis.HOUR, points=10), minutes) == worth


def test_what_the_own_household_vouches_for_earns_nothing_and_uses_up_no_cap() -> None:
    homes = {"person": "home", "mother": "home", "neighbour": "next door"}
    claims = [
        Claim(rule="matter_accepted", cause=cause, person_id="person", occurred_at=NOON, vouched_by=vouched)
        for cause, vouched in (
            ("a", "mother"),
            ("b", "person"),
            ("c", "neighbour"),
            ("d", "stranger"),
            ("e", None),
        )
    ]

    made = rules.decide(claims, {"matter_accepted": (rule(daily_cap=12),)}, {}, homes)

    assert [award.points for award in made] == [0, 0, 5, 5, 2]
