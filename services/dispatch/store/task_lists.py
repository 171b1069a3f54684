"""Lists of tasks: of a department, of one of its handlers, of areas; newest first or what is due first; counted.

A page is found by ids alone, on an index; only its rows are read whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.dispatch.domain.order import TaskState
from services.dispatch.store import orders
from services.dispatch.store.sql import queries
from shared import auth, clock, db

Sort = Literal["newest", "due"]
COUNTED_UP_TO = 10_000
OPEN = [str(state) for state in TaskState if state not in (TaskState.FINISHED, TaskState.CLOSED)]
# So many are read whole and sorted here.
_FEW = 2_000
# Where the limit stands, or is none: after everything that is due.
_NEVER = "infinity"


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose tasks: of one reach, the narrowest the actor has."""

    of: Literal["handler", "department", "areas"]
    parameters: Mapping[str, Any]


def whose(actor: auth.Actor, *, mine: bool) -> Whose:
    """Of their department for responders, else of their areas.

    Args:
        mine: only those a department assigned to the actor as its handler.
    """
    reach = orders.seen(actor)
    if mine:
        named = {"handler": actor.person_id, "department": reach.department}
        return Whose(of="handler", parameters=named)
    if reach.department:
        return Whose(of="department", parameters={"department": reach.department})
    return Whose(of="areas", parameters={"scopes": reach.scopes})


def newest(tx: db.Tx, of: Whose, *, state: str | None, before: str | None, most: int) -> list[dict[str, Any]]:
    """Tasks, newest first."""
    if of.of == "areas":
        # Sought by age, the tasks of a quiet area would be looked for among those of the whole deployment.
        some = queries.some_of_areas(tx, **of.parameters, most=_FEW + 1)
        if len(some) <= _FEW:
            fit = [
                row
                for row in some
                if state in (None, row["state"]) and (before is None or str(row["task_id"]) < before)
            ]
            return _shown(tx, sorted(fit, key=lambda row: str(row["task_id"]), reverse=True)[:most])
    find = getattr(queries, f"newest_of_{of.of}")
    return _shown(tx, find(tx, **of.parameters, state=state, before=before, most=most))


def due(
    tx: db.Tx, of: Whose, *, state: str | None, after: tuple[str, str] | None, most: int
) -> list[dict[str, Any]]:
    """Open tasks, what is due first.

    Args:
        after: the place of the last one seen, as `place_of` says it.
    """
    find = getattr(queries, f"due_of_{of.of}")
    states = [one for one in OPEN if state in (None, one)]
    after_due, after_task = after or (None, None)
    return _shown(
        tx,
        find(tx, **of.parameters, states=states, after_due=after_due, after_task=after_task, most=most),
    )


def place_of(row: Mapping[str, Any], sort: Sort) -> list[str]:
    """Where a task stands in its list."""
    if sort == "newest":
        return [str(row["task_id"])]
    due_at: datetime | None = row["due_at"]
    return [clock.rfc3339(due_at) if due_at else _NEVER, str(row["task_id"])]


def counts(tx: db.Tx, of: Whose) -> list[dict[str, Any]]:
    """How many tasks are in each state, up to a bound."""
    find = getattr(queries, f"counts_of_{of.of}")
    rows = find(tx, **of.parameters, states=[str(state) for state in TaskState], most=COUNTED_UP_TO + 1)
    return [
        {
            "state": row["state"],
            "count": min(row["count"], COUNTED_UP_TO),
            "capped": row["count"] > COUNTED_UP_TO,
        }
        for row in rows
    ]


def _shown(tx: db.Tx, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = [row["task_id"] for row in found]
    rows = {row["task_id"]: row for row in queries.shown_tasks(tx, task_ids=ids)} if ids else {}
    return [{**rows[one], "place": orders.place(rows[one])} for one in ids if one in rows]
