"""The exchange 积分超市 (domain.md §6): an order reserves points and stock, its end captures or releases both.

reserved ─ hand over ─▶ completed
   ├────── cancel ────▶ cancelled
   └────── expire ────▶ expired
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.points.domain import passbooks
from shared import errors
from shared.contracts.points import RedemptionCompleted, RedemptionReleased


class OrderUnknown(errors.NotFound):
    """There is no such order, or it is not yours to see."""


class OutOfStock(errors.Conflict):
    """The shop does not have that many left."""


class GoodUnavailable(errors.Conflict):
    """This is not offered by the shop now."""


class AnotherScheme(errors.Conflict):
    """The shop belongs to another subdistrict's scheme; its goods cannot be had for these points."""


class ShopClosed(errors.Conflict):
    """The shop is closed."""


class OrderEnded(errors.Conflict):
    """The order was already handed over, cancelled or has expired."""


class PickupCodeWrong(errors.Conflict):
    """This is not the pick-up code of the order."""


class TooManyCodes(errors.TooMany):
    """Too many wrong pick-up codes were tried; wait as long as Retry-After says."""


class OrderExpired(errors.Conflict):
    """The order was not picked up in time; points and goods are free again."""


# A code has six digits, and a counter many open orders: who mistypes needs a few tries, who guesses needs thousands.
MOST_WRONG_CODES = 20
WRONG_CODES_FORGOTTEN_AFTER_HOURS = 24


class State(StrEnum):
    RESERVED = "reserved"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A points shop of a scheme."""

    id: str
    scheme_id: str
    area: str
    name: str
    active: bool
    # How long an order is kept for picking up.
    hold: timedelta


@dataclass(frozen=True, kw_only=True)
class Good:
    """Something a shop exchanges for points. `reserved` of `on_hand` are promised to open orders."""

    id: str
    shop_id: str
    price: int
    on_hand: int
    reserved: int
    active: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many of one good, at the price of the moment of ordering."""

    good_id: str
    quantity: int
    price: int


@dataclass(frozen=True, kw_only=True)
class Redemption:
    """An order of a household at a shop."""

    id: str
    scheme_id: str
    shop_id: str
    # The shop's area: where it happens.
    area: str
    household_id: str
    ordered_by: str
    state: State
    points: int
    pickup_code: str
    placed_at: datetime
    expires_at: datetime
    lines: tuple[Line, ...]
    ended_at: datetime | None = None
    # Who handed over or cancelled; nobody when it expired.
    ended_by: str | None = None
    version: int = 1


def place(
    *,
    redemption_id: str,
    passbook: passbooks.Passbook,
    shop: Shop,
    goods: Mapping[str, Good],
    quantities: Mapping[str, int],
    by: str,
    at: datetime,
    pickup_code: str,
) -> Redemption:
    """A new order. Whether the points suffice is the ledger's to say.

    Raises PassbookClosed, ShopClosed, AnotherScheme, GoodUnavailable, OutOfStock.
    """
    passbook.require_open()
    if not shop.active:
        raise ShopClosed()
    if shop.scheme_id != passbook.scheme_id:
        raise AnotherScheme()
    lines = tuple(
        _line(goods.get(good_id), shop, quantity) for good_id, quantity in sorted(quantities.items())
    )
    return Redemption(
        id=redemption_id,
        scheme_id=shop.scheme_id,
        shop_id=shop.id,
        area=shop.area,
        household_id=passbook.household_id,
        ordered_by=by,
        state=State.RESERVED,
        points=sum(line.quantity * line.price for line in lines),
        pickup_code=pickup_code,
        placed_at=at,
        expires_at=at + shop.hold,
        lines=lines,
    )


def _line(good: Good | None, shop: Shop, quantity: int) -> Line:
    if good is None or good.shop_id != shop.id or not good.active:
        raise GoodUnavailable()
    if quantity > good.on_hand - good.reserved:
        raise OutOfStock(good_id=good.id, left=good.on_hand - good.reserved)
    return Line(good_id=good.id, quantity=quantity, price=good.price)


def hand_over(
    order: Redemption, *, pickup_code: str, by: str, at: datetime
) -> tuple[Redemption, RedemptionCompleted]:
    """The goods go over the counter. Raises OrderEnded, OrderExpired, PickupCodeWrong."""
    _require_open(order)
    if at >= order.expires_at:
        # The timer may be a moment behind; the promise ended all the same.
        raise OrderExpired()
    if pickup_code != order.pickup_code:
        raise PickupCodeWrong()
    event = RedemptionCompleted(
        redemption_id=order.id,
        area=order.area,
        shop_id=order.shop_id,
        household_id=order.household_id,
        points=order.points,
    )
    return _ended(order, State.COMPLETED, by, at), event


def check_tries(tries: int, *, seconds_left: int) -> None:
    """Raises TooManyCodes when somebody tries a code at a shop for the `tries`-th time without a right one.

    Args:
        seconds_left: until the wrong ones are forgotten.
    """
    if tries > MOST_WRONG_CODES:
        raise TooManyCodes(retry_after_seconds=max(1, seconds_left))


def cancel(order: Redemption, *, by: str, at: datetime) -> tuple[Redemption, RedemptionReleased]:
    """The household or the shop gives the order up. Raises OrderEnded."""
    _require_open(order)
    return _ended(order, State.CANCELLED, by, at), _released(order, expired=False)


def expire(order: Redemption, *, at: datetime) -> tuple[Redemption, RedemptionReleased] | None:
    """Nobody came in time; None when the order has ended otherwise or still has time."""
    if order.state is not State.RESERVED or at < order.expires_at:
        return None
    return _ended(order, State.EXPIRED, None, at), _released(order, expired=True)


def _require_open(order: Redemption) -> None:
    if order.state is State.EXPIRED:
        raise OrderExpired()
    if order.state is not State.RESERVED:
        raise OrderEnded()


def _ended(order: Redemption, state: State, by: str | None, at: datetime) -> Redemption:
    return replace(order, state=state, ended_at=at, ended_by=by, version=order.version + 1)


def _released(order: Redemption, *, expired: bool) -> RedemptionReleased:
    return RedemptionReleased(
        redemption_id=order.id,
        area=order.area,
        shop_id=order.shop_id,
        household_id=order.household_id,
        points=order.points,
        expired=expired,
    )
