"""What somebody types becomes terms and pairs of characters."""

from __future__ import annotations

import pytest

from services.cases.domain import search


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("油烟", ("油烟",)),
        ("  油烟，扰民！", ("油烟", "扰民")),
        ("ＷＩＦＩ 坏了", ("wifi", "坏了")),
        ("３号楼", ("3号楼",)),
        ("油烟 油烟", ("油烟",)),
        ("，。！", ()),
        ("", ()),
    ],
)
def test_terms_are_in_one_form(typed: str, terms: tuple[str, ...]) -> None:
    assert search.sought(typed).terms == terms


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("油烟", "'油烟'"),
        ("油烟机", "'油烟' & '烟机'"),
        ("油", "'油':*"),
        ("油烟 路", "'油烟' & '路':*"),
    ],
)
def test_pairs_of_neighbours_are_asked_for(typed: str, query: str) -> None:
    assert search.sought(typed).query() == query


def test_areas_narrow_a_query() -> None:
    assert search.sought("油烟").query(("370102007", "370102008")) == (
        "'油烟' & ('area370102007' | 'area370102008')"
    )


def test_a_long_text_asks_for_a_bounded_number_of_pairs() -> None:
    assert search.sought("".join(map(chr, range(0x4E00, 0x4E64)))).query().count("&") == 23
