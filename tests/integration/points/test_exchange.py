"""Orders through the public API: points and stock are reserved together and neither is ever oversold."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.points.domain import redemptions
from services.points.store import shops
from shared import db, ids
from tests.integration.points.conftest import AREA, Household, World
from tests.support import clients


@pytest.fixture(scope="module")
def service(api: Callable[[str], clients.Api]) -> clients.Api:
    return api("points")


@pytest.fixture(scope="module")
def shop_world(service: clients.Api) -> World:
    return World(service.database, area="370102008")


@pytest.fixture
def keeper(service: clients.Api, shop_world: World) -> clients.Client:
    return service.client(roles=["shopkeeper"], shops=[shop_world.shop])


@pytest.fixture
def admin(service: clients.Api) -> clients.Client:
    return service.client(roles=["admin"], areas=["370102"])


def resident(service: clients.Api, home: Household) -> clients.Client:
    return service.client(roles=["resident"], household=home.id, person_id=home.person)


def new_good(world: World, *, price: int, stock: int) -> str:
    good_id = ids.new()
    with world.database.transaction() as tx:
        shops.add_good(tx, good_id=good_id, shop_id=world.shop, name="抽纸", source="捐赠", price=price)
        shops.move_stock(tx, good_id, kind="received", quantity=stock, at=db.now(tx))
    return good_id


def order(world: World, good_id: str | None = None, quantity: int = 1) -> dict[str, Any]:
    return {"shop_id": world.shop, "lines": [{"good_id": good_id or world.egg, "quantity": quantity}]}


def stock(world: World, good_id: str) -> tuple[int, int]:
    (row,) = world.rows("SELECT on_hand, reserved FROM goods WHERE id = %(id)s", id=good_id)
    return row["on_hand"], row["reserved"]


def test_five_points_become_an_egg(service: clients.Api, shop_world: World, keeper: clients.Client) -> None:
    home = shop_world.household()
    shop_world.apply(shop_world.triaged(home.person))
    me = resident(service, home)
    on_hand, reserved = stock(shop_world, shop_world.egg)

    placed = me.post("/points/redemptions", json=order(shop_world))

    assert placed.status_code == 201, placed.text
    placed = placed.json()
    assert (placed["state"], placed["points"], len(placed["pickup_code"])) == ("reserved", 5, 6)
    book = me.get("/points/passbooks/mine").json()
    assert (book["available"], book["held"]) == (0, 5)
    assert stock(shop_world, shop_world.egg) == (on_hand, reserved + 1)

    found = keeper.get(
        f"/points/shops/{shop_world.shop}/redemptions", params={"pickup_code": placed["pickup_code"]}
    ).json()["items"]
    assert [one["id"] for one in found] == [placed["id"]]
    assert "pickup_code" not in found[0]
    wrong = keeper.post(f"/points/redemptions/{placed['id']}/hand-over", json={"pickup_code": _other(placed)})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "pickup_code_wrong")
    done = keeper.post(
        f"/points/redemptions/{placed['id']}/hand-over", json={"pickup_code": placed["pickup_code"]}
    )

    assert (done.status_code, done.json()["state"]) == (200, "completed")
    book = me.get("/points/passbooks/mine").json()
    assert (book["available"], book["held"]) == (0, 0)
    assert stock(shop_world, shop_world.egg) == (on_hand - 1, reserved)
    lines = me.get(f"/points/passbooks/{book['id']}/statement").json()["items"]
    assert [(line["purpose"], line["points"], line["balance_after"]) for line in lines] == [
        ("reserve", -5, 0),
        ("earn", 5, 5),
    ]
    ((name, data),) = shop_world.events(placed["id"])
    assert (name, data["points"], data["household_id"]) == ("redemption_completed", 5, home.id)
    again = keeper.post(
        f"/points/redemptions/{placed['id']}/hand-over", json={"pickup_code": placed["pickup_code"]}
    )
    assert (again.status_code, again.json()["code"]) == (409, "order_ended")
    assert shop_world.differences() == []


def _other(placed: dict[str, Any]) -> str:
    return f"{(int(placed['pickup_code']) + 1) % 1_000_000:06}"


def test_forty_concurrent_spends_of_ten_from_a_hundred_let_exactly_ten_through(
    service: clients.Api, shop_world: World
) -> None:
    home = shop_world.household(points=100)
    good = new_good(shop_world, price=10, stock=1_000)
    body = order(shop_world, good)

    with ThreadPoolExecutor(40) as pool:
        answers = list(
            pool.map(lambda _: resident(service, home).post("/points/redemptions", json=body), range(40))
        )

    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409)) == (10, 30), codes
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"insufficient_points"}
    book = shop_world.book(home.id)
    assert (book["available"], book["held"]) == (0, 100)
    assert stock(shop_world, good) == (1_000, 10)
    assert shop_world.differences() == []


def test_twenty_households_wanting_the_last_seven_goods_get_exactly_seven(
    service: clients.Api, shop_world: World
) -> None:
    good = new_good(shop_world, price=1, stock=7)
    homes = [shop_world.household(points=2) for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda home: resident(service, home).post(
                    "/points/redemptions", json=order(shop_world, good)
                ),
                homes,
            )
        )

    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409)) == (7, 13), codes
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"out_of_stock"}
    assert stock(shop_world, good) == (7, 7)
    assert shop_world.differences() == []


def test_orders_of_several_goods_in_any_order_do_not_deadlock(
    service: clients.Api, shop_world: World
) -> None:
    goods = [new_good(shop_world, price=1, stock=100) for _ in range(3)]
    homes = [shop_world.household(points=50) for _ in range(4)]

    def place(number: int) -> int:
        wanted = goods if number % 2 else goods[::-1]
        lines = [{"good_id": good, "quantity": 1} for good in wanted]
        body = {"shop_id": shop_world.shop, "lines": lines}
        me = resident(service, homes[number % 4])
        answer = me.post("/points/redemptions", json=body)
        if number % 3 == 0 and answer.status_code == 201:
            answer = me.post(f"/points/redemptions/{answer.json()['id']}/cancel")
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(place, range(40)))

    assert statuses <= {200, 201}
    assert shop_world.differences() == []


def test_cancelling_frees_points_and_stock_and_says_so(service: clients.Api, shop_world: World) -> None:
    home = shop_world.household(points=10)
    good = new_good(shop_world, price=5, stock=2)
    me = resident(service, home)
    placed = me.post("/points/redemptions", json=order(shop_world, good, 2)).json()

    cancelled = me.post(f"/points/redemptions/{placed['id']}/cancel")

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert stock(shop_world, good) == (2, 0)
    assert shop_world.statement(home.id)[-2:] == [("reserve", -10, 0), ("release", 10, 10)]
    ((name, data),) = shop_world.events(placed["id"])
    assert (name, data["expired"]) == ("redemption_released", False)


def test_an_order_nobody_picks_up_expires_once_and_frees_both(
    service: clients.Api, shop_world: World, keeper: clients.Client
) -> None:
    home = shop_world.household(points=10)
    good = new_good(shop_world, price=5, stock=2)
    placed = resident(service, home).post("/points/redemptions", json=order(shop_world, good, 2)).json()
    with shop_world.database.transaction() as tx:
        tx.execute(
            "UPDATE redemptions SET expires_at = clock_timestamp() - interval '1 second' WHERE id = %s",
            (placed["id"],),
        )

    late = keeper.post(
        f"/points/redemptions/{placed['id']}/hand-over", json={"pickup_code": placed["pickup_code"]}
    )
    assert (late.status_code, late.json()["code"]) == (409, "order_expired")

    def expire(_: int) -> int:
        with shop_world.database.transaction() as tx:
            return shop_world.worker.expire_orders(tx)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(expire, range(8))) == 1

    assert stock(shop_world, good) == (2, 0)
    assert shop_world.book(home.id)["available"] == 10
    ((name, data),) = shop_world.events(placed["id"])
    assert (name, data["expired"]) == ("redemption_released", True)
    assert shop_world.differences() == []


def test_of_many_ways_to_end_an_order_at_once_one_wins(
    service: clients.Api, shop_world: World, keeper: clients.Client
) -> None:
    home = shop_world.household(points=10)
    me = resident(service, home)
    placed = me.post("/points/redemptions", json=order(shop_world)).json()
    path = f"/points/redemptions/{placed['id']}"

    with ThreadPoolExecutor(8) as pool:
        cancels = [pool.submit(me.post, f"{path}/cancel") for _ in range(4)]
        code = {"pickup_code": placed["pickup_code"]}
        hand_overs = [pool.submit(keeper.post, f"{path}/hand-over", json=code) for _ in range(4)]
        answers = [future.result() for future in (*cancels, *hand_overs)]

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(shop_world.events(placed["id"])) == 1
    assert shop_world.differences() == []


def test_others_orders_books_and_shops_are_not_found(service: clients.Api, shop_world: World) -> None:
    home, neighbour = shop_world.household(points=10), shop_world.household(points=10)
    me, other = resident(service, home), resident(service, neighbour)
    placed = me.post("/points/redemptions", json=order(shop_world)).json()
    book = me.get("/points/passbooks/mine").json()
    stranger_keeper = service.client(roles=["shopkeeper"], shops=[ids.new()])
    elsewhere = service.client(roles=["admin"], areas=["370103"])

    for answer in (
        other.get(f"/points/redemptions/{placed['id']}"),
        other.post(f"/points/redemptions/{placed['id']}/cancel"),
        other.get(f"/points/passbooks/{book['id']}"),
        other.get(f"/points/passbooks/{book['id']}/statement"),
        stranger_keeper.post(
            f"/points/redemptions/{placed['id']}/hand-over", json={"pickup_code": placed["pickup_code"]}
        ),
        stranger_keeper.get(f"/points/shops/{shop_world.shop}/redemptions"),
        stranger_keeper.get(f"/points/passbooks/by-number/{book['number']}"),
        stranger_keeper.post(
            f"/points/goods/{shop_world.egg}/stock", json={"kind": "received", "quantity": 1}
        ),
        elsewhere.post(
            f"/points/passbooks/{book['id']}/adjustments", json={"points": 5, "reason": "误扣更正"}
        ),
        elsewhere.get(f"/points/redemptions/{placed['id']}"),
        service.client(roles=["resident"]).get("/points/passbooks/mine"),
    ):
        assert answer.status_code == 404, (answer.url, answer.text)
    assert other.post(f"/points/passbooks/{book['id']}/adjustments", json={}).status_code == 403


def test_a_shopkeeper_finds_a_paper_book_by_its_number(
    service: clients.Api, shop_world: World, keeper: clients.Client
) -> None:
    home = shop_world.household(points=10)
    number = shop_world.book(home.id)["number"]

    found = keeper.get(f"/points/passbooks/by-number/{number[:9]} {number[9:15]} {number[15]}")
    mistyped = keeper.get(f"/points/passbooks/by-number/{number[:-1]}{(int(number[-1]) + 1) % 10}")

    assert found.json()["available"] == 10
    assert "household_id" not in found.json()
    assert (mistyped.status_code, mistyped.json()["code"]) == (422, "book_number_wrong")


def test_a_statement_is_read_page_by_page_without_gaps(service: clients.Api, shop_world: World) -> None:
    home = shop_world.household()
    for _ in range(4):
        shop_world.apply(shop_world.triaged(home.person))
    me = resident(service, home)
    path = f"/points/passbooks/{me.get('/points/passbooks/mine').json()['id']}/statement"

    balances, cursor = [], None
    for _ in range(4):
        page = me.get(path, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        balances += [line["balance_after"] for line in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert balances == [20, 15, 10, 5]
    for bad in ("x", "WyJhIl0", "Wy0xXQ"):
        assert me.get(path, params={"cursor": bad}).status_code == 422


def test_an_admin_adjusts_with_a_reason_and_never_below_zero(
    service: clients.Api, shop_world: World, admin: clients.Client
) -> None:
    home = shop_world.household(points=3)
    path = f"/points/passbooks/{shop_world.book(home.id)['id']}/adjustments"

    given = admin.post(path, json={"points": 4, "reason": "补记七月活动"})
    taken = admin.post(path, json={"points": -8, "reason": "误记更正"})
    unexplained = admin.post(path, json={"points": 4})

    assert (given.status_code, given.json()["available"]) == (201, 7)
    assert (taken.status_code, taken.json()["code"]) == (409, "insufficient_points")
    assert unexplained.status_code == 422
    assert shop_world.statement(home.id)[-1] == ("adjust", 4, 7)
    assert shop_world.differences() == []


def test_an_admin_sets_up_a_scheme_with_rules_and_a_shop(
    service: clients.Api, admin: clients.Client, shop_world: World
) -> None:
    area = "370102012"
    scheme = admin.post("/points/schemes", json={"area": area, "name": "榆山微积分"}).json()
    twice = admin.post("/points/schemes", json={"area": area, "name": "又一个"})
    outside = admin.post("/points/schemes", json={"area": "370103001", "name": "别处"})
    rules = f"/points/schemes/{scheme['id']}/rules"

    first = admin.put(f"{rules}/matter_accepted", json={"name": "反映问题", "points": 2})
    second = admin.put(f"{rules}/matter_accepted", json={"name": "反映问题", "points": 3, "daily_cap": 9})
    past = admin.put(
        f"{rules}/matter_accepted",
        json={"name": "反映问题", "points": 3, "valid_from": "2026-01-01T00:00:00Z"},
    )
    shop = admin.post(
        "/points/shops", json={"scheme_id": scheme["id"], "area": f"{area}001", "name": "榆山积分超市"}
    )
    astray = admin.post(
        "/points/shops", json={"scheme_id": scheme["id"], "area": "370102008", "name": "别处"}
    )
    etag = admin.get("/points/schemes", params={"area": area}).json()["items"][0]["version"]
    renamed = admin.patch(
        f"/points/schemes/{scheme['id']}", json={"name": "微积分"}, headers={"If-Match": f'"{etag}"'}
    )
    stale = admin.patch(
        f"/points/schemes/{scheme['id']}", json={"name": "x"}, headers={"If-Match": f'"{etag}"'}
    )

    assert (twice.status_code, twice.json()["code"]) == (409, "scheme_exists")
    assert (outside.status_code, astray.status_code, past.status_code) == (403, 422, 422)
    assert [first.json()["version"], second.json()["version"]] == [1, 2]
    listed = service.client().get(rules).json()["rules"]
    assert [(rule["version"], rule["points"], rule["daily_cap"]) for rule in listed] == [
        (1, 2, None),
        (2, 3, 9),
    ]
    assert shop.status_code == 201
    assert (renamed.json()["name"], renamed.json()["version"]) == ("微积分", 2)
    assert stale.status_code == 412


def test_a_keeper_books_stock_in_and_counts_it_but_not_below_what_is_promised(
    service: clients.Api, shop_world: World, keeper: clients.Client
) -> None:
    good = keeper.post(
        f"/points/shops/{shop_world.shop}/goods", json={"name": "洗衣液", "source": "采购", "price": 4}
    ).json()
    path = f"/points/goods/{good['id']}"
    keeper.post(f"{path}/stock", json={"kind": "received", "quantity": 3})
    home = shop_world.household(points=8)
    resident(service, home).post("/points/redemptions", json=order(shop_world, good["id"], 2))

    counted = keeper.post(f"{path}/stock", json={"kind": "counted", "quantity": -1, "reason": "破损"})
    too_few = keeper.post(f"{path}/stock", json={"kind": "counted", "quantity": -1, "reason": "破损"})
    unexplained = keeper.post(f"{path}/stock", json={"kind": "counted", "quantity": 1})
    priced = keeper.patch(path, json={"price": 6}, headers={"If-Match": '"1"'})
    careless = keeper.patch(path, json={"price": 7})

    assert (counted.json()["on_hand"], counted.json()["available"]) == (2, 0)
    assert (too_few.status_code, too_few.json()["code"]) == (409, "stock_taken")
    assert unexplained.status_code == 422
    assert priced.json()["price"] == 6
    assert careless.status_code == 428
    assert shop_world.differences() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"shop_id": "x", "lines": []},
        {"shop_id": ids.new(), "lines": [{"good_id": ids.new(), "quantity": 0}]},
        {"shop_id": ids.new(), "lines": [{"good_id": ids.new(), "quantity": 1.5}]},
        {
            "shop_id": ids.new(),
            "lines": [{"good_id": "11111111-1111-7111-8111-111111111111", "quantity": 1}] * 2,
        },
        {"shop_id": ids.new(), "lines": [{"good_id": ids.new(), "quantity": 1}], "tip": 1},
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_the_fields_named(
    service: clients.Api, shop_world: World, body: dict[str, Any]
) -> None:
    answer = resident(service, shop_world.household()).post("/points/redemptions", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_the_books_are_shown_to_those_who_watch_over_them(
    service: clients.Api, shop_world: World, admin: clients.Client
) -> None:
    shop_world.household(points=10)

    balance = admin.get("/points/trial-balance").json()
    reconciliation = admin.get(f"/points/schemes/{shop_world.scheme}/reconciliation").json()
    stranger = service.client(roles=["supervisor"], areas=["370103"])
    elsewhere = stranger.get("/points/trial-balance").json()

    ours = next(scheme for scheme in balance["schemes"] if scheme["area"] == "370102008")
    assert ours["total"] == 0
    assert {row["kind"] for row in ours["accounts"]} == {"issuance", "household", "held", "arrears", "shop"}
    assert reconciliation == {"agrees": True, "differences": []}
    assert elsewhere == {"schemes": []}
    assert stranger.get(f"/points/schemes/{shop_world.scheme}/reconciliation").status_code == 404
    assert service.client(roles=["shopkeeper"], areas=[AREA]).get("/points/trial-balance").status_code == 403


def test_wrong_pickup_codes_end_the_tries_of_the_keeper_and_of_nobody_else(
    service: clients.Api, shop_world: World
) -> None:
    me = resident(service, shop_world.household(points=10))
    placed = me.post("/points/redemptions", json=order(shop_world)).json()
    guesser = service.client(roles=["shopkeeper"], shops=[shop_world.shop])
    honest = service.client(roles=["shopkeeper"], shops=[shop_world.shop])
    path = f"/points/redemptions/{placed['id']}/hand-over"

    def guess(_: int) -> Any:
        return guesser.post(path, json={"pickup_code": _other(placed)})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(redemptions.MOST_WRONG_CODES + 10)))
    right = {"pickup_code": placed["pickup_code"]}
    refused = guesser.post(path, json=right)
    looked_up = guesser.get(f"/points/shops/{shop_world.shop}/redemptions", params=right)

    assert (
        sorted(answer.status_code for answer in answers) == [409] * redemptions.MOST_WRONG_CODES + [429] * 10
    )
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_codes")
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert looked_up.status_code == 429
    assert honest.post(path, json=right).status_code == 200


def test_codes_that_find_no_order_count_as_wrong_and_right_ones_do_not(
    service: clients.Api, shop_world: World
) -> None:
    me = resident(service, shop_world.household(points=10))
    placed = me.post("/points/redemptions", json=order(shop_world)).json()
    counter = service.client(roles=["shopkeeper"], shops=[shop_world.shop])
    path = f"/points/shops/{shop_world.shop}/redemptions"
    right = {"pickup_code": placed["pickup_code"]}

    for _ in range(redemptions.MOST_WRONG_CODES - 1):
        assert counter.get(path, params={"pickup_code": _other(placed)}).json()["items"] == []
        assert len(counter.get(path, params=right).json()["items"]) == 1
    last = counter.get(path, params={"pickup_code": _other(placed)})
    beyond = counter.get(path, params=right)

    assert (last.status_code, beyond.status_code) == (200, 429)
    assert counter.get(path).status_code == 200


def test_wrong_codes_are_forgotten_after_a_day(
    service: clients.Api, shop_world: World, keeper: clients.Client
) -> None:
    placed = resident(service, shop_world.household(points=5)).post(
        "/points/redemptions", json=order(shop_world)
    )
    path = f"/points/redemptions/{placed.json()['id']}/hand-over"
    for _ in range(redemptions.MOST_WRONG_CODES):
        keeper.post(path, json={"pickup_code": _other(placed.json())})
    right = {"pickup_code": placed.json()["pickup_code"]}
    assert keeper.post(path, json=right).status_code == 429

    with shop_world.database.transaction() as tx:
        tx.execute("UPDATE code_tries SET since = since - interval '1 day'")

    assert keeper.post(path, json=right).status_code == 200


def test_an_admin_does_not_adjust_the_book_of_the_own_household(
    service: clients.Api, shop_world: World
) -> None:
    home = shop_world.household(points=3)
    me = service.client(roles=["admin"], areas=["370102"], household=home.id, person_id=home.person)

    refused = me.post(
        f"/points/passbooks/{shop_world.book(home.id)['id']}/adjustments",
        json={"points": 4, "reason": "辛苦了"},
    )

    assert (refused.status_code, refused.json()["code"]) == (403, "own_book")
    assert shop_world.book(home.id)["available"] == 3
