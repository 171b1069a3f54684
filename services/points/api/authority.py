"""Who may touch what: own household, own shop, area of an admin."""

import uuid
from typing import Any

from services.points.domain import passbooks
from services.points.store import passbooks as passbook_store
from services.points.store import shops
from shared import auth, db, errors, http
from shared.auth import Role

ADMINS = frozenset({Role.ADMIN})
KEEPERS = frozenset({Role.SHOPKEEPER, Role.ADMIN})
AUDITORS = frozenset({Role.ADMIN, Role.SUPERVISOR})


def household_of(actor: auth.Actor) -> str:
    """The caller's household. Raises PassbookUnknown for a caller without one."""
    if actor.household is None:
        raise passbooks.PassbookUnknown()
    return actor.household


def administers(actor: auth.Actor, area: str) -> bool:
    return actor.has(Role.ADMIN) and actor.sees(area)


def keeps(actor: auth.Actor, shop_id: str) -> bool:
    """True for a shopkeeper of this very shop."""
    return actor.has(Role.SHOPKEEPER) and shop_id in actor.shops


def visible_book(tx: db.Tx, actor: auth.Actor, passbook_id: str) -> dict[str, Any]:
    """A book of the caller's household or area of administration. Raises PassbookUnknown."""
    book = passbook_store.view(tx, passbook_id=passbook_id)
    if book["household_id"] != actor.household and not administers(actor, book["scheme_area"]):
        raise passbooks.PassbookUnknown()
    return book


def own_shop(tx: db.Tx, actor: auth.Actor, shop_id: str) -> dict[str, Any]:
    """A shop the caller keeps or administers. Raises ShopUnknown."""
    shop = shops.shop_row(tx, shop_id)
    if not keeps(actor, shop_id) and not administers(actor, shop["area"]):
        raise shops.ShopUnknown()
    return shop


def administered_scheme(tx: db.Tx, actor: auth.Actor, scheme_id: str) -> dict[str, Any]:
    """A scheme of the caller's area, locked. Raises SchemeUnknown."""
    scheme = shops.lock_scheme(tx, scheme_id)
    if not administers(actor, scheme["area"]):
        raise shops.SchemeUnknown()
    return scheme


def page(rows: list[dict[str, Any]], limit: int, key: str) -> http.Page:
    """A page of rows read with one more than fits; `key` is the column they are sorted by."""
    return http.page(rows, limit=limit, key=lambda row: [row[key]])


def id_after(request: http.Request) -> str | None:
    """The id a page begins after. Raises Invalid for a cursor that holds none."""
    cursor = request.cursor(length=1)
    try:
        return str(uuid.UUID(cursor[0])) if cursor else None
    except (ValueError, TypeError, AttributeError) as error:
        raise bad_cursor() from error


def bad_cursor() -> errors.Invalid:
    return errors.invalid("?cursor", "cursor", "Pass the next_cursor of the page before, unchanged.")
