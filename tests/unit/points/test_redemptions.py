"""Orders: what may be ordered, and how an order ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.points.domain import redemptions
from services.points.domain.passbooks import Passbook, PassbookClosed
from services.points.domain.redemptions import Good, Redemption, Shop, State

AT = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
BOOK = Passbook(
    id="book", household_id="household", scheme_id="scheme", number="", area="370102007003001", active=True
)
SHOP = Shop(
    id="shop",
    scheme_id="scheme",
    area="370102007",
    name="文东积分超市",
    active=True,
    hold=timedelta(hours=72),
)
EGG = Good(id="egg", shop_id="shop", price=5, on_hand=10, reserved=4, active=True)
SOAP = Good(id="soap", shop_id="shop", price=40, on_hand=1, reserved=0, active=True)


def placed(
    quantities: dict[str, int] | None = None,
    *,
    book: Passbook = BOOK,
    shop: Shop = SHOP,
    goods: tuple[Good, ...] = (EGG, SOAP),
) -> Redemption:
    return redemptions.place(
        redemption_id="order",
        passbook=book,
        shop=shop,
        goods={good.id: good for good in goods},
        quantities=quantities or {"egg": 1},
        by="person",
        at=AT,
        pickup_code="123456",
    )


def test_an_order_costs_the_sum_of_its_lines_and_is_kept_for_a_while() -> None:
    order = placed({"egg": 6, "soap": 1})

    assert order.points == 70
    assert order.state is State.RESERVED
    assert order.expires_at == AT + timedelta(hours=72)


def test_what_is_promised_to_others_cannot_be_ordered() -> None:
    assert placed({"egg": 6}).points == 30
    with pytest.raises(redemptions.OutOfStock) as refused:
        placed({"egg": 7})
    assert refused.value.arguments["left"] == 6


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"book": replace(BOOK, active=False)}, PassbookClosed),
        ({"book": replace(BOOK, scheme_id="another")}, redemptions.AnotherScheme),
        ({"shop": replace(SHOP, active=False)}, redemptions.ShopClosed),
        ({"goods": (replace(EGG, active=False),)}, redemptions.GoodUnavailable),
        ({"goods": (replace(EGG, shop_id="another"),)}, redemptions.GoodUnavailable),
        ({"goods": ()}, redemptions.GoodUnavailable),
    ],
)
def test_an_order_that_cannot_be_met_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        placed(**changes)  # type: ignore[arg-type]


def test_handing_over_completes_the_order_against_its_code() -> None:
    order, event = redemptions.hand_over(placed(), pickup_code="123456", by="keeper", at=AT)

    assert (order.state, order.ended_by, order.ended_at, order.version) == (State.COMPLETED, "keeper", AT, 2)
    assert (event.redemption_id, event.shop_id, event.points) == ("order", "shop", 5)
    with pytest.raises(redemptions.PickupCodeWrong):
        redemptions.hand_over(placed(), pickup_code="654321", by="keeper", at=AT)


def test_an_order_can_be_picked_up_until_it_expires_and_not_from_then_on() -> None:
    order = placed()
    last = order.expires_at - timedelta(microseconds=1)

    assert (
        redemptions.hand_over(order, pickup_code="123456", by="keeper", at=last)[0].state is State.COMPLETED
    )
    assert redemptions.expire(order, at=last) is None
    with pytest.raises(redemptions.OrderExpired):
        redemptions.hand_over(order, pickup_code="123456", by="keeper", at=order.expires_at)
    expired = redemptions.expire(order, at=order.expires_at)
    assert expired is not None
    assert expired[0].state is State.EXPIRED
    assert expired[1].expired


def test_an_ended_order_stays_as_it_ended() -> None:
    completed, _ = redemptions.hand_over(placed(), pickup_code="123456", by="keeper", at=AT)
    cancelled, event = redemptions.cancel(placed(), by="person", at=AT)

    assert not event.expired
    assert redemptions.expire(completed, at=completed.expires_at) is None
    for ended in (completed, cancelled):
        with pytest.raises(redemptions.OrderEnded):
            redemptions.cancel(ended, by="person", at=AT)
        with pytest.raises(redemptions.OrderEnded):
            redemptions.hand_over(ended, pickup_code="123456", by="keeper", at=AT)
