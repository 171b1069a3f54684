"""A small town of squares for tests of the registry, made through its API."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.local import processes
from tests.support import clients, run

_towns = itertools.count(1)
# A town's side in degrees; its grids are quarters.
SIDE = 0.02


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A GeoJSON polygon from its sides."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


@dataclass
class Town:
    """A district with one subdistrict (a square) and two communities, each half of it; no net yet.

    Grids lie so: north-west and north-east belong to the first community, the southern two to the second.
    """

    api: clients.Api
    number: int
    district: str = field(init=False)
    subdistrict: str = field(init=False)
    communities: tuple[str, str] = field(init=False)
    west: float = field(init=False)
    south: float = 10.0
    admin: clients.Client = field(init=False)

    def __post_init__(self) -> None:
        self.district = f"99{self.number:04d}"
        self.subdistrict = f"{self.district}001"
        self.communities = (f"{self.subdistrict}001", f"{self.subdistrict}002")
        self.west = round(100 + self.number * 2 * SIDE, 6)
        self.admin = self.client("admin")

    def client(self, *roles: str, inside: str | None = None, **claims: Any) -> clients.Client:
        """A caller with these roles whose scope is the town, or a part of it."""
        return self.api.client(roles=roles, areas=[inside or self.district], **claims)

    def build(self) -> Town:
        city = self.api.client(roles=["admin"], areas=[self.district[:4]])
        city.post("/registry/areas", json={"code": self.district[:4], "name": "试验市"})
        names = {
            self.district: "试验区",
            self.subdistrict: "试验街道",
            self.communities[0]: "北社区居民委员会",
            self.communities[1]: "南社区居民委员会",
        }
        for code, name in names.items():
            made = city.post("/registry/areas", json={"code": code, "name": name})
            assert made.status_code == 201, made.text
        whole = self.part(0, 0, 1, 1)
        drawn = self.admin.put(
            f"/registry/areas/{self.district}/outlines",
            json={"outline": whole, "children": [{"code": self.subdistrict, "outline": whole}]},
            headers={"If-Match": '"1"'},
        )
        assert drawn.status_code == 200, drawn.text
        return self

    def part(self, west: float, south: float, east: float, north: float) -> dict[str, Any]:
        """A part of the town, in shares of its side."""
        return square(
            self.west + west * SIDE,
            self.south + south * SIDE,
            self.west + east * SIDE,
            self.south + north * SIDE,
        )

    def place(self, x: float, y: float) -> dict[str, float]:
        """A point of the town, in shares of its side."""
        return {"longitude": round(self.west + x * SIDE, 7), "latitude": round(self.south + y * SIDE, 7)}

    def quarters(self) -> list[dict[str, Any]]:
        """The four grids of a whole net, to be numbered."""
        north, south = self.communities
        return [
            self.grid(north, self.part(0.5, 0.5, 1, 1)),
            self.grid(north, self.part(0, 0.5, 0.5, 1)),
            self.grid(south, self.part(0, 0, 0.5, 0.5)),
            self.grid(south, self.part(0.5, 0, 1, 0.5)),
        ]

    def grid(self, code: str, outline: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return {"code": code, "name": "网格", "kind": "basic", "households": 400, "outline": outline} | fields

    def draft(self, grids: Sequence[dict[str, Any]]) -> dict[str, Any]:
        made = self.admin.post("/registry/nets", json={"area": self.subdistrict, "grids": list(grids)})
        assert made.status_code == 201, made.text
        net: dict[str, Any] = made.json()
        return net

    def publish(self, net: dict[str, Any], **body: Any) -> Any:
        """The answer of publishing a draft."""
        return self.admin.post(
            f"/registry/nets/{net['id']}/publish", json=body, headers={"If-Match": f'"{net["version"]}"'}
        )

    def settled(self) -> Town:
        """The town with its four quarters published: …001001 north-west, …001002 north-east, …002001 south-west."""
        published = self.publish(self.draft(self.quarters()))
        assert published.status_code == 200, published.text
        return self

    def events(self, name: str) -> list[dict[str, Any]]:
        """The data of the town's events of a name, in their order."""
        with self.api.database.transaction(read_only=True) as tx:
            rows = tx.execute(
                "SELECT data FROM outbox WHERE type = %s AND area ^@ %s ORDER BY time, id",
                [f"yiwang.registry.{name}.v1", self.district],
            ).fetchall()
        return [row["data"] for row in rows]

    def person(self, area: str | None = None, **fields: Any) -> dict[str, Any]:
        """A registered person."""
        body = {"area": area or self.subdistrict, "name": "张三"} | fields
        made = self.admin.post("/registry/people", json=body)
        assert made.status_code == 201, made.text
        person: dict[str, Any] = made.json()
        return person


@pytest.fixture
def town(api: Callable[[str], clients.Api]) -> Town:
    """A town of its own for each test, without a net."""
    return Town(api("registry"), next(_towns)).build()


@pytest.fixture(scope="session")
def lixia(servers: run.TestRun, api: Callable[[str], clients.Api]) -> clients.Api:
    """The registry with the demo district."""
    registry = api("registry")
    settings = {**servers.settings("registry"), "DATABASE_URL": registry.database.url}
    processes.run_task("registry", "demo", settings, log=servers.folder / "log" / "registry-demo.log")
    return registry
