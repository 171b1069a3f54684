"""Rows of `dispatch` and the values of its domain."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.dispatch.domain import errors as domain_errors
from services.dispatch.domain.order import Change, Order, OrderState, Review, Taken, Task, TaskState
from services.dispatch.store import responsibility
from services.dispatch.store.clocks import RulesInForce as RulesInForce
from services.dispatch.store.clocks import clocks_of as clocks_of
from services.dispatch.store.clocks import save_clocks as save_clocks
from services.dispatch.store.sql import queries
from shared import auth, clock, db, errors, ids
from shared.contracts.cases import Place

# Responders see their department's tasks, not the area they serve.
AREA_STAFF = auth.STAFF - {auth.Role.RESPONDER}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Orders of these areas, tasks of this department."""

    department: str | None = None
    scopes: list[str] = field(default_factory=list)


def seen(actor: auth.Actor) -> Reach:
    """What the caller may read."""
    return Reach(department=of_department(actor).department, scopes=of_areas(actor).scopes)


def of_department(actor: auth.Actor) -> Reach:
    """What the caller may change for a department; other roles of the same person give no hold on others' tasks."""
    return Reach(department=actor.department if actor.has(auth.Role.RESPONDER) else None)


def of_areas(actor: auth.Actor) -> Reach:
    """What a member of an area's staff may change as such."""
    return Reach(scopes=actor.scopes if actor.has(*AREA_STAFF) else [])


# --- Orders ---


def lock_by_task(tx: db.Tx, task_id: str, reach: Reach) -> tuple[Order, datetime]:
    """The order of a task within reach, locked, and the moment after the lock. Raises NotFound."""
    row = queries.lock_order_of_task(tx, task_id=task_id, **vars(reach))
    if row is None:
        raise errors.NotFound()
    order = orders_of(tx, [row])[0]
    if not reach.scopes and order.task(task_id).department_id != reach.department:
        # Redirected while we waited for the lock.
        raise errors.NotFound()
    return order, row["at"]


def lock_open(tx: db.Tx, case_ids: Iterable[str]) -> list[tuple[Order, datetime]]:
    """The open orders of matters, locked."""
    rows = queries.lock_open_orders(tx, case_ids=sorted(set(case_ids)))
    return list(zip(orders_of(tx, rows), [row["at"] for row in rows], strict=True))


def orders_of(tx: db.Tx, rows: Sequence[Mapping[str, Any]]) -> list[Order]:
    """Orders with their tasks, in the order of their rows."""
    if not rows:
        return []
    tasks: dict[str, list[Task]] = {str(row["order_id"]): [] for row in rows}
    for task in queries.tasks_of(tx, order_ids=list(tasks)):
        tasks[str(task["order_id"])].append(_task_of(task))
    return [_order_of(row, tuple(tasks[str(row["order_id"])])) for row in rows]


def insert(tx: db.Tx, orders: Sequence[Order]) -> None:
    """Writes newly opened orders and their tasks."""
    with db.together(tx):
        queries.insert_orders(tx, orders=json.dumps([_order_columns(order) for order in orders]))
        queries.insert_tasks(
            tx,
            tasks=json.dumps(
                [
                    {
                        "task_id": task.task_id,
                        "order_id": order.order_id,
                        "area": order.area,
                        "department_id": task.department_id,
                        "is_main": task.is_main,
                        "ground": responsibility.ground_json(task.ground),
                        "sent_at": clock.rfc3339(task.sent_at),
                    }
                    for order in orders
                    for task in order.tasks
                ]
            ),
        )


def save(tx: db.Tx, *changes: Change) -> None:
    """Writes what steps changed; the caller holds the orders' locks."""
    tasks = [change.order.task(task_id) for change in changes for task_id in change.changed]
    steps = [_history_columns(taken) for change in changes for taken in change.history]
    with db.together(tx):
        queries.save_orders(tx, orders=json.dumps([_moved_columns(change.order) for change in changes]))
        if tasks:
            queries.save_tasks(tx, tasks=json.dumps(list(map(_task_columns, tasks)), ensure_ascii=False))
        if steps:
            queries.add_history(tx, steps=json.dumps(steps, ensure_ascii=False))


def order_view(tx: db.Tx, order_id: str, actor: auth.Actor) -> dict[str, Any]:
    """An order with its tasks. Raises NotFound outside the actor's reach."""
    row = queries.get_order(tx, order_id=order_id, **vars(seen(actor)))
    if row is None:
        raise errors.NotFound()
    tasks = queries.tasks_of(tx, order_ids=[order_id])
    return {**row, "place": place(row), "tasks": tasks}


def task_view(tx: db.Tx, task_id: str, actor: auth.Actor) -> dict[str, Any]:
    """A task with its clocks. Raises NotFound outside the actor's reach."""
    row = queries.get_task(tx, task_id=task_id, **vars(seen(actor)))
    if row is None:
        raise errors.NotFound()
    return {**row, "place": place(row)}


def history(
    tx: db.Tx, task_id: str, actor: auth.Actor, *, after: str | None, most: int
) -> list[dict[str, Any]]:
    """What was done with a task. Raises NotFound outside the actor's reach."""
    if queries.get_task(tx, task_id=task_id, **vars(seen(actor))) is None:
        raise errors.NotFound()
    rows: list[dict[str, Any]] = queries.history_of(tx, task_id=task_id, after=after, most=most)
    return rows


def rate(
    tx: db.Tx, *, task_id: str, rater: str, score: int, words: str, by_person: str, at: datetime
) -> None:
    """Keeps a rating. Raises RatedAlready."""
    with db.translating({"ratings_pkey": domain_errors.RatedAlready}):
        queries.insert_rating(
            tx, task_id=task_id, rater=rater, score=score, words=words, by_person=by_person, rated_at=at
        )


# --- Rows ---


def _order_of(row: Mapping[str, Any], tasks: tuple[Task, ...]) -> Order:
    return Order(
        order_id=str(row["order_id"]),
        case_id=str(row["case_id"]),
        area=row["area"],
        kind=row["kind"],
        category=row["category"],
        sla_class=row["sla_class"],
        urgency=row["urgency"],
        place=Place(longitude=row["longitude"], latitude=row["latitude"]),
        caller_id=str(row["caller_id"]),
        state=OrderState(row["state"]),
        tasks=tasks,
        opened_at=row["opened_at"],
        finished_at=row["finished_at"],
        version=row["version"],
    )


def _order_columns(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "case_id": order.case_id,
        "area": order.area,
        "kind": order.kind,
        "category": order.category,
        "sla_class": order.sla_class,
        "urgency": order.urgency,
        "longitude": order.place.longitude,
        "latitude": order.place.latitude,
        "caller_id": order.caller_id,
        "opened_at": clock.rfc3339(order.opened_at),
    }


def _task_of(row: Mapping[str, Any]) -> Task:
    longitude, latitude = row["arrived_longitude"], row["arrived_latitude"]
    return Task(
        task_id=str(row["task_id"]),
        department_id=row["department_id"],
        is_main=row["is_main"],
        state=TaskState(row["state"]),
        run=row["run"],
        handler_id=_text(row["handler_id"]),
        ground=responsibility.ground_from(row["ground"]),
        signed_by=_text(row["signed_by"]),
        assigned_by=_text(row["assigned_by"]),
        arrived_place=None if longitude is None else Place(longitude=longitude, latitude=latitude),
        arrived_metres=row["arrived_metres"],
        reply_words=row["reply_words"],
        reply_by=_text(row["reply_by"]),
        reply_review=Review(row["reply_review"]) if row["reply_review"] else None,
        review_words=row["review_words"],
        replies_sent_back=row["replies_sent_back"],
        finish_words=row["finish_words"],
        attachment_ids=tuple(str(one) for one in row["attachment_ids"]),
        return_ground=row["return_ground"],
        return_words=row["return_words"],
        returns=row["returns"],
        sent_at=row["sent_at"],
        signed_at=row["signed_at"],
        arrived_at=row["arrived_at"],
        replied_at=row["replied_at"],
        finished_at=row["finished_at"],
    )


def _moved_columns(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "state": order.state,
        "finished_at": order.finished_at and clock.rfc3339(order.finished_at),
        "version": order.version,
    }


def _task_columns(task: Task) -> dict[str, Any]:
    columns = dict(vars(task))
    place = columns.pop("arrived_place")
    moments = {name: clock.rfc3339(value) for name, value in columns.items() if isinstance(value, datetime)}
    return {
        **columns,
        **moments,
        "ground": responsibility.ground_json(task.ground),
        "attachment_ids": list(task.attachment_ids),
        "arrived_longitude": place.longitude if place else None,
        "arrived_latitude": place.latitude if place else None,
    }


def _history_columns(taken: Taken) -> dict[str, Any]:
    columns = dict(vars(taken))
    return columns | {"step_id": ids.new(), "by_person": columns.pop("by"), "at": clock.rfc3339(taken.at)}


def place(row: Mapping[str, Any]) -> dict[str, float]:
    """Where the matter of an order or task is."""
    return {"longitude": row["longitude"], "latitude": row["latitude"]}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
