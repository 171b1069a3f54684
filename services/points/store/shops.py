"""Schemes, shops and goods."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from services.points.domain.ledger import Kind
from services.points.domain.redemptions import Good, Shop
from services.points.store import ledger
from services.points.store.statements import sql
from shared import db, errors, ids


class SchemeUnknown(errors.NotFound):
    """There is no such scheme, or it lies outside your area."""


class SchemeExists(errors.Conflict):
    """The subdistrict has a scheme already."""


class ShopUnknown(errors.NotFound):
    """There is no such shop, or it is not yours."""


class GoodUnknown(errors.NotFound):
    """There is no such good, or it is not your shop's."""


class StockTaken(errors.Conflict):
    """That many are not free: the rest is promised to open orders."""


def schemes(tx: db.Tx, scopes: list[str], *, after: str | None, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sql.schemes(tx, scopes=scopes, after=after, limit=limit)
    return rows


def scheme(tx: db.Tx, scheme_id: str) -> dict[str, Any]:
    """One scheme. Raises SchemeUnknown."""
    return _found(sql.scheme(tx, scheme_id=scheme_id), SchemeUnknown)


def active_schemes(tx: db.Tx, scheme_ids: Iterable[str]) -> set[str]:
    """Those of the schemes that are switched on."""
    return {row["id"] for row in sql.active_schemes(tx, ids=sorted(set(scheme_ids)))}


def lock_scheme(tx: db.Tx, scheme_id: str) -> dict[str, Any]:
    """One scheme, locked. Raises SchemeUnknown."""
    return _found(sql.lock_scheme(tx, scheme_id=scheme_id), SchemeUnknown)


def add_scheme(tx: db.Tx, *, scheme_id: str, area: str, name: str, hold_hours: int) -> dict[str, Any]:
    """A new scheme with its issuance account. Raises SchemeExists."""
    with db.translating({"schemes_area_key": SchemeExists}):
        row: dict[str, Any] = sql.add_scheme(tx, id=scheme_id, area=area, name=name, hold_hours=hold_hours)
    ledger.open_accounts(tx, scheme_id=scheme_id, kinds=[Kind.ISSUANCE], owner_ids=[scheme_id])
    return row


def save_scheme(tx: db.Tx, *, scheme_id: str, name: str, active: bool, hold_hours: int) -> dict[str, Any]:
    row: dict[str, Any] = sql.save_scheme(tx, id=scheme_id, name=name, active=active, hold_hours=hold_hours)
    return row


def shops(
    tx: db.Tx, *, area: str | None, scheme_id: str | None, after: str | None, limit: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sql.shops(tx, area=area, scheme_id=scheme_id, after=after, limit=limit)
    return rows


def shop_row(tx: db.Tx, shop_id: str) -> dict[str, Any]:
    """One shop as stored. Raises ShopUnknown."""
    return _found(sql.shop(tx, shop_id=shop_id), ShopUnknown)


def shop(tx: db.Tx, shop_id: str) -> Shop:
    """One shop as orders need it. Raises ShopUnknown."""
    row = shop_row(tx, shop_id)
    return Shop(
        id=row["id"],
        scheme_id=row["scheme_id"],
        area=row["area"],
        name=row["name"],
        active=row["active"],
        hold=timedelta(hours=row["hold_hours"]),
    )


def schemes_of(tx: db.Tx, shop_ids: Iterable[str]) -> set[str]:
    """The schemes that shops belong to."""
    return {row["scheme_id"] for row in sql.schemes_of_shops(tx, ids=sorted(set(shop_ids)))}


def add_shop(
    tx: db.Tx, *, shop_id: str, scheme_id: str, area: str, name: str, address: str
) -> dict[str, Any]:
    """A new shop with its account."""
    row: dict[str, Any] = sql.add_shop(
        tx, id=shop_id, scheme_id=scheme_id, area=area, name=name, address=address
    )
    ledger.open_accounts(tx, scheme_id=scheme_id, kinds=[Kind.SHOP], owner_ids=[shop_id])
    return row


def goods(tx: db.Tx, shop_id: str, *, after: str | None, limit: int, every: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sql.goods(tx, shop_id=shop_id, after=after, limit=limit, every=every)
    return rows


def lock_goods(tx: db.Tx, good_ids: Iterable[str]) -> dict[str, Good]:
    """Goods by id, locked; unknown ones are missing."""
    rows = sql.lock_goods(tx, ids=sorted(set(good_ids)))
    return {row["id"]: _good(row) for row in rows}


def lock_good(tx: db.Tx, good_id: str) -> dict[str, Any]:
    """One good as stored, locked. Raises GoodUnknown."""
    return _found(next(iter(sql.lock_goods(tx, ids=[good_id])), None), GoodUnknown)


def add_good(tx: db.Tx, *, good_id: str, shop_id: str, name: str, source: str, price: int) -> dict[str, Any]:
    row: dict[str, Any] = sql.add_good(tx, id=good_id, shop_id=shop_id, name=name, source=source, price=price)
    return row


def save_good(tx: db.Tx, *, good_id: str, name: str, source: str, price: int, active: bool) -> dict[str, Any]:
    row: dict[str, Any] = sql.save_good(tx, id=good_id, name=name, source=source, price=price, active=active)
    return row


def move_stock(
    tx: db.Tx,
    good_id: str,
    *,
    kind: str,
    quantity: int,
    at: datetime,
    reserved: int = 0,
    redemption_id: str | None = None,
    reason: str | None = None,
    made_by: str | None = None,
) -> dict[str, Any]:
    """Changes what is on hand, with its movement; `reserved` changes along. Raises StockTaken."""
    with db.translating({"goods_stock_check": StockTaken}):
        row: dict[str, Any] = sql.move_stock(tx, good_id=good_id, on_hand=quantity, reserved=reserved)
    sql.add_stock_movement(
        tx,
        id=ids.new(),
        good_id=good_id,
        kind=kind,
        quantity=quantity,
        on_hand_after=row["on_hand"],
        redemption_id=redemption_id,
        reason=reason,
        made_by=made_by,
        made_at=at,
    )
    return row


def reserve_stock(tx: db.Tx, good_id: str, quantity: int) -> None:
    """Promises so many to an order, or fewer again when negative. Raises StockTaken."""
    with db.translating({"goods_stock_check": StockTaken}):
        sql.move_stock(tx, good_id=good_id, on_hand=0, reserved=quantity)


def _good(row: dict[str, Any]) -> Good:
    names = ("id", "shop_id", "price", "on_hand", "reserved", "active")
    return Good(**{name: row[name] for name in names})


def _found(row: dict[str, Any] | None, unknown: type[errors.NotFound]) -> dict[str, Any]:
    if row is None:
        raise unknown()
    return row
