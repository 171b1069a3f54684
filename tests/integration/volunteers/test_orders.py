"""Order-style service through the API, and draws from the volunteer bank."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from services.volunteers.worker import Worker
from shared import db, ids
from shared.bus.inbox import Received
from shared.contracts.points import ServiceDrawn
from tests.integration.volunteers.conftest import COMMUNITY, SUBDISTRICT, World
from tests.support import clients

HOME = f"{COMMUNITY}001"


def ordered(resident: clients.Client, **changes: Any) -> dict[str, Any]:
    answer = resident.post("/volunteers/orders", json={"service": "haircut", "words": "老人"} | changes)
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


def test_a_service_is_ordered_taken_served_confirmed_and_rated(world: World) -> None:
    person_id = ids.new()
    resident, volunteer = world.api.client(home=HOME), world.volunteer(person_id=person_id)
    order = ordered(resident)
    path = f"/volunteers/orders/{order['service_order_id']}"

    open_ones = volunteer.get("/volunteers/orders", params={"role": "taker", "limit": 200}).json()["items"]
    assert order["service_order_id"] in {item["service_order_id"] for item in open_ones}
    assert volunteer.post(f"{path}/take").json()["state"] == "taken"
    assert volunteer.post(f"{path}/serve", json={"minutes": 40}).json()["state"] == "served"
    confirmed = resident.post(f"{path}/confirm", json={"rating": 5, "remark": "谢谢"})

    assert (confirmed.status_code, confirmed.json()["state"], confirmed.json()["rating"]) == (
        200,
        "confirmed",
        5,
    )
    asked, done = world.events(order["service_order_id"])
    assert (asked["type"], asked["area"]) == ("yiwang.volunteers.service_ordered.v1", HOME)
    assert "老人" not in str(asked["data"])
    assert done["type"] == "yiwang.volunteers.service_confirmed.v1"
    assert (done["data"]["person_id"], done["data"]["minutes"]) == (person_id, 40)
    assert volunteer.get("/volunteers/me").json()["minutes"] == 40


def test_an_order_is_taken_by_one_of_many(world: World) -> None:
    path = f"/volunteers/orders/{ordered(world.api.client(home=HOME))['service_order_id']}"
    crowd = [world.volunteer() for _ in range(10)]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda one: one.post(f"{path}/take"), crowd))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


def test_an_order_offered_to_a_team_is_its_members_to_take(world: World) -> None:
    order = ordered(world.api.client(home=HOME))
    path = f"/volunteers/orders/{order['service_order_id']}"
    member, stranger = world.volunteer(), world.volunteer()
    member.post(f"/volunteers/teams/{world.team_id}/join")

    offered = world.lead.post(f"{path}/offer", json={"team_id": world.team_id})

    assert (offered.status_code, offered.json()["offered_team_id"]) == (200, world.team_id)
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/take").status_code == 404
    assert member.post(f"{path}/take").status_code == 200
    assert member.post(f"{path}/give-back").json()["state"] == "ordered"
    assert member.post(f"{path}/take").status_code == 200


def test_an_order_is_seen_by_those_who_have_to_do_with_it(world: World) -> None:
    resident = world.api.client(home=HOME)
    path = f"/volunteers/orders/{ordered(resident)['service_order_id']}"
    elsewhere = world.api.client(roles=["volunteer"])
    elsewhere.put("/volunteers/me", json={"areas": ["370102008"]})
    other_staff = world.api.client(roles=["community_officer"], areas=["370102008"])

    assert resident.get(path).status_code == 200
    assert world.staff.get(path).status_code == 200
    assert world.lead.get(path).status_code == 200
    for outsider in (
        world.api.client(home=HOME),
        elsewhere,
        other_staff,
        world.api.client(roles=["team_lead"]),
    ):
        assert outsider.get(path).status_code == 404
        assert outsider.post(f"{path}/cancel").status_code == 404
    # Staff may read it, but confirming and cancelling are the resident's.
    assert world.staff.post(f"{path}/confirm", json={"rating": 5}).status_code == 404
    assert elsewhere.post(f"{path}/take").status_code == 404


def test_nobody_takes_their_own_order_and_a_served_one_is_not_cancelled(world: World) -> None:
    resident = world.volunteer(home=HOME)
    volunteer = world.volunteer()
    path = f"/volunteers/orders/{ordered(resident)['service_order_id']}"

    assert resident.post(f"{path}/take").json()["code"] == "own_order"
    volunteer.post(f"{path}/take")
    volunteer.post(f"{path}/serve", json={"minutes": 20})
    assert resident.post(f"{path}/cancel").json()["code"] == "not_in_this_state"


def test_staff_order_for_a_resident_of_their_area(world: World) -> None:
    resident_id = ids.new()
    order = ordered(world.staff, area=COMMUNITY, resident_id=resident_id)

    outside = world.staff.post(
        "/volunteers/orders", json={"service": "haircut", "area": "370102008001", "resident_id": resident_id}
    )
    by_resident = world.api.client(home=HOME).post(
        "/volunteers/orders", json={"service": "haircut", "resident_id": resident_id}
    )

    assert order["resident_id"] == resident_id
    assert (outside.status_code, outside.json()["code"]) == (422, "outside_your_area")
    assert by_resident.status_code == 403


def test_an_unknown_service_and_a_missing_area_are_named(world: World) -> None:
    unknown = world.api.client(home=HOME).post("/volunteers/orders", json={"service": "dragon_dance"})
    nowhere = world.api.client().post("/volunteers/orders", json={"service": "haircut"})

    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_service")
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "no_area")


def test_a_draw_from_the_volunteer_bank_opens_one_order_however_often_it_is_told(
    database: Callable[[str], db.Database],
) -> None:
    own = database("volunteers")
    draws = [_drawn(service="haircut", minutes=60), _drawn(service="not_on_the_menu", minutes=30)]

    for batch in (draws[:1], draws, draws):
        with own.transaction() as tx:
            Worker().service_drawn(tx, batch)

    with own.transaction(read_only=True) as tx:
        orders = tx.execute("SELECT * FROM service_orders").fetchall()
        announced = tx.execute("SELECT data FROM outbox ORDER BY data ->> 'service'").fetchall()
    assert sorted(str(order["draw_id"]) for order in orders) == sorted(draw.subject for draw in draws)
    assert {(order["service"], order["planned_minutes"]) for order in orders} == {
        ("haircut", 60),
        ("not_on_the_menu", 30),
    }
    assert [event["data"]["draw_id"] for event in announced] == [draw.subject for draw in draws]


def _drawn(*, service: str, minutes: int) -> Received[ServiceDrawn]:
    draw_id = ids.new()
    return Received(
        id=ids.new(),
        source="/yiwang/points",
        type=ServiceDrawn.type,
        subject=draw_id,
        sequence=1,
        time=datetime.now(UTC),
        area=SUBDISTRICT,
        data=ServiceDrawn(
            draw_id=draw_id, area=SUBDISTRICT, beneficiary_id=ids.new(), service=service, minutes=minutes
        ),
        traceparent=None,
    )


def test_who_may_take_an_order_reads_whose_it_is_and_their_words_only_after_taking_it(world: World) -> None:
    order = ordered(world.api.client(home=HOME), words="住三楼，行动不便")
    path = f"/volunteers/orders/{order['service_order_id']}"
    anybody = world.volunteer()

    listed = anybody.get("/volunteers/orders", params={"role": "taker", "limit": 200}).json()["items"]
    [seen] = [item for item in listed if item["service_order_id"] == order["service_order_id"]]
    read = anybody.get(path).json()
    taken = anybody.post(f"{path}/take").json()

    for before in (seen, read):
        assert (before["service"], before["area"]) == ("haircut", HOME)
        assert before.keys().isdisjoint({"words", "resident_id"})
    assert (taken["words"], taken["resident_id"]) == ("住三楼，行动不便", order["resident_id"])
    assert anybody.get(path).json()["words"] == "住三楼，行动不便"
    assert anybody.post(f"{path}/give-back").json()["state"] == "ordered"
    assert "words" not in anybody.get(path).json()


@pytest.mark.parametrize("state", [None, "ordered", "cancelled"])
def test_staff_of_every_level_list_the_orders_of_their_area_once_and_newest_first(
    world: World, state: str | None
) -> None:
    # A city of its own, so that other tests' orders are not in it.
    city = f"{secrets.randbelow(9000) + 1000}"
    grid, other = f"{city}01001001001", f"{city}01002001001"
    placed = [ordered(world.api.client(home=home)) for home in (grid, other, f"{grid}02", grid)]
    if state == "cancelled":
        for order in placed:
            world.api.client(person_id=order["resident_id"]).post(
                f"/volunteers/orders/{order['service_order_id']}/cancel"
            )
    inside = [order["service_order_id"] for order in reversed(placed) if order["area"].startswith(grid)]
    everywhere = [order["service_order_id"] for order in reversed(placed)]

    def listed(*areas: str) -> list[str]:
        staff = world.api.client(roles=["community_officer"], areas=areas)
        found: list[str] = []
        cursor = None
        while True:
            query = {"role": "runner", "state": state, "limit": 2, "cursor": cursor}
            page = staff.get("/volunteers/orders", params=query).json()
            found += [item["service_order_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert listed(city) == listed(grid[:6]) == everywhere
    assert listed(grid[:9]) == listed(grid[:12]) == listed(grid) == inside
    assert listed(f"{grid}02") == [inside[1]]
    assert listed(grid, other) == everywhere


def test_an_order_of_ones_area_that_was_offered_to_ones_team_is_listed_once(world: World) -> None:
    order = ordered(world.api.client(home=HOME))
    path = f"/volunteers/orders/{order['service_order_id']}"
    assert world.lead.post(f"{path}/offer", json={"team_id": world.team_id}).status_code == 200

    for state in (None, "ordered"):
        items = world.lead.get(
            "/volunteers/orders", params={"role": "runner", "state": state, "limit": 200}
        ).json()["items"]
        assert [item["service_order_id"] for item in items].count(order["service_order_id"]) == 1


def test_an_order_of_the_own_household_is_neither_offered_nor_taken(world: World) -> None:
    household = ids.new()
    mother = world.api.client(home=HOME, household=household)
    child, neighbour = world.volunteer(household=household), world.volunteer(household=ids.new())
    order_id = ordered(mother)["service_order_id"]

    def takeable(by: clients.Client) -> set[str]:
        answer = by.get("/volunteers/orders", params={"role": "taker", "limit": 200})
        return {item["service_order_id"] for item in answer.json()["items"]}

    assert order_id not in takeable(child)
    assert child.post(f"/volunteers/orders/{order_id}/take").json()["code"] == "own_order"
    assert order_id in takeable(neighbour)
    assert neighbour.post(f"/volunteers/orders/{order_id}/take").status_code == 200
    assert child.get(f"/volunteers/orders/{order_id}").status_code == 404


def test_a_confirmed_service_says_whom_it_was_for(world: World) -> None:
    person_id = ids.new()
    resident, volunteer = world.api.client(home=HOME, person_id=person_id), world.volunteer()
    order_id = ordered(resident)["service_order_id"]
    volunteer.post(f"/volunteers/orders/{order_id}/take")
    volunteer.post(f"/volunteers/orders/{order_id}/serve", json={"minutes": 40})
    resident.post(f"/volunteers/orders/{order_id}/confirm", json={"rating": 5})

    assert world.events(order_id)[-1]["data"]["resident_id"] == person_id
