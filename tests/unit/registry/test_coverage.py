"""Checking that a net covers its subdistrict exactly once, and finding places in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping, shape

from services.registry.domain import areas, coverage, net
from services.registry.domain.net import Finding
from shared import errors

NORTH, SOUTH = "370102007001", "370102007002"
OUTLINE = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}


def rectangle(west: float, south: float, east: float, north: float) -> net.Rings:
    return (((west, south), (east, south), (east, north), (west, north), (west, south)),)


def grid(code: str, outline: net.Rings, **fields: Any) -> net.Grid:
    values: dict[str, Any] = {"name": code, "kind": net.Kind.BASIC, "households": 400} | fields
    return net.Grid(code=code, outline=outline, centre=coverage.centre_of(outline), **values)


def quarters() -> list[net.Grid]:
    return [
        grid(f"{NORTH}001", rectangle(0, 1, 1, 2)),
        grid(f"{NORTH}002", rectangle(1, 1, 2, 2)),
        grid(f"{SOUTH}001", rectangle(0, 0, 1, 1)),
        grid(f"{SOUTH}002", rectangle(1, 0, 2, 1)),
    ]


def check(grids: list[net.Grid]) -> net.Report:
    return coverage.check(grids, outline=OUTLINE, communities=[NORTH, SOUTH], guidance=areas.DEFAULT_GUIDANCE)


def findings(grids: list[net.Grid]) -> list[Finding]:
    return [problem.finding for problem in check(grids).problems]


def test_a_net_that_covers_everything_once_is_clear() -> None:
    assert check(quarters()).clear


def test_a_missing_grid_is_a_gap_with_its_polygon_and_neighbours() -> None:
    report = check(quarters()[:3])

    (problem,) = report.problems
    assert problem.finding is Finding.GAP
    assert problem.geometry is not None
    assert shape(problem.geometry).equals(coverage.polygon(rectangle(1, 0, 2, 1)))
    assert set(problem.grids) == {f"{NORTH}001", f"{NORTH}002", f"{SOUTH}001"}


def test_an_overlap_comes_with_its_polygon_and_both_grids() -> None:
    grids = quarters()
    grids[0] = grid(f"{NORTH}001", rectangle(0, 1, 1.25, 2))

    (problem,) = check(grids).problems

    assert problem.finding is Finding.OVERLAP
    assert problem.grids == (f"{NORTH}001", f"{NORTH}002")
    assert problem.geometry is not None
    assert shape(problem.geometry).equals(coverage.polygon(rectangle(1, 1, 1.25, 2)))


def test_a_part_outside_is_named() -> None:
    grids = quarters()
    grids[3] = grid(f"{SOUTH}002", rectangle(1, 0, 2.5, 1))

    assert findings(grids) == [Finding.OUTSIDE]


def test_the_smallest_gap_on_the_lattice_is_found() -> None:
    grids = quarters()
    grids[3] = grid(f"{SOUTH}002", rectangle(1.000001, 0, 2, 1))

    assert findings(grids) == [Finding.GAP]


def test_a_corner_missing_on_a_neighbours_border_is_found_and_put_there() -> None:
    grids = [grid(f"{NORTH}001", rectangle(0, 1, 2, 2)), *quarters()[2:]]
    assert set(findings(grids)) == {Finding.BORDER_UNMATCHED}

    completed = coverage.with_shared_vertices(grids)

    assert (1, 1) in completed[0].outline[0]
    assert check(completed).clear


def test_a_corner_beside_the_border_by_less_than_a_cell_is_put_on_it() -> None:
    # From (0, 1) to (2, 1.000001) the border passes (1, 1.0000005); the lattice has no such point.
    slanting = (((0.0, 1.0), (2.0, 1.000001), (2.0, 2.0), (0.0, 2.0), (0.0, 1.0)),)
    grids = [
        grid(f"{NORTH}001", slanting),
        grid(f"{SOUTH}001", rectangle(0, 0, 1, 1)),
        grid(f"{SOUTH}002", (((1.0, 0.0), (2.0, 0.0), (2.0, 1.000001), (1.0, 1.0), (1.0, 0.0)),)),
    ]
    assert not check(grids).clear

    assert check(coverage.with_shared_vertices(grids)).clear


def test_a_crossing_outline_is_named_before_anything_else() -> None:
    bow_tie = (((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)),)
    grids = [*quarters()[:2], grid(f"{SOUTH}001", bow_tie)]

    assert findings(grids) == [Finding.OUTLINE_INVALID]


def test_every_community_needs_a_basic_grid() -> None:
    grids = quarters()
    for place in (2, 3):
        grids[place] = replace(grids[place], kind=net.Kind.DEDICATED, site=net.Site.PARK)

    assert findings(grids) == [Finding.COMMUNITY_WITHOUT_BASIC_GRID]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"code": "370102007009001"}, Finding.COMMUNITY_UNKNOWN),
        ({"code": f"{NORTH}001"}, Finding.CODE_REPEATED),
        ({"kind": net.Kind.DEDICATED}, Finding.SITE_WRONG),
        ({"site": net.Site.PARK}, Finding.SITE_WRONG),
    ],
)
def test_what_needs_no_geometry_is_checked_too(change: dict[str, Any], finding: Finding) -> None:
    grids = quarters()
    grids[3] = replace(grids[3], **change)

    assert findings(grids) == [finding]


def test_an_empty_net_is_not_clear() -> None:
    assert Finding.EMPTY in findings([])


@pytest.mark.parametrize(
    ("households", "flags"),
    [(299, ("few_households",)), (300, ()), (500, ()), (501, ("many_households",))],
)
def test_sizes_at_the_edge_of_the_guidance(households: int, flags: tuple[str, ...]) -> None:
    one = grid(f"{NORTH}001", rectangle(0, 0, 1, 1), households=households)

    warnings = coverage.size_warnings([one], areas.DEFAULT_GUIDANCE)

    assert tuple(flag for warning in warnings for flag in warning.flags) == flags


def test_shops_count_where_the_guidance_names_them() -> None:
    by_shops = areas.SizeGuidance(households_min=150, households_max=200, shops_min=100, shops_max=150)

    assert by_shops.flags(households=200, shops=99) == ("few_shops",)
    assert by_shops.flags(households=201, shops=151) == ("many_households", "many_shops")


@given(
    x=st.floats(0, 2, allow_nan=False),
    y=st.floats(0, 2, allow_nan=False),
)
@settings(max_examples=200)
def test_every_place_inside_falls_into_exactly_one_grid(x: float, y: float) -> None:
    found = coverage.locate((x, y), quarters())

    assert coverage.locate((x, y), quarters()[::-1]).code == found.code
    assert coverage.locate_all([(x, y)], quarters()) == [found.code]


def test_a_common_corner_belongs_to_the_lowest_code() -> None:
    assert coverage.locate((1, 1), quarters()[::-1]).code == f"{NORTH}001"


def test_rounding_beside_the_outermost_border_is_forgiven_and_no_more() -> None:
    assert coverage.locate((-0.0000019, 1.5), quarters()).code == f"{NORTH}001"
    with pytest.raises(coverage.PlaceOutside):
        coverage.locate((-0.0000021, 1.5), quarters())


def test_places_unknown_or_outside_have_no_grid() -> None:
    assert coverage.locate_all([None, (3, 3), (0.5, 0.5)], quarters()) == [None, None, f"{SOUTH}001"]
    assert coverage.locate_all([None], quarters()) == [None]


def test_the_centre_lies_inside_also_of_a_bent_grid() -> None:
    bent = (((0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (2.9, 3.0), (2.9, 0.1), (0.0, 0.1), (0.0, 0.0)),)

    x, y = coverage.centre_of(bent)

    assert coverage.polygon(bent).contains(shape({"type": "Point", "coordinates": (x, y)}))


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Point", "coordinates": [1, 1]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [181, 0], [1, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [1, 0], [1, 1], ["a", 0]]]},
        {"type": "Polygon", "coordinates": [[[1e400, 0], [1, 0], [1, 1], [1e400, 0]]]},
        {"type": "Polygon", "coordinates": [[0, 1, 2, 3]]},
        {"type": "Polygon", "coordinates": {"a": 1}},
    ],
)
def test_what_is_no_polygon_is_refused(geometry: dict[str, Any]) -> None:
    with pytest.raises(coverage.OutlineMalformed):
        coverage.rings_of(geometry)


def test_coordinates_are_kept_on_the_lattice() -> None:
    ring = [[0.00000049, 0], [1, 0], [1, 1, 7], [0.00000049, 0]]

    assert coverage.rings_of({"type": "Polygon", "coordinates": [ring]}) == (
        ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)),
    )


def _area(code: str) -> areas.Area:
    return areas.Area(code=code, name=code)


def test_outlines_of_all_children_are_drawn_together() -> None:
    west = mapping(coverage.polygon(rectangle(0, 0, 1, 2)))
    east = mapping(coverage.polygon(rectangle(1, 0, 2, 2)))
    children = [_area("370102001"), _area("370102002")]

    drawn = coverage.outlines(
        _area("370102"),
        children,
        outline=OUTLINE,
        children_outlines={"370102001": west, "370102002": east},
        source="surveyed",
    )

    assert [area.outline_source for area in drawn] == ["surveyed"] * 3
    with pytest.raises(errors.Invalid):
        coverage.outlines(
            _area("370102"),
            children,
            outline=OUTLINE,
            children_outlines={"370102001": west},
            source="surveyed",
        )
    with pytest.raises(net.NetNotClear):
        coverage.outlines(
            _area("370102"),
            children,
            outline=OUTLINE,
            children_outlines={"370102001": west, "370102002": west},
            source="surveyed",
        )
