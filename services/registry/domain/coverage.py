"""The geometry of a net: checking that it covers its subdistrict exactly once, and finding a place in it.

Coordinates are WGS 84 degrees. Areas of findings are compared in square degrees only to tell a real gap from the
rounding of an intersection; nothing here measures distances on the ground.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from services.registry.domain import areas
from services.registry.domain.areas import SizeGuidance
from services.registry.domain.net import (
    DECIMALS,
    Finding,
    Grid,
    Kind,
    NetNotClear,
    Point,
    Problem,
    Report,
    Rings,
    SizeWarning,
    problem_document,
)
from shared import errors

# A tenth of a millionth-of-a-degree cell: about 0.001 m². Below it lies only the rounding of computed crossings.
_ROUNDING_AREA: Final = 1e-13
# A border point computed by somebody else's rounding may miss the line by this much.
_ROUNDING_DEGREES: Final = 2e-6
# A corner this near to a border was meant to lie on it: the half diagonal of a lattice cell.
_BESIDE_DEGREES: Final = 7.1e-7
_MOST_FINDINGS: Final = 100
MOST_VERTICES: Final = 2_000


class OutlineMalformed(errors.Invalid):
    """An outline is a GeoJSON Polygon (grids) or Polygon or MultiPolygon (areas) in WGS 84 degrees."""


class PlaceOutside(errors.NotFound):
    """No grid covers this place."""


def rings_of(geometry: Mapping[str, Any], *, pointer: str = "/outline") -> Rings:
    """The closed rings of a GeoJSON Polygon, on the lattice of six decimals. Raises OutlineMalformed."""
    if geometry.get("type") != "Polygon":
        raise _malformed(pointer)
    return _rings(geometry.get("coordinates"), pointer)


def area_outline(geometry: Mapping[str, Any], *, pointer: str = "/outline") -> dict[str, Any]:
    """A GeoJSON Polygon or MultiPolygon on the lattice, valid and not empty. Raises OutlineMalformed."""
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        clean: Any = _rings(coordinates, pointer)
    elif geometry.get("type") == "MultiPolygon" and isinstance(coordinates, list | tuple) and coordinates:
        clean = tuple(_rings(part, pointer) for part in coordinates)
    else:
        raise _malformed(pointer)
    outline = {"type": geometry["type"], "coordinates": clean}
    if not shape(outline).is_valid:
        raise _malformed(pointer)
    return outline


def _rings(coordinates: Any, pointer: str) -> Rings:
    if not isinstance(coordinates, list | tuple) or not coordinates:
        raise _malformed(pointer)
    rings = tuple(_ring(ring, pointer) for ring in coordinates)
    if sum(map(len, rings)) > MOST_VERTICES:
        raise _malformed(pointer)
    return rings


def _ring(ring: Any, pointer: str) -> tuple[Point, ...]:
    try:
        points = tuple((round(float(x), DECIMALS), round(float(y), DECIMALS)) for x, y, *_ in ring)
    except (TypeError, ValueError, OverflowError) as error:
        raise _malformed(pointer) from error
    in_range = all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points)
    if len(points) < 4 or points[0] != points[-1] or not in_range:
        raise _malformed(pointer)
    return points


def _malformed(pointer: str) -> OutlineMalformed:
    detail = OutlineMalformed().detail
    return OutlineMalformed(fields=(errors.FieldError(pointer=pointer, code="outline", detail=detail),))


def polygon(rings: Rings) -> shapely.Polygon:
    """The shapely polygon of closed rings."""
    return shapely.Polygon(rings[0], rings[1:])


def rings_from(outline: shapely.Polygon) -> Rings:
    """The closed rings of a shapely polygon, on the lattice."""
    return tuple(
        tuple((round(x, DECIMALS), round(y, DECIMALS)) for x, y in ring.coords)
        for ring in (outline.exterior, *outline.interiors)
    )


def centre_of(outline: Rings) -> Point:
    """A point certainly inside the outline: the centroid, or where that lies outside, a point on the widest part."""
    body = polygon(outline)
    point = body.centroid
    if body.is_valid and not body.contains(point):
        point = body.representative_point()
    return round(point.x, DECIMALS), round(point.y, DECIMALS)


def check(
    grids: Sequence[Grid], *, outline: Mapping[str, Any], communities: Sequence[str], guidance: SizeGuidance
) -> Report:
    """Whether the grids cover the subdistrict's outline exactly once.

    Args:
        outline: the subdistrict's GeoJSON outline.
        communities: the codes of its communities, each of which needs a basic grid.

    Returns:
        A report with at most 100 problems: overlaps, gaps and parts outside come with their polygons.
    """
    problems = [*_membership(grids, communities)]
    if grids:
        bodies = [polygon(grid.outline) for grid in grids]
        problems += _geometry([grid.code for grid in grids], bodies, shape(outline))
    return Report(problems=tuple(problems[:_MOST_FINDINGS]), warnings=tuple(size_warnings(grids, guidance)))


def size_warnings(grids: Sequence[Grid], guidance: SizeGuidance) -> list[SizeWarning]:
    """The basic grids outside the size guidance. Dedicated grids have no size."""
    found = [
        SizeWarning(
            grid=grid.code,
            flags=guidance.flags(households=grid.households, shops=grid.shops),
            households=grid.households,
            shops=grid.shops,
        )
        for grid in grids
        if grid.kind is Kind.BASIC
    ]
    return [warning for warning in found if warning.flags]


def _membership(grids: Sequence[Grid], communities: Sequence[str]) -> list[Problem]:
    """Problems that need no geometry."""
    found: list[Problem] = []
    if not grids:
        found.append(Problem(finding=Finding.EMPTY, detail="The net has no grid."))
    for code, times in Counter(grid.code for grid in grids).items():
        if times > 1:
            detail = f"The code is given {times} times."
            found.append(Problem(finding=Finding.CODE_REPEATED, detail=detail, grids=(code,)))
    known = set(communities)
    for grid in grids:
        if grid.community not in known:
            detail = "Every grid belongs to a community of this subdistrict."
            found.append(Problem(finding=Finding.COMMUNITY_UNKNOWN, detail=detail, grids=(grid.code,)))
        if (grid.kind is Kind.DEDICATED) != (grid.site is not None):
            detail = "A dedicated grid names its site, a basic grid has none."
            found.append(Problem(finding=Finding.SITE_WRONG, detail=detail, grids=(grid.code,)))
    settled = {grid.community for grid in grids if grid.kind is Kind.BASIC}
    for community in communities:
        if community not in settled:
            detail = f"Community {community} has no basic grid."
            found.append(Problem(finding=Finding.COMMUNITY_WITHOUT_BASIC_GRID, detail=detail))
    return found


def outlines(
    area: areas.Area,
    children: Sequence[areas.Area],
    *,
    outline: Mapping[str, Any],
    children_outlines: Mapping[str, Mapping[str, Any]],
    source: str,
) -> list[areas.Area]:
    """An area and all areas directly under it with their outlines, the area first.

    Raises OutlineMalformed, Invalid when the outlines are not those of exactly the children, and NetNotClear when
    they do not cover the area exactly once.
    """
    if set(children_outlines) != {child.code for child in children}:
        raise errors.invalid(
            "/children", "children", "Give the outline of every area directly under this one."
        )
    drawn = [replace(area, outline=area_outline(outline), outline_source=source, version=area.version + 1)]
    for place, child in enumerate(children):
        drawn_outline = area_outline(children_outlines[child.code], pointer=f"/children/{place}/outline")
        drawn.append(replace(child, outline=drawn_outline, outline_source=source, version=child.version + 1))
    problems = _geometry(
        [child.code for child in drawn[1:]],
        [shape(child.outline) for child in drawn[1:]],
        shape(drawn[0].outline),
    )
    if problems:
        raise NetNotClear(problems=[problem_document(problem) for problem in problems[:_MOST_FINDINGS]])
    return drawn


def _geometry(codes: Sequence[str], bodies: Sequence[BaseGeometry], outline: BaseGeometry) -> list[Problem]:
    """Where the bodies do not cover the outline exactly once."""
    crooked = [
        Problem(
            finding=Finding.OUTLINE_INVALID,
            detail=f"The outline is not a simple polygon: {shapely.is_valid_reason(body)}.",
            grids=(code,),
            geometry=dict(mapping(body)),
        )
        for code, body in zip(codes, bodies, strict=True)
        if not body.is_valid
    ]
    if crooked:
        # The other checks mean nothing on such polygons.
        return crooked
    found = [*_overlaps(codes, bodies)]
    together = shapely.union_all(bodies)
    for finding, place, detail in (
        (Finding.GAP, outline.difference(together), "Nothing covers this part."),
        (Finding.OUTSIDE, together.difference(outline), "This part lies outside the area's outline."),
    ):
        for part in _parts(place):
            touching = [code for code, body in zip(codes, bodies, strict=True) if body.intersects(part)]
            found.append(
                Problem(finding=finding, detail=detail, grids=tuple(touching), geometry=dict(mapping(part)))
            )
    # Where areas already differ, unmatched borders only repeat it.
    return found or _unmatched(codes, bodies)


def _overlaps(codes: Sequence[str], bodies: Sequence[BaseGeometry]) -> list[Problem]:
    tree = shapely.STRtree(bodies)
    left, right = tree.query(bodies, predicate="intersects")
    found: list[Problem] = []
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        if one >= other:
            continue
        for part in _parts(bodies[one].intersection(bodies[other])):
            detail = f"{codes[one]} and {codes[other]} overlap here."
            names = (codes[one], codes[other])
            found.append(
                Problem(finding=Finding.OVERLAP, detail=detail, grids=names, geometry=dict(mapping(part)))
            )
            if len(found) >= _MOST_FINDINGS:
                return found
    return found


def _unmatched(codes: Sequence[str], bodies: Sequence[BaseGeometry]) -> list[Problem]:
    if shapely.coverage_is_valid(bodies):
        return []
    edges = shapely.coverage_invalid_edges(bodies)
    return [
        Problem(
            finding=Finding.BORDER_UNMATCHED,
            detail="A neighbour has other vertices on this border; give both the same.",
            grids=(code,),
            geometry=dict(mapping(edge)),
        )
        for code, edge in zip(codes, edges.tolist(), strict=True)
        if not edge.is_empty
    ]


def _parts(geometry: BaseGeometry) -> list[shapely.Polygon]:
    """The polygons of a geometry that are more than rounding, biggest first."""
    parts = [
        part
        for part in shapely.get_parts(geometry).tolist()
        if isinstance(part, shapely.Polygon) and part.area > _ROUNDING_AREA
    ]
    return sorted(parts, key=lambda part: -part.area)[:_MOST_FINDINGS]


def with_shared_vertices(grids: Sequence[Grid]) -> list[Grid]:
    """The grids with every neighbour's vertex that lies on their borders put into them.

    Where one long border meets two short ones, drawing tools leave the long one without the corner between them. On
    the lattice that corner may stand beside the line by less than a cell, which would be a sliver of a gap.
    """
    corners = sorted({point for grid in grids for ring in grid.outline for point in ring})
    tree = shapely.STRtree([shapely.Point(corner) for corner in corners])

    def completed(ring: tuple[Point, ...]) -> tuple[Point, ...]:
        points: list[Point] = []
        for start, end in pairwise(ring):
            edge = shapely.LineString([start, end])
            near = tree.query(edge, predicate="dwithin", distance=_BESIDE_DEGREES).tolist()
            between = {corners[index] for index in near} - {start, end}
            points += [start, *sorted(between, key=lambda point: edge.project(shapely.Point(point)))]
        return (*points, ring[-1])

    return [replace(grid, outline=tuple(completed(ring) for ring in grid.outline)) for grid in grids]


def locate(place: Point, candidates: Sequence[Grid]) -> Grid:
    """The one grid that holds the place.

    On a common border it is the grid with the lowest code, so everybody gets the same answer. A place that rounding
    put between two grids belongs to the nearest within 0.2 m. Raises PlaceOutside.

    Args:
        candidates: the grids in force whose bounds hold the place, slightly widened.
    """
    point = shapely.Point(place)
    holding = [grid for grid in candidates if polygon(grid.outline).intersects(point)]
    if holding:
        return min(holding, key=lambda grid: grid.code)
    near = [(polygon(grid.outline).distance(point), grid.code, grid) for grid in candidates]
    close = [item for item in near if item[0] <= _ROUNDING_DEGREES]
    if not close:
        raise PlaceOutside()
    return min(close, key=lambda item: item[:2])[2]


def locate_all(places: Sequence[Point | None], grids: Sequence[Grid]) -> list[str | None]:
    """The code of the grid that holds each place, as `locate` decides; None for no place, or one outside."""
    tree = shapely.STRtree([polygon(grid.outline) for grid in grids])
    known = [index for index, place in enumerate(places) if place is not None]
    points = [shapely.Point(places[index]) for index in known]
    holders: dict[int, list[str]] = {}
    pairs = tree.query(points, predicate="intersects").T.tolist() if points else []
    for point, grid in pairs:
        holders.setdefault(known[point], []).append(grids[grid].code)
    return [min(holders[index]) if index in holders else None for index in range(len(places))]


def union_outline(outlines: Sequence[Rings]) -> dict[str, Any]:
    """The GeoJSON outline of adjoining grids taken together, such as a community's."""
    return dict(mapping(shapely.coverage_union_all([polygon(rings) for rings in outlines])))
