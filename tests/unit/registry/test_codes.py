"""Numbering of grids inside their community."""

from __future__ import annotations

import pytest

from services.registry.domain import codes

COMMUNITY = "370102007001"


def test_grids_are_numbered_as_one_reads_a_page() -> None:
    # Two rows of two; the north-eastern one stands a little lower than its neighbour.
    centres = [(1.0, 0.0), (0.0, 0.0), (1.0, 0.9), (0.0, 1.0)]

    assert codes.reading_order(centres) == [3, 2, 1, 0]


def test_one_row_goes_from_west_to_east() -> None:
    assert codes.reading_order([(3.0, 5.0), (1.0, 5.0), (2.0, 5.0)]) == [1, 2, 0]


def test_nothing_is_in_no_order() -> None:
    assert codes.reading_order([]) == []


def test_numbers_follow_the_highest_ever_used() -> None:
    used = [f"{COMMUNITY}002", f"{COMMUNITY}007", "370102007002099"]

    assert codes.free_codes(COMMUNITY, used, 2) == [f"{COMMUNITY}008", f"{COMMUNITY}009"]


def test_the_last_number_is_999() -> None:
    used = [f"{COMMUNITY}998"]

    assert codes.free_codes(COMMUNITY, used, 1) == [f"{COMMUNITY}999"]
    with pytest.raises(codes.CommunityFull):
        codes.free_codes(COMMUNITY, used, 2)


def test_each_community_numbers_its_own() -> None:
    other = "370102007002"
    grids = [(COMMUNITY, (1.0, 0.0)), (other, (5.0, 5.0)), (COMMUNITY, (0.0, 0.0))]

    assert codes.next_codes(grids, used=()) == [f"{COMMUNITY}002", f"{other}001", f"{COMMUNITY}001"]
