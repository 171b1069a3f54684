"""Area codes: their levels, what lies inside what, and how they stand in a routing key."""

from __future__ import annotations

import pytest

from shared import areas
from shared.areas import Level

CODES = {
    "3701": (Level.CITY, None, "37.01"),
    "370102": (Level.DISTRICT, "3701", "37.01.02"),
    "370102007": (Level.SUBDISTRICT, "370102", "37.01.02.007"),
    "370102007003": (Level.COMMUNITY, "370102007", "37.01.02.007.003"),
    "370102007003001": (Level.GRID, "370102007003", "37.01.02.007.003.001"),
    "37010200700300102": (Level.MICRO_GRID, "370102007003001", "37.01.02.007.003.001.02"),
}


@pytest.mark.parametrize("code", CODES)
def test_a_code_tells_its_level_its_parent_and_its_dotted_form(code: str) -> None:
    assert (areas.level(code), areas.parent(code), areas.dotted(code)) == CODES[code]
    assert areas.is_code(code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "37",
        "37010",
        "3701020",
        "37010200700300",
        "370102007003001021",
        "37010a",
        "３７０１",
        "370１",
        "-370",
    ],
)
def test_anything_else_is_no_area_code(text: str) -> None:
    assert not areas.is_code(text)
    with pytest.raises(ValueError, match="not an area code"):
        areas.level(text)


def test_inside_means_the_area_itself_or_below_it() -> None:
    assert areas.inside("370102007003001", "370102007")
    assert areas.inside("370102007", "370102007")
    assert not areas.inside("370102007", "370102008")
    assert not areas.inside("370102007", "370102007003")


def test_an_area_has_ancestors_at_the_levels_above_it_only() -> None:
    assert areas.at_level("370102007003001", Level.SUBDISTRICT) == "370102007"
    assert areas.at_level("370102007", Level.SUBDISTRICT) == "370102007"
    assert areas.at_level("370102", Level.SUBDISTRICT) is None
