"""A district small enough to know by heart: two subdistricts, three square grids, four departments.

370102007 文东街道      370102008 another
┌────────┬────────┐   ┌────────┐
│ 003001 │ 003002 │   │ 001001 │
└────────┴────────┘   └────────┘
117.00  117.01  117.02  117.03     longitude; latitude 36.60 to 36.61
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from shared.contracts.base import Event
from shared.contracts.registry import DepartmentChanged, GridOutline, NetPublished, PostAssigned

DISTRICT = "370102"
SUBDISTRICT, ELSEWHERE = "370102007", "370102008"
GRID, NEXT_GRID, GRID_ELSEWHERE = "370102007003001", "370102007003002", "370102008001001"
IN_GRID = {"longitude": 117.005, "latitude": 36.605}
IN_NEXT_GRID = {"longitude": 117.015, "latitude": 36.605}
IN_GRID_ELSEWHERE = {"longitude": 117.025, "latitude": 36.605}
NOWHERE = {"longitude": 116.5, "latitude": 36.605}
MARKET, URBAN, ECOLOGY, HEALTH = (
    f"{DISTRICT}-{kind}" for kind in ("market_supervision", "urban_management", "ecology", "health")
)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def square(west: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    """A grid's outline, a hundredth of a degree wide."""
    east, south, north = round(west + 0.01, 3), 36.6, 36.61
    return (((west, south), (east, south), (east, north), (west, north), (west, south)),)


def outline(code: str, west: float, **changes: Any) -> GridOutline:
    described = {
        "code": code,
        "name": f"第{int(code[12:])}网格",
        "kind": "basic",
        "community_name": "和平路第三社区",
        "outline": square(west),
    }
    return GridOutline(**{**described, **changes})


def net(area: str, *grids: GridOutline, net_version: int = 1, effective_at: datetime = SINCE) -> NetPublished:
    names = {SUBDISTRICT: "文东街道", ELSEWHERE: "东关街道"}
    return NetPublished(
        area=area,
        area_name=names.get(area, area),
        net_version=net_version,
        effective_at=effective_at,
        grids=grids,
    )


def nets() -> tuple[NetPublished, ...]:
    return (
        net(SUBDISTRICT, outline(GRID, 117.0), outline(NEXT_GRID, 117.01)),
        net(ELSEWHERE, outline(GRID_ELSEWHERE, 117.02)),
    )


def departments() -> tuple[DepartmentChanged, ...]:
    return tuple(department(one) for one in (MARKET, URBAN, ECOLOGY, HEALTH))


def department(department_id: str, *, area: str = DISTRICT, active: bool = True) -> DepartmentChanged:
    kind = department_id.split("-")[1]
    return DepartmentChanged(department_id=department_id, area=area, kind=kind, name=kind, active=active)


def lead(grid: str = GRID, *, name: str = "王网格长", post_id: str | None = None) -> PostAssigned:
    return PostAssigned(
        post_id=post_id or str(uuid.uuid5(uuid.NAMESPACE_OID, f"lead-{grid}")),
        area=grid,
        kind="lead",
        person_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"person-{grid}")),
        duty_name=name,
        duty_phone="0531-81234567",
    )


def everything() -> tuple[Event, ...]:
    """What `cases` needs to know before matters can be filed."""
    return (*nets(), *departments(), lead())
