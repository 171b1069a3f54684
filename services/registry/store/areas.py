"""Areas and size guidance. Areas are public; who may change them is checked by the callers."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.registry.domain import areas as domain
from services.registry.store.sql import queries
from shared import areas, db


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """The size guidance that holds somewhere, and the area it was set for (None: the platform's own)."""

    area: str | None
    size: domain.SizeGuidance
    # 0 while nothing is set.
    version: int


def page(
    tx: db.Tx, *, inside: str | None, parent: str | None, level: str | None, after: str | None, most: int
) -> list[domain.Area]:
    """Areas by code, without their outlines."""
    rows = queries.list_areas(
        tx, inside=inside or "", parent=parent, level=level, after=after or "", most=most
    )
    return [_area(row) for row in rows]


def get(tx: db.Tx, code: str) -> domain.Area:
    """One area. Raises AreaUnknown."""
    return _found(queries.get_area(tx, code=code))


def lock(tx: db.Tx, code: str) -> domain.Area:
    """One area, held until the transaction ends. Raises AreaUnknown."""
    return _found(queries.lock_area(tx, code=code))


def lock_children(tx: db.Tx, parent: str) -> list[domain.Area]:
    """The areas directly under one, held, by code."""
    return [_area(row) for row in queries.lock_children(tx, parent=parent)]


def add(tx: db.Tx, area: domain.Area) -> None:
    """Raises AreaExists or ParentUnknown."""
    with db.translating({"areas_pkey": domain.AreaExists, "areas_parent_fkey": domain.ParentUnknown}):
        queries.insert_area(tx, code=area.code, level=area.level, parent=area.parent, name=area.name)


def save(tx: db.Tx, area: domain.Area) -> None:
    queries.update_area(
        tx,
        code=area.code,
        name=area.name,
        outline=json.dumps(area.outline) if area.outline else None,
        outline_source=area.outline_source,
        version=area.version,
    )


def names_inside(tx: db.Tx, code: str) -> dict[str, str]:
    """Code → name of an area and all below it."""
    return {row["code"]: row["name"] for row in queries.area_names(tx, inside=code)}


def names_of(tx: db.Tx, codes: Iterable[str]) -> dict[str, str]:
    """Code → name of these areas."""
    return {row["code"]: row["name"] for row in queries.names_of(tx, codes=sorted(set(codes)))}


def communities_of(tx: db.Tx, subdistrict: str) -> list[str]:
    return [row["code"] for row in queries.communities_of(tx, subdistrict=subdistrict)]


def guidance_for(tx: db.Tx, area: str) -> Guidance:
    """The size guidance that holds in an area: the one set nearest above it."""
    rows = queries.guidance_for(tx, codes=ancestry(area))
    return _guidance(rows[-1]) if rows else Guidance(area=None, size=domain.DEFAULT_GUIDANCE, version=0)


def guidance_for_all(tx: db.Tx, codes: Iterable[str]) -> dict[str, domain.SizeGuidance]:
    """The size guidance that holds in each of these areas."""
    wanted = set(codes)
    above = {code for area in wanted for code in ancestry(area)}
    # Widest first, so that what is set nearer wins.
    found = [_guidance(row) for row in queries.guidance_for(tx, codes=sorted(above))]
    answer = dict.fromkeys(wanted, domain.DEFAULT_GUIDANCE)
    for guidance in found:
        assert guidance.area is not None
        answer |= {area: guidance.size for area in wanted if areas.inside(area, guidance.area)}
    return answer


def lock_guidance(tx: db.Tx, area: str) -> Guidance | None:
    """The guidance set for exactly this area, held."""
    row = queries.lock_guidance(tx, area=area)
    return _guidance(row) if row else None


def put_guidance(tx: db.Tx, area: str, size: domain.SizeGuidance, *, version: int) -> None:
    queries.put_guidance(
        tx,
        area=area,
        households_min=size.households_min,
        households_max=size.households_max,
        shops_min=size.shops_min,
        shops_max=size.shops_max,
        version=version,
    )


def ancestry(code: str) -> list[str]:
    """The code and every code above it, widest first."""
    above: list[str] = []
    at: str | None = code
    while at is not None:
        above.append(at)
        at = areas.parent(at)
    return above[::-1]


def _found(row: dict[str, Any] | None) -> domain.Area:
    if row is None:
        raise domain.AreaUnknown()
    return _area(row)


def _area(row: dict[str, Any]) -> domain.Area:
    return domain.Area(
        code=row["code"],
        name=row["name"],
        outline=row.get("outline"),
        outline_source=row["outline_source"],
        version=row["version"],
    )


def _guidance(row: dict[str, Any]) -> Guidance:
    size = domain.SizeGuidance(
        households_min=row["households_min"],
        households_max=row["households_max"],
        shops_min=row["shops_min"],
        shops_max=row["shops_max"],
    )
    return Guidance(area=row["area"], size=size, version=row["version"])
