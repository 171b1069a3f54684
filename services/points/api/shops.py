"""Shops, what they offer and what they have."""

from typing import Any

from services.points import schemas
from services.points.api import authority
from services.points.store import shops as store
from shared import areas, auth, db, errors, http, ids
from shared.http import get, patch, post


class ShopsApi:
    """Use cases around points shops."""

    @get("/points/shops", roles=auth.ANYONE, query=schemas.ShopsQuery, answers=schemas.ShopView, page=True)
    def list_shops(self, tx: db.Tx, request: http.Request) -> http.Page:
        """List open shops, of an area or a scheme."""
        scheme_id = request.query["scheme_id"]
        rows = store.shops(
            tx,
            area=request.query["area"],
            scheme_id=str(scheme_id) if scheme_id else None,
            after=authority.id_after(request),
            limit=request.limit + 1,
        )
        return authority.page(rows, request.limit, "id")

    @post(
        "/points/shops",
        roles=authority.ADMINS,
        body=schemas.NewShop,
        answers=schemas.ShopView,
        status=201,
        errors=(store.SchemeUnknown,),
    )
    def add_shop(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Open a shop of a scheme, inside the scheme's area."""
        body = request.body
        scheme = authority.administered_scheme(tx, request.actor, str(body["scheme_id"]))
        if not areas.inside(body["area"], scheme["area"]):
            raise errors.invalid("/area", "outside_scheme", "The shop must lie inside the scheme's area.")
        return store.add_shop(
            tx,
            shop_id=ids.new(),
            scheme_id=scheme["id"],
            area=body["area"],
            name=body["name"],
            address=body["address"],
        )

    @get(
        "/points/shops/<uuid:shop_id>/goods",
        roles=auth.ANYONE,
        query=http.PageQuery,
        answers=schemas.GoodView,
        page=True,
        errors=(store.ShopUnknown,),
    )
    def list_goods(self, tx: db.Tx, request: http.Request, shop_id: str) -> http.Page:
        """List what a shop offers; its keeper also sees what it does not offer now."""
        store.shop_row(tx, shop_id)
        rows = store.goods(
            tx,
            shop_id,
            after=authority.id_after(request),
            limit=request.limit + 1,
            every=authority.keeps(request.actor, shop_id),
        )
        return authority.page(rows, request.limit, "id")

    @post(
        "/points/shops/<uuid:shop_id>/goods",
        roles=authority.KEEPERS,
        body=schemas.NewGood,
        answers=schemas.GoodView,
        status=201,
        errors=(store.ShopUnknown,),
    )
    def add_good(self, tx: db.Tx, request: http.Request, shop_id: str) -> dict[str, Any]:
        """Offer something in my shop; its stock is booked in separately."""
        authority.own_shop(tx, request.actor, shop_id)
        return store.add_good(tx, good_id=ids.new(), shop_id=shop_id, **request.body)

    @patch(
        "/points/goods/<uuid:good_id>",
        roles=authority.KEEPERS,
        body=schemas.GoodChange,
        answers=schemas.GoodView,
        if_match=True,
        errors=(store.GoodUnknown,),
    )
    def change_good(self, tx: db.Tx, request: http.Request, good_id: str) -> dict[str, Any]:
        """Change a good's name, source or price, or stop offering it; orders keep their price."""
        good = self._own_good(tx, request, good_id)
        request.match(good["version"])
        kept = {name: good[name] for name in ("name", "source", "price", "active")}
        return store.save_good(tx, good_id=good_id, **{**kept, **request.body})

    @post(
        "/points/goods/<uuid:good_id>/stock",
        roles=authority.KEEPERS,
        body=schemas.StockChange,
        answers=schemas.GoodView,
        status=201,
        errors=(store.GoodUnknown, store.StockTaken),
    )
    def book_stock(self, tx: db.Tx, request: http.Request, good_id: str) -> dict[str, Any]:
        """Book in what came, or correct the stock after counting it."""
        self._own_good(tx, request, good_id)
        return store.move_stock(tx, good_id, **request.body, made_by=request.actor.person_id, at=db.now(tx))

    def _own_good(self, tx: db.Tx, request: http.Request, good_id: str) -> dict[str, Any]:
        good = store.lock_good(tx, good_id)
        try:
            authority.own_shop(tx, request.actor, good["shop_id"])
        except store.ShopUnknown as error:
            raise store.GoodUnknown() from error
        return good
