"""What counts as the same matter: distance, category, words."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain import duplicates
from services.cases.domain.duplicates import Candidate, suggest
from shared.contracts.cases import Place

HERE = Place(longitude=117.06, latitude=36.66)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PLACES = st.builds(Place, longitude=st.floats(-180, 180), latitude=st.floats(-85, 85))


def candidate(case_id: str = "a", metres: float = 0, **changes: Any) -> Candidate:
    north = Place(longitude=HERE.longitude, latitude=HERE.latitude + math.degrees(metres / 6_371_000))
    described = {"category": "env.noise", "words": "半夜施工太吵", "place": north, "reported_at": NOW}
    return Candidate(case_id=case_id, **{**described, **changes})


def ids_of(*candidates: Candidate, **asked: Any) -> list[str]:
    found = suggest(
        candidates, **{"place": HERE, "within_metres": 200, "category": None, "words": None, **asked}
    )
    return [one.case_id for one in found]


@pytest.mark.parametrize(("metres", "found"), [(199.9, ["a"]), (200.1, [])])
def test_what_is_farther_than_asked_is_another_matter(metres: float, found: list[str]) -> None:
    assert ids_of(candidate(metres=metres), category="env.noise") == found


def test_one_category_or_similar_words_are_needed_where_they_are_given() -> None:
    noise, other = candidate("a"), candidate("b", category="env.odour", words="垃圾站有臭味")

    assert ids_of(noise, other) == ["a", "b"]
    assert ids_of(noise, other, category="env.noise") == ["a"]
    assert ids_of(noise, other, category="x.y", words="半夜工地施工太吵了") == ["a"]
    assert ids_of(noise, other, category="x.y", words="办社保卡") == []


def test_the_likeliest_comes_first() -> None:
    alike = candidate("alike", metres=10)
    same = candidate("same", metres=10, words="别的事")
    far = candidate("far", metres=190, words="别的事")

    assert ids_of(far, same, alike, category="env.noise", words="半夜施工太吵") == ["alike", "same", "far"]


def test_a_list_of_suggestions_is_short() -> None:
    many = [candidate(str(number)) for number in range(50)]

    assert len(ids_of(*many, category="env.noise")) == duplicates.MOST_SUGGESTED


@given(st.text(max_size=80), st.text(max_size=80))
def test_similarity_is_a_share_the_same_both_ways(one: str, other: str) -> None:
    share = duplicates.similarity(one, other)

    assert 0 <= share <= 1
    assert share == duplicates.similarity(other, one)


@given(st.text(max_size=80))
def test_a_text_is_like_itself_where_it_says_anything(text: str) -> None:
    assert duplicates.similarity(text, text) == (1.0 if any(one.isalnum() for one in text.lower()) else 0.0)


@given(PLACES, PLACES)
def test_distance_is_the_same_both_ways_and_never_beyond_the_far_side(one: Place, other: Place) -> None:
    metres = duplicates.metres_between(one, other)

    assert metres == pytest.approx(duplicates.metres_between(other, one), abs=1e-6)
    assert 0 <= metres <= math.pi * 6_371_000 + 1


@given(PLACES, st.integers(1, 1000), st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_the_box_holds_whatever_is_so_near(place: Place, metres: int, angle: float, share: float) -> None:
    west, south, east, north = duplicates.box(place, metres)
    away = metres * share
    latitude = place.latitude + math.degrees(away * math.cos(angle) / 6_371_000)
    longitude = place.longitude + math.degrees(
        away * math.sin(angle) / (6_371_000 * math.cos(math.radians(place.latitude)))
    )

    assert west <= longitude <= east
    assert south <= latitude <= north
