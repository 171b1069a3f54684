"""Nets and their grids. Published ones are public; drafts are seen inside the caller's scopes only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain import net as domain
from services.registry.store.sql import FIRST_ID, queries, text_id
from shared import db, errors

# A location on the very edge must still find the boxes beside it (degrees, about 0.5 m).
_BOUNDS_MARGIN = 5e-6


class NetUnknown(errors.NotFound):
    """There is no such net, or it is a draft outside your area."""


class GridUnknown(errors.NotFound):
    """There is no such grid at that time."""


@dataclass(frozen=True, kw_only=True)
class GridInForce:
    """A grid as some published net has it."""

    grid: domain.Grid
    net_id: str
    net_version: int
    source: str
    effective_at: datetime
    superseded_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class GridPeriod:
    """What a grid was while one net was in force."""

    name: str
    kind: domain.Kind
    site: domain.Site | None
    households: int
    shops: int
    net_id: str
    net_version: int
    effective_at: datetime
    superseded_at: datetime | None


def add(tx: db.Tx, net: domain.Net) -> None:
    queries.insert_net(
        tx,
        id=net.id,
        area=net.area,
        state=net.state,
        note=net.note,
        source=net.source,
        created_at=net.created_at,
        created_by=net.created_by,
    )


def save(tx: db.Tx, net: domain.Net) -> None:
    queries.update_net(
        tx,
        id=net.id,
        state=net.state,
        note=net.note,
        net_version=net.net_version,
        published_at=net.published_at,
        published_by=net.published_by,
        effective_at=net.effective_at,
        superseded_at=net.superseded_at,
        version=net.version,
    )


def get(tx: db.Tx, net_id: str, *, scopes: Sequence[str]) -> domain.Net:
    """A published net, or a draft inside the scopes. Raises NetUnknown."""
    return _visible(queries.get_net(tx, id=net_id), scopes)


def lock(tx: db.Tx, net_id: str, *, scopes: Sequence[str]) -> domain.Net:
    """The same, held until the transaction ends, and inside the scopes only. Raises NetUnknown."""
    net = _visible(queries.lock_net(tx, id=net_id), scopes)
    if not _inside(net.area, scopes):
        raise NetUnknown()
    return net


def lock_last_published(tx: db.Tx, area: str) -> domain.Net | None:
    """The subdistrict's latest published net, held."""
    row = queries.lock_last_published(tx, area=area)
    return _net(row) if row else None


def page(
    tx: db.Tx,
    *,
    inside: str | None,
    state: str | None,
    scopes: Sequence[str],
    after: tuple[str, str] | None,
    most: int,
) -> list[domain.Net]:
    """Nets by subdistrict and age; drafts inside the scopes only."""
    area, net_id = after or ("", FIRST_ID)
    rows = queries.list_nets(
        tx,
        inside=inside or "",
        drafts_inside=list(scopes),
        state=state,
        after_area=area,
        after_id=net_id,
        most=most,
    )
    return [_net(row) for row in rows]


def replace_grids(tx: db.Tx, net_id: str, grids: Sequence[domain.Grid]) -> None:
    """Puts these grids, and only these, into a draft."""
    queries.remove_grids(tx, net_id=net_id)
    add_grids(tx, net_id, grids)


def add_grids(tx: db.Tx, net_id: str, grids: Sequence[domain.Grid]) -> None:
    """Puts grids into a net in one round trip."""
    bounds = [_bounds(grid.outline) for grid in grids]
    queries.add_grids(
        tx,
        net_id=net_id,
        codes=[grid.code for grid in grids],
        names=[grid.name for grid in grids],
        kinds=[grid.kind.value for grid in grids],
        sites=[grid.site.value if grid.site else None for grid in grids],
        households=[grid.households for grid in grids],
        shops=[grid.shops for grid in grids],
        outlines=[json.dumps(grid.outline) for grid in grids],
        xs=[grid.centre[0] for grid in grids],
        ys=[grid.centre[1] for grid in grids],
        wests=[b[0] for b in bounds],
        souths=[b[1] for b in bounds],
        easts=[b[2] for b in bounds],
        norths=[b[3] for b in bounds],
    )


def grids_of(tx: db.Tx, net_id: str) -> list[domain.Grid]:
    """A net's grids by code."""
    return [_grid(row) for row in queries.grids_of_net(tx, net_id=net_id)]


def codes_used(tx: db.Tx, area: str) -> set[str]:
    """Every grid code any net of the subdistrict ever had."""
    return {row["code"] for row in queries.codes_used(tx, area=area)}


def around(tx: db.Tx, place: domain.Point, *, at: datetime) -> list[GridInForce]:
    """The grids in force whose bounds hold a place. Public."""
    return [_in_force(row) for row in queries.grids_around(tx, x=place[0], y=place[1], at=at)]


def grid_in_force(tx: db.Tx, code: str, *, at: datetime) -> GridInForce:
    """One grid as it is at a moment. Public. Raises GridUnknown."""
    row = queries.grid_in_force(tx, code=code, at=at)
    if row is None:
        raise GridUnknown()
    return _in_force(row)


def grids_inside(
    tx: db.Tx,
    inside: str | None,
    *,
    at: datetime,
    most: int,
    kind: str | None = None,
    after: str | None = None,
) -> list[GridInForce]:
    """Grids in force inside an area, by code. Public."""
    rows = queries.grids_inside(tx, inside=inside or "", kind=kind, at=at, after=after or "", most=most)
    return [_in_force(row) for row in rows]


def history(tx: db.Tx, code: str) -> list[GridPeriod]:
    """What a grid was under each published net, newest first. Public. Raises GridUnknown."""
    rows = queries.grid_history(tx, code=code)
    if not rows:
        raise GridUnknown()
    return [
        GridPeriod(
            name=row["name"],
            kind=domain.Kind(row["kind"]),
            site=domain.Site(row["site"]) if row["site"] else None,
            households=row["households"],
            shops=row["shops"],
            net_id=str(row["net_id"]),
            net_version=row["net_version"],
            effective_at=row["effective_at"],
            superseded_at=row["superseded_at"],
        )
        for row in rows
    ]


def last_outline(tx: db.Tx, code: str, *, before: int) -> domain.Grid | None:
    """A grid as the latest published net of its subdistrict below a net version had it."""
    row = queries.last_outline(tx, code=code, before=before)
    return _grid(row) if row else None


def any_published(tx: db.Tx, area: str) -> bool:
    """Whether a net was ever published inside the area."""
    return bool(queries.any_published(tx, area=area))


def lock_unsettled(tx: db.Tx, *, most: int) -> list[domain.Net]:
    """Nets that took effect and whose posts and households were not yet seen to, held."""
    return [_net(row) for row in queries.lock_unsettled(tx, most=most)]


def mark_settled(tx: db.Tx, net_id: str) -> None:
    queries.mark_settled(tx, id=net_id)


def _bounds(rings: domain.Rings) -> tuple[float, float, float, float]:
    xs = [x for x, _ in rings[0]]
    ys = [y for _, y in rings[0]]
    margin = _BOUNDS_MARGIN
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def _inside(area: str, scopes: Sequence[str]) -> bool:
    return any(area.startswith(scope) for scope in scopes)


def _visible(row: dict[str, Any] | None, scopes: Sequence[str]) -> domain.Net:
    if row is None or (row["net_version"] is None and not _inside(row["area"], scopes)):
        raise NetUnknown()
    return _net(row)


def _net(row: dict[str, Any]) -> domain.Net:
    return domain.Net(
        id=str(row["id"]),
        area=row["area"],
        state=domain.State(row["state"]),
        note=row["note"],
        source=row["source"],
        created_at=row["created_at"],
        created_by=text_id(row["created_by"]),
        net_version=row["net_version"],
        published_at=row["published_at"],
        published_by=text_id(row["published_by"]),
        effective_at=row["effective_at"],
        superseded_at=row["superseded_at"],
        version=row["version"],
    )


def _grid(row: dict[str, Any]) -> domain.Grid:
    return domain.Grid(
        code=row["code"],
        name=row["name"],
        kind=domain.Kind(row["kind"]),
        site=domain.Site(row["site"]) if row["site"] else None,
        households=row["households"],
        shops=row["shops"],
        outline=tuple(tuple((x, y) for x, y in ring) for ring in row["outline"]),
        centre=(row["x"], row["y"]),
    )


def _in_force(row: dict[str, Any]) -> GridInForce:
    return GridInForce(
        grid=_grid(row),
        net_id=str(row["net_id"]),
        net_version=row["net_version"],
        source=row["source"],
        effective_at=row["effective_at"],
        superseded_at=row["superseded_at"],
    )
