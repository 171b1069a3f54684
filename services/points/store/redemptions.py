"""Orders at the points shops."""

import itertools
from collections.abc import Sequence
from typing import Any

from services.points.domain.redemptions import Line, OrderUnknown, Redemption, State
from services.points.store.statements import sql
from shared import auth, db


def add(tx: db.Tx, order: Redemption) -> bool:
    """Stores a new order; False when an open order of the shop has its pick-up code."""
    names = (
        "id",
        "scheme_id",
        "shop_id",
        "area",
        "household_id",
        "ordered_by",
        "state",
        "points",
        "pickup_code",
        "placed_at",
        "expires_at",
    )
    if not sql.add_redemption(tx, **{name: getattr(order, name) for name in names}):
        return False
    sql.add_lines(
        tx,
        redemption_id=order.id,
        good_ids=[line.good_id for line in order.lines],
        quantities=[line.quantity for line in order.lines],
        prices=[line.price for line in order.lines],
    )
    return True


def lock(tx: db.Tx, redemption_id: str) -> Redemption:
    """One order, locked. Raises OrderUnknown."""
    row = sql.lock_redemption(tx, redemption_id=redemption_id)
    if row is None:
        raise OrderUnknown()
    return _orders(tx, [row])[0]


def lock_if_free(tx: db.Tx, redemption_id: str) -> Redemption | None:
    """One order, locked, or None when somebody else is at it."""
    row = sql.lock_redemption_if_free(tx, redemption_id=redemption_id)
    return _orders(tx, [row])[0] if row else None


def end(tx: db.Tx, order: Redemption) -> None:
    """Stores that an order ended."""
    sql.end_redemption(
        tx,
        id=order.id,
        state=order.state,
        ended_at=order.ended_at,
        ended_by=order.ended_by,
        version=order.version,
    )


def due(tx: db.Tx, *, limit: int) -> list[str]:
    """Orders past their time, oldest first, unlocked."""
    return [row["id"] for row in sql.due_redemptions(tx, limit=limit)]


def visible(tx: db.Tx, redemption_id: str, actor: auth.Actor) -> dict[str, Any]:
    """One order with its lines, for its household, its shop or the area's admin. Raises OrderUnknown."""
    row = sql.redemption(
        tx,
        redemption_id=redemption_id,
        household_id=actor.household,
        shop_ids=list(actor.shops) if actor.has(auth.Role.SHOPKEEPER) else [],
        scopes=actor.scopes if actor.has(auth.Role.ADMIN) else [],
    )
    if row is None:
        raise OrderUnknown()
    return with_lines(tx, [row])[0]


def of_household(tx: db.Tx, household_id: str, *, before: str | None, limit: int) -> list[dict[str, Any]]:
    """A household's orders with their lines, newest first."""
    rows = sql.redemptions_of_household(tx, household_id=household_id, before=before, limit=limit)
    return with_lines(tx, rows)


def of_shop(
    tx: db.Tx, shop_id: str, *, only_open: bool, pickup_code: str | None, before: str | None, limit: int
) -> list[dict[str, Any]]:
    """A shop's orders with their lines, newest first; a pick-up code finds open orders only."""
    if only_open or pickup_code:
        rows = sql.open_redemptions_of_shop(
            tx, shop_id=shop_id, pickup_code=pickup_code, before=before, limit=limit
        )
    else:
        rows = sql.redemptions_of_shop(tx, shop_id=shop_id, before=before, limit=limit)
    return with_lines(tx, rows)


def with_lines(tx: db.Tx, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order rows with their `lines`."""
    lines = sql.lines_of(tx, redemption_ids=[row["id"] for row in rows]) if rows else []
    of_order = itertools.groupby(lines, key=lambda line: line["redemption_id"])
    by_order = {redemption_id: list(group) for redemption_id, group in of_order}
    return [row | {"lines": by_order.get(row["id"], [])} for row in rows]


def _orders(tx: db.Tx, rows: Sequence[dict[str, Any]]) -> list[Redemption]:
    return [
        Redemption(
            **{
                **row,
                "state": State(row["state"]),
                "lines": tuple(
                    Line(good_id=line["good_id"], quantity=line["quantity"], price=line["price"])
                    for line in row["lines"]
                ),
            }
        )
        for row in with_lines(tx, rows)
    ]
