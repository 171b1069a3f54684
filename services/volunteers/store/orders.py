"""Service orders and the menu."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.volunteers.domain.orders import LIVE, ServiceOrder, State
from services.volunteers.store.sql import queries, reach, text
from shared import auth, clock, db, errors
from shared.auth import Role


class As(StrEnum):
    """In which relation to an order somebody acts."""

    RESIDENT = "resident"
    VOLUNTEER = "volunteer"
    TAKER = "taker"
    # Staff of its area, or the lead of a team that works there.
    RUNNER = "runner"


def menu(tx: db.Tx) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.menu(tx)
    return rows


def menu_item(tx: db.Tx, service: str) -> dict[str, Any] | None:
    row: dict[str, Any] | None = queries.menu_item(tx, service=service)
    return row


def service_name(tx: db.Tx, service: str) -> str | None:
    row = menu_item(tx, service)
    return row["name"] if row else None


def insert(tx: db.Tx, orders: Iterable[ServiceOrder]) -> frozenset[str]:
    """Opens orders; a draw that has its order already is left out. Answers the ids of those opened."""
    rows = [
        {
            "service_order_id": order.service_order_id,
            "area": order.area,
            "service": order.service,
            "resident_id": order.resident_id,
            "words": order.words,
            "ordered_at": clock.rfc3339(order.ordered_at),
            "draw_id": order.draw_id,
            "planned_minutes": order.planned_minutes,
            "household_id": order.household_id,
        }
        for order in orders
    ]
    opened = queries.insert_orders(tx, orders=json.dumps(rows, ensure_ascii=False))
    return frozenset(str(row["service_order_id"]) for row in opened)


def lock(
    tx: db.Tx, service_order_id: str, actor: auth.Actor, *relations: As
) -> tuple[ServiceOrder, datetime]:
    """An order to which the actor has one of the relations, locked. Raises NotFound."""
    row = queries.lock_order(
        tx, service_order_id=service_order_id, **_relations(tx, actor, frozenset(relations))
    )
    if row is None:
        raise errors.NotFound()
    return order_of(row), row["at"]


def save(tx: db.Tx, order: ServiceOrder) -> None:
    queries.save_order(
        tx,
        service_order_id=order.service_order_id,
        offered_team_id=order.offered_team_id,
        volunteer_id=order.volunteer_id,
        state=order.state,
        minutes=order.minutes,
        rating=order.rating,
        remark=order.remark,
        taken_at=order.taken_at,
        served_at=order.served_at,
        confirmed_at=order.confirmed_at,
        version=order.version,
    )


def view(tx: db.Tx, service_order_id: str, actor: auth.Actor) -> dict[str, Any]:
    """An order in any relation the actor has to it, with what that relation shows. Raises NotFound."""
    row: dict[str, Any] | None = queries.get_order(
        tx, service_order_id=service_order_id, **_relations(tx, actor, frozenset(As))
    )
    if row is None:
        raise errors.NotFound()
    return row if row["has_part"] else _open_to_all(row)


def listed(
    tx: db.Tx, actor: auth.Actor, *, role: As, state: str | None, before: str | None, most: int
) -> list[dict[str, Any]]:
    """Orders the actor has this one relation to, newest first."""
    page = {"before": before, "most": most}
    person = actor.person_id
    rows: list[dict[str, Any]]
    match role:
        case As.RESIDENT:
            rows = queries.list_ordered_by(tx, person_id=person, state=state, **page)
        case As.VOLUNTEER:
            rows = queries.list_taken_by(tx, person_id=person, state=state, **page)
        case As.TAKER:
            found = queries.list_takeable(tx, person_id=person, household_id=actor.household, **page)
            rows = [_open_to_all(row) for row in found]
        case As.RUNNER:
            query = queries.list_live_area_orders if state in LIVE else queries.list_area_orders
            rows = query(tx, scopes=_scopes(tx, actor), lead_id=reach(actor).lead_id, state=state, **page)
    return rows


def _open_to_all(row: dict[str, Any]) -> dict[str, Any]:
    """An order without whose it is and their words: anybody can register for any area and may take it then."""
    return {name: value for name, value in row.items() if name not in ("resident_id", "words")}


def order_of(row: Mapping[str, Any]) -> ServiceOrder:
    return ServiceOrder(
        service_order_id=str(row["service_order_id"]),
        area=row["area"],
        service=row["service"],
        resident_id=str(row["resident_id"]),
        words=row["words"],
        ordered_at=row["ordered_at"],
        draw_id=text(row["draw_id"]),
        planned_minutes=row["planned_minutes"],
        household_id=text(row["household_id"]),
        offered_team_id=text(row["offered_team_id"]),
        volunteer_id=text(row["volunteer_id"]),
        state=State(row["state"]),
        minutes=row["minutes"],
        rating=row["rating"],
        remark=row["remark"],
        taken_at=row["taken_at"],
        served_at=row["served_at"],
        confirmed_at=row["confirmed_at"],
        version=row["version"],
    )


def _relations(tx: db.Tx, actor: auth.Actor, relations: frozenset[As]) -> dict[str, Any]:
    runs = As.RUNNER in relations
    return {
        "resident_id": actor.person_id if As.RESIDENT in relations else None,
        "volunteer_id": actor.person_id if As.VOLUNTEER in relations else None,
        "taker_id": actor.person_id if As.TAKER in relations else None,
        "lead_id": reach(actor).lead_id if runs else None,
        "scopes": _scopes(tx, actor) if runs else [],
    }


def _scopes(tx: db.Tx, actor: auth.Actor) -> list[str]:
    """Where the actor runs services: the areas of staff, and of the teams they lead."""
    led = queries.led_areas(tx, person_id=actor.person_id) if actor.has(Role.TEAM_LEAD) else []
    return auth.widest([*reach(actor).scopes, *(row["area"] for row in led)])
