"""Rows of notices and the facts they are made of."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.dispatch.domain.notices import MOST_RECIPIENTS, Facts, Notice
from services.dispatch.store import duty
from services.dispatch.store.sql import queries
from shared import areas, auth, clock, db, errors, ids

COUNTED_UP_TO = 10_000
_MOST_NEAR = 10
_HANDLERS = frozenset({"grid_worker", "grid_lead", "community_officer"})
_OPERATORS = frozenset({"operator"})


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One of the service's own events, taken from the queue in its database."""

    type: str
    time: datetime
    data: Mapping[str, Any]


def take_heard(tx: db.Tx, *, most: int) -> list[Heard]:
    """Own events somebody must be told of, oldest first; they are gone when the transaction commits."""
    rows = sorted(queries.take_heard(tx, most=most), key=lambda row: row["key"])
    return [Heard(type=row["type"], time=row["time"], data=row["data"]) for row in rows]


class Knowledge:
    """The facts of everything a batch of events speaks of, read at once."""

    def __init__(self, tx: db.Tx, heard: Sequence[Heard]) -> None:
        task_ids = {one.data["task_id"] for one in heard if one.data.get("task_id")}
        order_ids = {one.data["order_id"] for one in heard if one.data.get("order_id")}
        case_ids = {one.data["case_id"] for one in heard if one.data.get("case_id")}
        self.tasks = {str(row["task_id"]): row for row in queries.told_tasks(tx, task_ids=sorted(task_ids))}
        self._orders = {
            str(row["order_id"]): row for row in queries.told_orders(tx, order_ids=sorted(order_ids))
        }
        self._cases = {str(row["case_id"]): row for row in queries.told_cases(tx, case_ids=sorted(case_ids))}
        departments = {row["department_id"] for row in self.tasks.values()}
        places = {row["area"] for rows in (self.tasks, self._orders, self._cases) for row in rows.values()}
        desks = {place[:length] for place in places for length in (6, 9)}
        self.shifts = duty.on_duty(tx, departments | desks, db.now(tx))
        since = duty.today() - duty.KNOWN_FOR
        self._members: dict[str, list[str]] = defaultdict(list)
        for row in queries.members_of(tx, department_ids=sorted(departments), since=since):
            if len(self._members[row["department_id"]]) < MOST_RECIPIENTS:
                self._members[row["department_id"]].append(str(row["person_id"]))
        self._supervisors = [
            (str(row["person_id"]), row["areas"]) for row in queries.supervisors_since(tx, since=since)
        ]
        of_cases = {row["area"] for row in self._cases.values()}
        self._staff = (
            queries.staff_near(
                tx, places=sorted({one for area in of_cases for one in _above(area)}), since=since
            )
            if of_cases
            else []
        )
        extensions = {one.data["extension_id"] for one in heard if one.data.get("extension_id")}
        self._asked = (
            {
                str(row["extension_id"]): str(row["asked_by"])
                for row in queries.who_asked(tx, extension_ids=sorted(extensions))
            }
            if extensions
            else {}
        )

    def facts(self, data: Mapping[str, Any]) -> Facts | None:
        """What is known of an event's task, order or matter; None where that is not here any more."""
        facts = self._of(data)
        asked_by = self._asked.get(data.get("extension_id") or "")
        return replace(facts, asked_by=asked_by) if facts and asked_by else facts

    def _of(self, data: Mapping[str, Any]) -> Facts | None:
        task, order = self.tasks.get(data.get("task_id") or ""), self._orders.get(data.get("order_id") or "")
        if task is not None:
            return self._facts(task, on_duty=self._line(task["department_id"]))
        if order is not None:
            return self._facts(order)
        case = self._cases.get(data.get("case_id") or "")
        if case is None:
            return None
        return replace(
            self._facts(case),
            handlers=self._near(case["area"], _HANDLERS),
            operators=self._near(case["area"], _OPERATORS),
        )

    def _near(self, area: str, roles: frozenset[str]) -> tuple[str, ...]:
        """Those of these roles who are responsible for the smallest area around it."""
        found = [
            (max(len(scope) for scope in row["areas"] if areas.inside(area, scope)), str(row["person_id"]))
            for row in self._staff
            if roles & set(row["roles"]) and any(areas.inside(area, scope) for scope in row["areas"])
        ]
        nearest = max((length for length, _ in found), default=0)
        return tuple(person for length, person in found if length == nearest)[:_MOST_NEAR]

    def _facts(self, row: Mapping[str, Any], *, on_duty: tuple[str, ...] = ()) -> Facts:
        area = row["area"]
        known = ("category", "urgency", "department_id", "department_name", "item_name", "run")
        people = ("order_id", "task_id", "handler_id", "signed_by", "assigned_by", "returned_by", "caller_id")
        facts: dict[str, Any] = {name: row[name] for name in known if row.get(name) is not None}
        facts |= {name: str(row[name]) for name in people if row.get(name) is not None}
        return Facts(
            case_id=str(row["case_id"]),
            area=area,
            on_duty=on_duty,
            members=tuple(self._members.get(row.get("department_id") or "", ())),
            supervisors=(
                *self._line(area[:6]),
                *(
                    person
                    for person, scopes in self._supervisors
                    if any(areas.inside(area, scope) for scope in scopes)
                ),
            ),
            subdistrict=self._line(area[:9])[:1],
            **facts,
        )

    def _line(self, unit: str) -> tuple[str, ...]:
        shift = self.shifts.get(unit)
        return tuple(person.person_id for person in shift.line) if shift else ()


def _above(area: str) -> list[str]:
    """The area and all that contain it."""
    found: list[str] = []
    step: str | None = area
    while step:
        found.append(step)
        step = areas.parent(step)
    return found


def add(tx: db.Tx, notices: Iterable[Notice], *, at: datetime) -> list[tuple[str, Notice]]:
    """Keeps notices and sends them on their way; answers those that their people had not been given before."""
    made = {ids.new(): notice for notice in notices}
    if not made:
        return []
    rows = queries.add_notices(
        tx,
        notices=json.dumps(
            [
                {
                    "notice_id": notice_id,
                    "person_id": notice.person_id,
                    "kind": notice.kind,
                    "cause": notice.cause,
                    "area": notice.facts.area,
                    "urgency": notice.facts.urgency,
                    "order_id": notice.facts.order_id,
                    "task_id": notice.facts.task_id,
                    "case_id": notice.facts.case_id,
                    "title": notice.title,
                    "words": notice.words,
                    "made_at": clock.rfc3339(at),
                }
                for notice_id, notice in made.items()
            ],
            ensure_ascii=False,
        ),
    )
    fresh = [(str(row["notice_id"]), made[str(row["notice_id"])]) for row in rows]
    queries.add_deliveries(
        tx,
        notice_ids=[notice_id for notice_id, _ in fresh],
        due_ats=[notice.due_at for _, notice in fresh],
    )
    return fresh


def read(tx: db.Tx, notice_id: str, actor: auth.Actor) -> dict[str, Any]:
    """A notice of the actor's, now read. Raises NotFound."""
    rows: list[dict[str, Any]] = queries.read_notice(tx, notice_id=notice_id, person_id=actor.person_id)
    if not rows:
        raise errors.NotFound()
    return rows[0]


def retry(tx: db.Tx, notice_id: str, actor: auth.Actor) -> dict[str, Any]:
    """A dead or stored outward notice of the actor's areas, on its way again. Raises NotFound."""
    rows: list[dict[str, Any]] = queries.retry_delivery(tx, notice_id=notice_id, scopes=actor.scopes)
    if not rows:
        raise errors.NotFound()
    return rows[0]
