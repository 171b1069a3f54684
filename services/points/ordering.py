"""What an order does to points and stock: reserving, capturing and releasing both together.

Locks are always taken in this order: order, passbook, goods by id, accounts by id.
"""

from datetime import datetime

from services.points.domain import ledger, redemptions
from services.points.domain.ledger import Leg, Purpose, Transfer
from services.points.domain.redemptions import Redemption
from services.points.store import ledger as ledger_store
from services.points.store import passbooks, shops
from services.points.store import redemptions as store
from shared import db, ids
from shared.bus import outbox


def reserve(tx: db.Tx, order: Redemption) -> None:
    """Sets points and goods aside; book and goods are locked by the caller. Raises InsufficientPoints."""
    for line in order.lines:
        shops.reserve_stock(tx, line.good_id, line.quantity)
    legs = ledger.reserving(household_id=order.household_id, points=order.points)
    _post(tx, order, Purpose.RESERVE, legs, at=order.placed_at, by=order.ordered_by)


def capture(tx: db.Tx, order: Redemption, *, at: datetime) -> None:
    """Points to the shop, goods to the household. The order and its book are locked by the caller."""
    store.end(tx, order)
    shops.lock_goods(tx, (line.good_id for line in order.lines))
    for line in order.lines:
        shops.move_stock(
            tx,
            line.good_id,
            kind="handed_over",
            quantity=-line.quantity,
            reserved=-line.quantity,
            redemption_id=order.id,
            made_by=order.ended_by,
            at=at,
        )
    legs = ledger.capturing(household_id=order.household_id, shop_id=order.shop_id, points=order.points)
    _post(tx, order, Purpose.CAPTURE, legs, at=at, by=order.ended_by)


def release(tx: db.Tx, order: Redemption, *, at: datetime) -> None:
    """Points and goods are free again. The order and its book are locked by the caller."""
    store.end(tx, order)
    shops.lock_goods(tx, (line.good_id for line in order.lines))
    for line in order.lines:
        shops.reserve_stock(tx, line.good_id, -line.quantity)
    legs = ledger.releasing(household_id=order.household_id, points=order.points)
    _post(tx, order, Purpose.RELEASE, legs, at=at, by=order.ended_by)


def expire_due(tx: db.Tx, *, limit: int) -> int:
    """Expires orders nobody picked up, oldest first; answers how many.

    Due orders are found unlocked, then locked one by one where nobody else is at them, and looked at again.
    """
    expired = 0
    for redemption_id in store.due(tx, limit=limit):
        order = store.lock_if_free(tx, redemption_id)
        if order is None:
            continue
        passbooks.lock_book(tx, order.household_id)
        at = db.now(tx)
        ended = redemptions.expire(order, at=at)
        if ended is None:
            continue
        order, event = ended
        release(tx, order, at=at)
        outbox.add(tx, [event])
        expired += 1
    return expired


def _post(
    tx: db.Tx, order: Redemption, purpose: Purpose, legs: tuple[Leg, ...], *, at: datetime, by: str | None
) -> None:
    transfer = Transfer(
        id=ids.new(),
        scheme_id=order.scheme_id,
        purpose=purpose,
        at=at,
        household_id=order.household_id,
        redemption_id=order.id,
        made_by=by,
        legs=legs,
    )
    ledger_store.post(tx, [transfer])
