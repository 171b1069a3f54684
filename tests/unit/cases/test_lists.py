"""A list narrowed to an area shows what of the caller's scopes lies in it, never more."""

from __future__ import annotations

import pytest

from services.cases.store import matters as store


@pytest.mark.parametrize(
    ("area", "scopes", "shown"),
    [
        (None, ["370102007", "370102008"], ["370102007", "370102008"]),
        ("370102007003", ["370102007"], ["370102007003"]),
        (
            "370102007",
            ["370102007003001", "370102007003002", "370102008"],
            ["370102007003001", "370102007003002"],
        ),
        ("370102007", ["370102007"], ["370102007"]),
        ("370103", ["370102007"], []),
        ("370102008", ["370102007"], []),
        ("3701", ["370102", "370102007"], ["370102", "370102007"]),
        ("370102", [], []),
    ],
)
def test_an_area_narrows_scopes_and_never_widens_them(
    area: str | None, scopes: list[str], shown: list[str]
) -> None:
    assert store.within(area, scopes) == shown
