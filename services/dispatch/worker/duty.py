"""Asking who is on duty to sign for a task, and the next in line when nobody does."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.dispatch.domain import duty as domain
from services.dispatch.domain.limits import Rules
from services.dispatch.domain.order import TaskState
from services.dispatch.store import duty as store
from services.dispatch.store.notices import Knowledge
from services.dispatch.store.sql import queries
from shared import calendar, clock, db
from shared.bus import outbox
from shared.calendar import Unit
from shared.contracts import Event, dispatch

# Where a task has no limit to sign, the next in line is asked after this long.
_USUAL = timedelta(minutes=30)


def ask_first(tx: db.Tx, task_ids: Iterable[str], known: Knowledge, rules: Rules) -> None:
    """Tasks just sent are put to the first on duty of their departments."""
    asked = []
    for task_id in task_ids:
        row = known.tasks.get(task_id)
        if row is None or row["state"] != TaskState.SENT:
            continue
        shift = known.shifts.get(row["department_id"])
        asked.append(
            {
                "task_id": task_id,
                "run": row["run"],
                "position": 1,
                "person_id": shift.first.person_id if shift else None,
                "given_at": clock.rfc3339(row["sent_at"]),
                "pass_at": _text(_pass_at(row, 1, rules, given_at=row["sent_at"])),
            }
        )
    if asked:
        queries.put_duties(tx, duties=json.dumps(asked))


def pass_on(tx: db.Tx, rules: Rules, *, most: int) -> int:
    """Puts tasks nobody signed in time to the next in line; answers how many were due.

    Found without locks, then their orders are locked and all is looked at again. Each position of the line is
    filled once: the key of `task_duties` holds whatever restarts or replicas do.
    """
    due = list(dict.fromkeys(str(row["task_id"]) for row in queries.due_duties(tx, most=most)))
    if not due:
        return 0
    rows = queries.lock_duties(tx, task_ids=due)
    shifts = store.on_duty(tx, {row["department_id"] for row in rows}, db.now(tx))
    moved: list[dict[str, Any]] = []
    events: list[Event] = []
    for row in rows:
        if row["pass_at"] is None or row["pass_at"] > row["at"]:
            continue
        waits = row["state"] == TaskState.SENT and row["asked_run"] == row["run"]
        person = (
            domain.next_in_line(shifts.get(row["department_id"]), {str(one) for one in row["asked"] or ()})
            if waits
            else None
        )
        queries.end_duty(tx, task_id=row["task_id"], run=row["asked_run"], position=row["position"])
        if not waits:
            continue
        # Nobody to ask now: another shift may have begun by the next share of the limit.
        position = row["position"] + 1
        moved.append(
            {
                "task_id": str(row["task_id"]),
                "run": row["run"],
                "position": position,
                "person_id": person.person_id if person else None,
                "given_at": clock.rfc3339(row["at"]),
                "pass_at": _text(_pass_at(row, position, rules, given_at=row["at"])),
            }
        )
        if person is not None or not row["is_told_unanswered"]:
            events.append(_announced(row, person, position))
    if moved:
        queries.put_duties(tx, duties=json.dumps(moved))
    outbox.add(tx, events)
    return len(rows)


def _announced(row: Mapping[str, Any], person: domain.Person | None, position: int) -> Event:
    of = {name: str(row[name]) for name in ("order_id", "task_id", "case_id", "area", "department_id")}
    if person is None:
        return dispatch.TaskUnanswered(**of, unanswered_at=row["at"])
    return dispatch.TaskPassedOn(**of, position=position, person_id=person.person_id, passed_on_at=row["at"])


def _pass_at(row: Mapping[str, Any], position: int, rules: Rules, *, given_at: datetime) -> datetime | None:
    """When the next in line is asked: after a share of the limit to sign, in the time that limit runs in."""
    share = domain.share_of(position)
    if share is None:
        return None
    if row["due_at"] is None:
        return given_at + _USUAL
    unit = Unit.WORKING_SECONDS if Unit(row["limit_unit"]).working else Unit.CALENDAR_SECONDS
    at = calendar.at_share(rules.calendar, row["started_at"], row["due_at"], share, unit).at
    # A limit that was shortened meanwhile must not ask everybody in one breath.
    return max(at, given_at + timedelta(minutes=1))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else clock.rfc3339(moment)
