"""The area and relation axes of points, generated: what lies outside does not exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared import ids
from tests.integration.points.conftest import Household, World
from tests.support import authority, clients

AREA = "370102010"
# What a scheme offers is for everybody to see, like the notice in its window.
_NOTICE = "schemes, their rules, shops and goods are public within the platform"


@pytest.fixture(scope="module")
def service(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("points")


@pytest.fixture(scope="module")
def world(service: clients.Api) -> World:
    return World(service.database, area=AREA)


@pytest.fixture(scope="module")
def home(world: World) -> Household:
    return world.household(points=50)


@pytest.fixture(scope="module")
def samples(service: clients.Api, world: World, home: Household) -> list[authority.Sample]:
    """One of everything in a subdistrict of its own."""
    resident = {"roles": ["resident"], "person_id": home.person, "household": home.id}
    order = (
        service.client(**resident)
        .post(
            "/points/redemptions",
            json={"shop_id": world.shop, "lines": [{"good_id": world.egg, "quantity": 1}]},
        )
        .json()
    )
    book = world.book(home.id)
    insiders = (
        resident,
        {"roles": ["shopkeeper"], "shops": [world.shop]},
        {"roles": ["admin"], "areas": ["370102"]},
    )

    def sample(**paths: str) -> authority.Sample:
        return authority.Sample(
            paths=paths,
            insiders=insiders,
            open_to_all={
                "GET /points/schemes": _NOTICE,
                "GET /points/schemes/<uuid:scheme_id>/rules": _NOTICE,
                "GET /points/shops": _NOTICE,
                "GET /points/shops/<uuid:shop_id>/goods": _NOTICE,
            },
            bodies={
                "POST /points/redemptions/<uuid:redemption_id>/hand-over": {
                    "pickup_code": order["pickup_code"]
                },
                "POST /points/goods/<uuid:good_id>/stock": {"kind": "received", "quantity": 1},
                "PUT /points/schemes/<uuid:scheme_id>/rules/<string:code>": {"name": "x", "points": 1},
            },
        )

    return [
        sample(passbook_id=book["id"]),
        sample(number=book["number"]),
        sample(redemption_id=order["id"]),
        sample(shop_id=world.shop),
        sample(good_id=world.egg),
        sample(scheme_id=world.scheme),
        sample(scheme_id=world.scheme, code="matter_accepted"),
    ]


def test_what_lies_outside_area_and_relation_does_not_exist(
    service: clients.Api, samples: list[authority.Sample]
) -> None:
    authority.check(service, "points", samples, area=AREA)


def test_a_neighbour_reads_neither_the_book_nor_the_orders_of_a_household(
    service: clients.Api, samples: list[authority.Sample]
) -> None:
    paths = {name: value for one in samples for name, value in one.paths.items()}
    # Same grid, same role, another household: area alone is no relation.
    neighbour = service.client(roles=["resident"], household=ids.new(), home=f"{AREA}003001")

    for path in (
        f"/points/passbooks/{paths['passbook_id']}",
        f"/points/passbooks/{paths['passbook_id']}/statement",
        f"/points/redemptions/{paths['redemption_id']}",
    ):
        assert neighbour.get(path).status_code == 404


def test_the_keeper_of_another_shop_of_the_same_scheme_hands_nothing_over(
    service: clients.Api, world: World, samples: list[authority.Sample]
) -> None:
    order_id = next(one.paths["redemption_id"] for one in samples if "redemption_id" in one.paths)
    keeper = service.client(roles=["shopkeeper"], shops=[ids.new()], areas=[AREA])

    assert keeper.get(f"/points/redemptions/{order_id}").status_code == 404
    assert keeper.get(f"/points/shops/{world.shop}/redemptions").status_code == 404
