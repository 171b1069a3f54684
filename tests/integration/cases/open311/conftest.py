"""Clients of the standard, and what admins set up for them."""

from __future__ import annotations

from typing import Any

import pytest

from shared import ids
from tests.support import district
from tests.support.georeport import GeoReport

LAT, LONG = str(district.IN_GRID["latitude"]), str(district.IN_GRID["longitude"])
ROAD = {"service_code": "city.damaged_road", "lat": LAT, "long": LONG}
USUAL = {"area": district.DISTRICT, "name": "历下区", "contact": "0531-12345"}


@pytest.fixture(scope="session")
def admin(world: Any) -> Any:
    return world.api.client(roles=["admin"], areas=[district.DISTRICT])


@pytest.fixture(scope="session", autouse=True)
def default_jurisdiction(admin: Any) -> str:
    """The jurisdiction of clients that name none: tests make several."""
    name = f"{ids.new()[-12:]}.example"
    made = admin.post(
        "/cases/open311/jurisdictions", json={**USUAL, "jurisdiction_id": name, "is_default": True}
    )
    assert made.status_code == 201, made.text
    return name


@pytest.fixture(scope="module")
def api_key(admin: Any) -> str:
    return make_key(admin)


def make_key(admin: Any, **changes: Any) -> str:
    wanted = {"name": "城市通", "areas": [district.DISTRICT], "posts_per_minute": 6000, **changes}
    made = admin.post("/cases/open311/keys", json=wanted)
    assert made.status_code == 201, made.text
    key: str = made.json()["api_key"]
    return key


@pytest.fixture(scope="module")
def jurisdiction(admin: Any) -> Any:
    """Sets the jurisdiction up: `jurisdiction(takes_anonymous=True)`; without arguments as it usually is."""
    name = f"{ids.new()[-12:]}.example"
    made = admin.post("/cases/open311/jurisdictions", json={**USUAL, "jurisdiction_id": name})
    assert made.status_code == 201, made.text

    def change(**changes: Any) -> str:
        changed = admin.put(f"/cases/open311/jurisdictions/{name}", json={**USUAL, **changes})
        assert changed.status_code == 200, changed.text
        return name

    return change


@pytest.fixture(params=["json", "xml"])
def client(world: Any, api_key: str, request: pytest.FixtureRequest) -> GeoReport:
    """An integrator's client."""
    return GeoReport(f"{world.api.url}/open311/v2", request.param, api_key=api_key)


@pytest.fixture(params=["json", "xml"])
def public(world: Any, request: pytest.FixtureRequest) -> GeoReport:
    """Anybody's client."""
    return GeoReport(f"{world.api.url}/open311/v2", request.param)


def case_of(world: Any, number: str) -> dict[str, Any]:
    (row,) = world.rows("SELECT * FROM cases WHERE number = %(n)s", n=number)
    return dict(row)
