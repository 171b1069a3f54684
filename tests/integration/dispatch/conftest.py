"""Orders of a small district, handled through the API; whistles and matters are fed in as `cases` announces them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from services.dispatch import worker
from shared import clock, db, ids
from shared.contracts import cases as said
from tests.support import clients, district, feeding


def reported(case_id: str | None = None, **changes: Any) -> said.CaseReported:
    described = {
        "case_id": case_id or ids.new(),
        "area": district.GRID,
        "number": "37010220261120000001",
        "category": "env.cooking_fumes",
        "channel": "resident",
        "urgency": "ordinary",
        "sla_class": "five_days",
        "place": said.Place(**district.IN_GRID),
        "reported_at": clock.now(),
    }
    return said.CaseReported(**{**described, **changes})


def whistled(case: said.CaseReported, *departments: str, **changes: Any) -> said.CaseWhistled:
    described = {
        "case_id": case.case_id,
        "area": case.area,
        "order_id": ids.new(),
        "kind": "grid_calls_offices",
        "departments": departments or (district.MARKET, district.URBAN),
        "category": case.category,
        "sla_class": case.sla_class,
        "urgency": case.urgency,
        "place": case.place,
        "caller_id": ids.new(),
        "whistled_at": clock.now(),
    }
    return said.CaseWhistled(**{**described, **changes})


class World:
    """A dispatch database, its worker's inbox, and questions about it."""

    def __init__(self, database: db.Database, feed: feeding.Feed) -> None:
        self.database = database
        self.feed = feed

    def give(self, *events: Any, time: datetime | None = None) -> None:
        self.feed.give(*events, time=time)

    def report(self, **changes: Any) -> said.CaseReported:
        """A matter heard of."""
        case = reported(**changes)
        self.give(case)
        return case

    def whistle(
        self, *departments: str, case: said.CaseReported | None = None, **changes: Any
    ) -> said.CaseWhistled:
        """An order opened by a whistle."""
        whistle = whistled(case or self.report(), *departments, **changes)
        self.give(whistle)
        return whistle

    def fire(self) -> int:
        """One run of the timer; answers how many cards it showed."""
        with self.database.transaction() as tx:
            shown: int = self.feed.worker.fire_due_steps(tx)
            return shown

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.database.transaction(read_only=True) as tx:
            return tx.execute(query.encode(), parameters).fetchall()

    def tasks(self, order_id: str) -> dict[str, str]:
        """Task id by department."""
        rows = self.rows("SELECT task_id, department_id FROM tasks WHERE order_id = %(o)s", o=order_id)
        return {row["department_id"]: str(row["task_id"]) for row in rows}

    def clocks(self, case_id: str) -> dict[tuple[str | None, str], dict[str, Any]]:
        """The clocks of a matter and of its tasks, by (department, name)."""
        rows = self.rows("SELECT * FROM clocks WHERE case_id = %(c)s", c=case_id)
        return {(row["department_id"], row["name"]): row for row in rows}

    def events(self, subject: str) -> list[str]:
        rows = self.rows("SELECT type FROM outbox WHERE subject = %(s)s ORDER BY sequence", s=subject)
        return [row["type"].split(".")[2] for row in rows]

    def cards(self, *subjects: str) -> list[tuple[str, str, int, str]]:
        """(owner, clock, run, colour) of every card announced, in order."""
        rows = self.rows(
            "SELECT data FROM outbox WHERE type = 'yiwang.dispatch.card_shown.v1' AND subject = ANY(%(s)s)"
            " ORDER BY time, subject, sequence",
            s=list(subjects),
        )
        return [
            (row["data"]["owner_id"], row["data"]["clock"], row["data"]["run"], row["data"]["colour"])
            for row in rows
        ]


class Running(World):
    """The same with the API in front of it."""

    def __init__(self, api: clients.Api, feed: feeding.Feed) -> None:
        super().__init__(api.database, feed)
        self.api = api
        self.caller = api.client(roles=["caller"], areas=[district.SUBDISTRICT])
        self.supervisor = api.client(roles=["supervisor"], areas=[district.DISTRICT])

    def responder(self, department: str, **claims: Any) -> clients.Client:
        return self.api.client(
            roles=["responder"], areas=[district.DISTRICT], department=department, **claims
        )

    def step(self, client: clients.Client, task_id: str, step: str, **body: Any) -> dict[str, Any]:
        """The task after a step that must succeed."""
        answer = client.post(f"/dispatch/tasks/{task_id}/{step}", json=body)
        assert answer.status_code in (200, 201), answer.text
        moved: dict[str, Any] = answer.json()
        return moved

    def finish(self, order_id: str, *departments: str) -> dict[str, Any]:
        """Takes departments' tasks from sent to finished; answers the last one."""
        task: dict[str, Any] = {}
        for department in departments:
            client, task_id = self.responder(department), self.tasks(order_id)[department]
            self.step(client, task_id, "sign")
            self.step(client, task_id, "assign", handler_id=ids.new())
            self.step(client, task_id, "arrive", place=district.IN_GRID)
            self.step(client, task_id, "reply", words="已整改")
            task = self.step(client, task_id, "finish")
        return task


@pytest.fixture(scope="session")
def dispatch_feed(api: Callable[[str], clients.Api]) -> Iterator[feeding.Feed]:
    with feeding.feeding(api("dispatch").database.url, worker.Worker) as feed:
        feed.give(*district.departments())
        yield feed


@pytest.fixture(scope="session")
def running(api: Callable[[str], clients.Api], dispatch_feed: feeding.Feed) -> Running:
    return Running(api("dispatch"), dispatch_feed)


@pytest.fixture
def world(database: Callable[[str], db.Database]) -> Iterator[World]:
    """A database of its own, for what looks at all of it."""
    made = database("dispatch")
    with feeding.feeding(made.url, worker.Worker) as feed:
        yield World(made, feed)
