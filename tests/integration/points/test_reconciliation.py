"""Every kind of disagreement between the books is found and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.points import demo, ordering
from services.points.domain import redemptions
from services.points.domain.reconciliation import Check
from services.points.store import passbooks, shops
from services.points.store import redemptions as order_store
from shared import db, ids, metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.points.conftest import World


@pytest.fixture
def used(world: World) -> World:
    """A world in which something of everything has happened."""
    home = world.household(points=50)
    for code, end in (("000001", None), ("000002", "hand_over"), ("000003", "cancel")):
        with world.database.transaction() as tx:
            book = passbooks.lock_book(tx, home.id)
            order = redemptions.place(
                redemption_id=ids.new(),
                passbook=book,
                shop=shops.shop(tx, world.shop),
                goods=shops.lock_goods(tx, [world.egg]),
                quantities={world.egg: 2},
                by=home.person,
                at=db.now(tx),
                pickup_code=code,
            )
            order_store.add(tx, order)
            ordering.reserve(tx, order)
            at = db.now(tx)
            if end == "hand_over":
                done, _ = redemptions.hand_over(order, pickup_code=code, by=home.person, at=at)
                ordering.capture(tx, done, at=at)
            if end == "cancel":
                ended, _ = redemptions.cancel(order, by=home.person, at=at)
                ordering.release(tx, ended, at=at)
    return world


def test_books_that_agree_show_no_difference(used: World) -> None:
    assert used.differences() == []


@pytest.mark.parametrize(
    ("damage", "checks"),
    [
        ("UPDATE accounts SET balance = balance + 1 WHERE kind = 'household'", {"trial_balance", "entries"}),
        ("UPDATE accounts SET last_sequence = last_sequence + 1 WHERE kind = 'shop'", {"entries"}),
        ("UPDATE redemptions SET points = 11 WHERE state = 'reserved'", {"held", "orders"}),
        ("UPDATE redemptions SET points = 11 WHERE state = 'completed'", {"shop", "orders"}),
        (
            "UPDATE redemptions SET state = 'expired' WHERE state = 'completed'",
            {"shop", "orders", "stock_on_hand"},
        ),
        ("UPDATE redemption_lines SET price = 4 WHERE quantity = 2", {"orders"}),
        ("UPDATE goods SET reserved = 0", {"stock_reserved"}),
        ("UPDATE goods SET on_hand = on_hand + 1", {"stock_on_hand"}),
        ("DELETE FROM awards", {"awards"}),
        ("UPDATE awards SET points = points - 1", {"awards"}),
    ],
)
def test_whatever_was_tampered_with_is_named(used: World, damage: str, checks: set[str]) -> None:
    with used.database.transaction() as tx:
        # What guards the tables is taken away first; only who owns the database can.
        tx.execute("ALTER TABLE accounts DISABLE TRIGGER USER")
        assert tx.execute(damage).rowcount > 0

    assert {difference.check for difference in used.differences()} == {Check(check) for check in checks}


def test_the_worker_shows_differences_as_a_metric(used: World) -> None:
    with used.database.transaction() as tx:
        tx.execute("UPDATE goods SET reserved = 0")
    looks = 0
    while True:
        with used.database.transaction() as tx:
            if not used.worker.reconcile(tx):
                break
        looks += 1

    def shown(check: Check) -> float:
        return metrics.points_differences.labels(check)._value.get()

    assert looks == 1
    assert shown(Check.STOCK_RESERVED) == 1
    assert shown(Check.TRIAL_BALANCE) == 0


def test_demo_data_loads_twice_without_harm_and_one_matter_buys_an_egg(
    database: Callable[[str], db.Database],
) -> None:
    points = database("points")

    demo.load(points)
    demo.load(points)

    with points.transaction(read_only=True) as tx:
        (scheme,) = shops.schemes(tx, ["370102007"], after=None, limit=9)
        goods = shops.goods(tx, demo.demo_id("shop.wendong"), after=None, limit=9, every=False)
        assert scheme["id"] == demo.demo_id("scheme.wendong")
        assert {good["name"]: good["price"] for good in goods}["鸡蛋"] == 5
