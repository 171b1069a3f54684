"""Which grid a point lies in: an index in memory, made from the nets in force and looked at once a second.

A net is a few hundred polygons that change a few times a year, and every report needs the answer, so asking
the database each time would cost more than the rest of filing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import shapely

from services.cases.domain import errors
from services.cases.store.sql import queries
from shared import db
from shared.contracts.cases import Place

_FRESH_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Grid:
    code: str
    name: str
    kind: str
    community_name: str
    subdistrict_name: str


@dataclass(frozen=True)
class _Index:
    # (subdistrict, net version) of every net inside.
    nets: frozenset[tuple[str, int]]
    tree: shapely.STRtree
    # In the order of the tree's outlines.
    grids: list[Grid]
    # Grid code → a point inside it.
    middles: dict[str, Place]


class Places:
    """The index of one process."""

    def __init__(self) -> None:
        self._index = _Index(frozenset(), shapely.STRtree([]), [], {})
        self._checked_at = float("-inf")

    def locate(self, tx: db.Tx, place: Place) -> Grid:
        """The grid a point lies in. Raises OutsideEveryGrid.

        On a shared boundary the grid with the lowest code has it, so that every point has exactly one.
        """
        self._refresh(tx)
        index = self._index
        point = shapely.Point(place.longitude, place.latitude)
        hits = [index.grids[at] for at in index.tree.query(point, predicate="intersects")]
        if not hits:
            raise errors.OutsideEveryGrid(longitude=place.longitude, latitude=place.latitude)
        found: Grid = min(hits, key=lambda grid: grid.code)
        return found

    def middle_of(self, tx: db.Tx, code: str) -> Place | None:
        """A point inside a grid that says nothing of where in it; None for a grid no longer in force."""
        self._refresh(tx)
        return self._index.middles.get(code)

    def named(self, tx: db.Tx, address: str) -> Place | None:
        """A point inside the grid an address names beside its community; None where none or several fit.

        The longest names count: 第一网格 is not meant where 第一网格东 is written.
        """
        self._refresh(tx)
        index = self._index
        here = [grid for grid in index.grids if grid.community_name and grid.community_name in address]
        here = _most_telling(here, lambda grid: grid.community_name)
        hits = [grid for grid in here if grid.name in address.replace(grid.community_name, " ")]
        codes = {grid.code for grid in _most_telling(hits, lambda grid: grid.name) or here}
        return index.middles.get(codes.pop()) if len(codes) == 1 else None

    def look_again(self) -> None:
        """The next question reads which nets are in force, however short ago that was read."""
        self._checked_at = float("-inf")

    def _refresh(self, tx: db.Tx) -> None:
        now = time.monotonic()
        if now - self._checked_at < _FRESH_SECONDS:
            return
        nets = queries.nets_in_force(tx, at=db.now(tx))
        wanted = frozenset((net["area"], net["net_version"]) for net in nets)
        if wanted != self._index.nets:
            names = {net["area"]: net["area_name"] for net in nets}
            self._index = _load(tx, wanted, names)
        self._checked_at = now


def _most_telling(grids: list[Grid], name: Callable[[Grid], str]) -> list[Grid]:
    longest = max((len(name(grid)) for grid in grids), default=0)
    return [grid for grid in grids if len(name(grid)) == longest]


def _load(tx: db.Tx, nets: frozenset[tuple[str, int]], names: dict[str, str]) -> _Index:
    outlines: list[shapely.Polygon] = []
    grids: list[Grid] = []
    for subdistrict, net_version in sorted(nets):
        for row in queries.grids_of(tx, subdistrict=subdistrict, net_version=net_version):
            shell, *holes = row["outline"]
            outlines.append(shapely.Polygon(shell, holes))
            grids.append(
                Grid(
                    code=row["code"],
                    name=row["name"],
                    kind=row["kind"],
                    community_name=row["community_name"],
                    subdistrict_name=names[subdistrict],
                )
            )
    points = (outline.representative_point() for outline in outlines)
    middles = {
        grid.code: Place(longitude=round(point.x, 5), latitude=round(point.y, 5))
        for grid, point in zip(grids, points, strict=True)
    }
    return _Index(nets, shapely.STRtree(outlines), grids, middles)
