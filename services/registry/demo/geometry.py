"""Generated boundaries for the demo district. GENERATED, NOT SURVEYED: no line here is a real boundary.

The district's outline is drawn by hand to resemble Lixia; the subdistricts lie around their approximate real
centres; communities and grids are invented so that their numbers are those of the district (S0: 860 basic and 354
dedicated grids). Everything follows from one seed, so every installation has the same map.

How it is made: points are spread over each subdistrict and community by Lloyd's method, one Voronoi diagram is drawn
over all of them, and its lines, noded with the outline on the lattice of six decimals, are polygonised. Neighbours
therefore share their vertices exactly, and an area is the union of the grids in it.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import shapely
from shapely.geometry import MultiPoint, Point, Polygon, mapping

from services.registry.demo import names
from services.registry.domain import coverage, net
from services.registry.domain.areas import short_name

SEED: Final = 370102
BASIC_GRIDS: Final = 860
DEDICATED_GRIDS: Final = 354

# Drawn by hand, WGS 84, counter-clockwise from the south-west.
_DISTRICT_OUTLINE: Final = (
    (117.003, 36.642), (117.018, 36.636), (117.040, 36.632), (117.062, 36.632), (117.078, 36.622),
    (117.088, 36.604), (117.108, 36.592), (117.132, 36.596), (117.152, 36.612), (117.165, 36.632),
    (117.172, 36.650), (117.186, 36.660), (117.198, 36.676), (117.196, 36.692), (117.178, 36.700),
    (117.150, 36.698), (117.120, 36.693), (117.095, 36.686), (117.072, 36.682), (117.050, 36.690),
    (117.030, 36.692), (117.012, 36.688), (117.008, 36.678), (117.000, 36.664), (116.998, 36.650),
)  # fmt: skip

# Roughly where each subdistrict lies.
_SUBDISTRICT_CENTRES: Final = {
    "370102001": (117.045, 36.665),
    "370102002": (117.030, 36.648),
    "370102003": (117.010, 36.660),
    "370102004": (117.022, 36.668),
    "370102005": (117.025, 36.678),
    "370102006": (117.042, 36.678),
    "370102007": (117.062, 36.652),
    "370102008": (117.066, 36.664),
    "370102009": (117.085, 36.662),
    "370102010": (117.080, 36.648),
    "370102011": (117.115, 36.668),
    "370102012": (117.115, 36.630),
    "370102013": (117.150, 36.680),
}

# Cosine of 36.65° N: a degree of longitude is this much shorter than one of latitude. Points are spread in degrees
# scaled by it, which keeps the cells round on the ground.
_LONGITUDE_SCALE: Final = 0.8023
_LLOYD_ROUNDS: Final = 8
_LATTICE: Final = 10.0**-net.DECIMALS


@dataclass(frozen=True, kw_only=True)
class Map:
    """The demo district: GeoJSON outlines of the district and its subdistricts by code, and all grids by code."""

    outlines: dict[str, dict[str, Any]]
    grids: tuple[net.Grid, ...]

    def grids_of(self, area: str) -> list[net.Grid]:
        return [grid for grid in self.grids if grid.code.startswith(area)]


@cache
def generate(divisions: tuple[tuple[str, str], ...]) -> Map:
    """The map of the district for its communities, given as (12-digit code, official name)."""
    chance = random.Random(SEED)
    communities = [code for code, _ in divisions]
    basic = _shares(BASIC_GRIDS, [chance.uniform(0.5, 1.5) for _ in communities], least=2)
    dedicated = _shares(DEDICATED_GRIDS, [chance.uniform(0.2, 1.8) for _ in communities], least=0)
    sizes = {code: one + other for code, one, other in zip(communities, basic, dedicated, strict=True)}
    cells = _cells(_seeds(communities, sizes, chance))
    grids: list[net.Grid] = []
    for (code, name), count in zip(divisions, dedicated, strict=True):
        grids += _grids(code, name, cells[code], count, chance)
    by_subdistrict: dict[str, list[Polygon]] = defaultdict(list)
    for community, parts in cells.items():
        by_subdistrict[community[:9]] += parts
    outlines = {code: _outline(parts) for code, parts in sorted(by_subdistrict.items())}
    outlines[communities[0][:6]] = _outline(part for parts in cells.values() for part in parts)
    return Map(outlines=outlines, grids=tuple(grids))


def _shares(total: int, weights: Sequence[float], *, least: int) -> list[int]:
    """Divides a number by weights, by largest remainder, each share being at least `least`."""
    spread = total - least * len(weights)
    exact = [spread * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: shares[index] - exact[index])
    for index in by_remainder[: spread - sum(shares)]:
        shares[index] += 1
    return [share + least for share in shares]


def _seeds(
    communities: Sequence[str], sizes: dict[str, int], chance: random.Random
) -> list[tuple[str, Point]]:
    """A point for every grid to be, with its community; in scaled degrees."""
    seeds: list[tuple[str, Point]] = []
    outline = _scaled(Polygon(_DISTRICT_OUTLINE))
    centres = [_scaled(Point(centre)) for centre in _SUBDISTRICT_CENTRES.values()]
    for subdistrict, body in zip(_SUBDISTRICT_CENTRES, _voronoi(centres, outline), strict=True):
        mine = [code for code in communities if code.startswith(subdistrict)]
        for community, part in zip(mine, _voronoi(_spread(body, len(mine), chance), body), strict=True):
            seeds += [(community, point) for point in _spread(part, sizes[community], chance)]
    return seeds


def _spread(body: Polygon, count: int, chance: random.Random) -> list[Point]:
    """Points spread evenly over a body (Lloyd's method)."""
    west, south, east, north = body.bounds
    points: list[Point] = []
    while len(points) < count:
        point = Point(chance.uniform(west, east), chance.uniform(south, north))
        if body.contains(point):
            points.append(point)
    for _ in range(_LLOYD_ROUNDS):
        points = [_middle(cell) for cell in _voronoi(points, body)]
    return points


def _voronoi(points: Sequence[Point], body: Polygon) -> list[Polygon]:
    """The part of the body nearest to each point, in the order of the points."""
    if len(points) == 1:
        return [body]
    diagram = shapely.voronoi_polygons(MultiPoint(points), extend_to=body, ordered=True)
    return [cell.intersection(body) for cell in diagram.geoms]


def _middle(cell: Polygon) -> Point:
    middle = cell.centroid
    return middle if cell.contains(middle) else cell.representative_point()


def _cells(seeds: Sequence[tuple[str, Point]]) -> dict[str, list[Polygon]]:
    """The grids' bodies by community, in degrees on the lattice, sharing every vertex with their neighbours."""
    points = [point for _, point in seeds]
    outline = Polygon(_DISTRICT_OUTLINE)
    lines = shapely.voronoi_polygons(MultiPoint(points), extend_to=_scaled(outline), only_edges=True)
    inside = _unscaled(lines).intersection(outline)
    noded = shapely.union_all([inside, outline.exterior], grid_size=_LATTICE)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    faces = shapely.transform(faces, lambda coordinates: coordinates.round(net.DECIMALS))
    within = shapely.STRtree(faces).query([_unscaled(point) for point in points], predicate="within")
    if sorted(within[1].tolist()) != list(range(len(points))):
        raise RuntimeError("the generated cells and points do not match one to one")
    bodies: dict[str, list[Polygon]] = defaultdict(list)
    for seed, face in sorted(within.T.tolist()):
        bodies[seeds[seed][0]].append(faces[face])
    return bodies


def _grids(
    community: str, name: str, bodies: Sequence[Polygon], dedicated: int, chance: random.Random
) -> list[net.Grid]:
    """A community's grids, numbered and named; which of them are dedicated is drawn by lot."""
    chosen = set(chance.sample(range(len(bodies)), dedicated))
    drawn = []
    for index, body in enumerate(bodies):
        outline = coverage.rings_from(body)
        is_site = index in chosen
        drawn.append(
            net.Grid(
                code=community,
                name="",
                kind=net.Kind.DEDICATED if is_site else net.Kind.BASIC,
                site=chance.choice(list(net.Site)) if is_site else None,
                # A few lie outside the guidance of 300 to 500, to show how that is flagged.
                households=0 if is_site else chance.randint(290, 510),
                shops=chance.randint(0, 200) if is_site else chance.randint(10, 120),
                outline=outline,
                centre=coverage.centre_of(outline),
            )
        )
    return names.named(net.numbered(drawn, used=()), short_name(name))


def _outline(parts: Iterable[Polygon]) -> dict[str, Any]:
    """The union of adjoining bodies as GeoJSON, its vertices still on the lattice."""
    return coverage.area_outline(mapping(shapely.coverage_union_all(list(parts))))


def _scaled(body: Any) -> Any:
    return shapely.transform(body, lambda coordinates: coordinates * (_LONGITUDE_SCALE, 1.0))


def _unscaled(body: Any) -> Any:
    return shapely.transform(body, lambda coordinates: coordinates / (_LONGITUDE_SCALE, 1.0))
