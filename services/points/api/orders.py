"""The exchange: ordering, cancelling, handing over."""

import secrets
from typing import Any

from services.points import ordering, schemas
from services.points.api import authority
from services.points.domain import ledger, passbooks, redemptions
from services.points.domain.redemptions import Redemption
from services.points.store import code_tries, shops
from services.points.store import passbooks as passbook_store
from services.points.store import redemptions as store
from shared import auth, db, errors, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.http import get, post

# A six-digit code is taken at a counter so seldom that three tries are plenty.
_CODE_TRIES = 3


class CodesTaken(errors.Unavailable):
    """No free pick-up code was found. Nothing was changed; try again shortly."""


class OrdersApi:
    """Use cases around orders at points shops."""

    @post(
        "/points/redemptions",
        roles=auth.ANYONE,
        body=schemas.NewRedemption,
        answers=schemas.RedemptionView,
        status=201,
        errors=(
            passbooks.PassbookUnknown,
            passbooks.PassbookClosed,
            shops.ShopUnknown,
            redemptions.ShopClosed,
            redemptions.AnotherScheme,
            redemptions.GoodUnavailable,
            redemptions.OutOfStock,
            ledger.InsufficientPoints,
            CodesTaken,
        ),
    )
    def place_order(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Order goods for my household's points. The pick-up code is to be shown at the counter."""
        book = passbook_store.lock_book(tx, authority.household_of(request.actor))
        shop = shops.shop(tx, str(request.body["shop_id"]))
        quantities = {str(line["good_id"]): line["quantity"] for line in request.body["lines"]}
        goods = shops.lock_goods(tx, quantities)
        at = db.now(tx)
        for _ in range(_CODE_TRIES):
            order = redemptions.place(
                redemption_id=ids.new(),
                passbook=book,
                shop=shop,
                goods=goods,
                quantities=quantities,
                by=request.actor.person_id,
                at=at,
                pickup_code=f"{secrets.randbelow(1_000_000):06}",
            )
            if store.add(tx, order):
                ordering.reserve(tx, order)
                return store.visible(tx, order.id, request.actor)
        raise CodesTaken()

    @get(
        "/points/redemptions",
        roles=auth.ANYONE,
        query=http.PageQuery,
        answers=schemas.RedemptionView,
        page=True,
        errors=(passbooks.PassbookUnknown,),
    )
    def my_orders(self, tx: db.Tx, request: http.Request) -> http.Page:
        """List my household's orders, newest first."""
        rows = store.of_household(
            tx,
            authority.household_of(request.actor),
            before=authority.id_after(request),
            limit=request.limit + 1,
        )
        return authority.page(rows, request.limit, "id")

    @get(
        "/points/redemptions/<uuid:redemption_id>",
        roles=auth.ANYONE,
        answers=schemas.RedemptionView,
        errors=(redemptions.OrderUnknown,),
    )
    def order(self, tx: db.Tx, request: http.Request, redemption_id: str) -> dict[str, Any]:
        """Read an order of my household, my shop or, as admin, my area."""
        return _shown(store.visible(tx, redemption_id, request.actor), request.actor)

    @post(
        "/points/redemptions/<uuid:redemption_id>/cancel",
        roles=auth.ANYONE,
        answers=schemas.RedemptionView,
        errors=(redemptions.OrderUnknown, redemptions.OrderEnded, redemptions.OrderExpired),
    )
    def cancel_order(self, tx: db.Tx, request: http.Request, redemption_id: str) -> dict[str, Any]:
        """Give up an order, as its household or its shop; points and goods are free again."""
        order = store.lock(tx, redemption_id)
        if order.household_id != request.actor.household and not authority.keeps(
            request.actor, order.shop_id
        ):
            raise redemptions.OrderUnknown()
        passbook_store.lock_book(tx, order.household_id)
        at = db.now(tx)
        order, event = redemptions.cancel(order, by=request.actor.person_id, at=at)
        ordering.release(tx, order, at=at)
        outbox.add(tx, [event])
        return _shown(store.visible(tx, order.id, request.actor), request.actor)

    @post(
        "/points/redemptions/<uuid:redemption_id>/hand-over",
        roles=frozenset({Role.SHOPKEEPER}),
        body=schemas.HandOver,
        answers=schemas.RedemptionView,
        errors=(
            redemptions.OrderUnknown,
            redemptions.OrderEnded,
            redemptions.OrderExpired,
            redemptions.PickupCodeWrong,
            redemptions.TooManyCodes,
        ),
    )
    def hand_over(self, tx: db.Tx, request: http.Request, redemption_id: str) -> dict[str, Any]:
        """Hand an order over the counter of my shop, against its pick-up code."""
        order: Redemption = store.lock(tx, redemption_id)
        if not authority.keeps(request.actor, order.shop_id):
            raise redemptions.OrderUnknown()
        passbook_store.lock_book(tx, order.household_id)
        code_tries.begin(tx, order.shop_id, request.actor.person_id)
        at = db.now(tx)
        try:
            order, event = redemptions.hand_over(
                order, pickup_code=request.body["pickup_code"], by=request.actor.person_id, at=at
            )
        except redemptions.PickupCodeWrong:
            code_tries.keep(tx)
            raise
        code_tries.was_right(tx, order.shop_id, request.actor.person_id)
        ordering.capture(tx, order, at=at)
        outbox.add(tx, [event])
        return _shown(store.visible(tx, order.id, request.actor), request.actor)

    @get(
        "/points/shops/<uuid:shop_id>/redemptions",
        roles=authority.KEEPERS,
        query=schemas.ShopOrdersQuery,
        answers=schemas.RedemptionView,
        page=True,
        errors=(shops.ShopUnknown, redemptions.TooManyCodes),
        # A code that finds nothing is counted.
        writes=True,
    )
    def shop_orders(self, tx: db.Tx, request: http.Request, shop_id: str) -> http.Page:
        """List the orders of my shop, or find an open one by its pick-up code."""
        authority.own_shop(tx, request.actor, shop_id)
        code = request.query["pickup_code"]
        if code:
            code_tries.begin(tx, shop_id, request.actor.person_id)
        rows = store.of_shop(
            tx,
            shop_id,
            only_open=request.query["only_open"],
            pickup_code=code,
            before=authority.id_after(request),
            limit=request.limit + 1,
        )
        if code and rows:
            code_tries.was_right(tx, shop_id, request.actor.person_id)
        return authority.page([_shown(row, request.actor) for row in rows], request.limit, "id")


def _shown(row: dict[str, Any], actor: auth.Actor) -> dict[str, Any]:
    """The order without its code for everybody but the household: the code proves who orders."""
    if row["household_id"] == actor.household:
        return row
    return {name: value for name, value in row.items() if name != "pickup_code"}
