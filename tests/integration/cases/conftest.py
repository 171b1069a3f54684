"""Matters of a small district, handled through the API with the events of others fed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from services.cases import worker
from shared import clock, config, db, ids, personal
from shared.contracts import dispatch as said
from shared.contracts import registry
from shared.contracts.base import Event
from tests.support import clients, district, feeding


class World:
    """The running cases API, its worker's inbox, and the people of the district."""

    def __init__(self, api: clients.Api, feed: feeding.Feed) -> None:
        self.api = api
        self.database: db.Database = api.database
        self.feed = feed
        areas = [district.SUBDISTRICT]
        self.resident = api.client(roles=["resident"])
        self.worker = api.client(roles=["grid_worker"], areas=[district.GRID])
        self.lead = api.client(roles=["grid_lead"], areas=[district.GRID])
        self.officer = api.client(roles=["community_officer"], areas=["370102007003"])
        self.caller = api.client(roles=["caller"], areas=areas)
        self.operator = api.client(roles=["operator"], areas=[district.DISTRICT])
        self.supervisor = api.client(roles=["supervisor"], areas=[district.DISTRICT])
        self.elsewhere = api.client(roles=["grid_worker", "grid_lead"], areas=[district.ELSEWHERE])

    def responder(self, department: str) -> clients.Client:
        return self.api.client(roles=["responder"], areas=[district.DISTRICT], department=department)

    # -- doing

    def report(self, client: clients.Client | None = None, **changes: Any) -> dict[str, Any]:
        """A matter just filed, as its answer says."""
        answer = (client or self.resident).post("/cases", json=report(**changes))
        assert answer.status_code == 201, answer.text
        filed: dict[str, Any] = answer.json()
        return filed

    def step(self, client: clients.Client, case_id: str, step: str, **body: Any) -> dict[str, Any]:
        """The matter after a step that must succeed."""
        answer = client.post(f"/cases/{case_id}/{step}", json=body)
        assert answer.status_code == 200, answer.text
        moved: dict[str, Any] = answer.json()
        return moved

    def whistle(
        self, case_id: str, *departments: str, client: clients.Client | None = None
    ) -> dict[str, Any]:
        return self.step(
            client or self.worker,
            case_id,
            "whistle",
            kind="grid_calls_offices",
            departments=departments or [district.MARKET, district.URBAN, district.ECOLOGY],
        )

    def read(self, case_id: str, client: clients.Client | None = None) -> dict[str, Any]:
        answer = (client or self.supervisor).get(f"/cases/{case_id}")
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case

    def resolved(self, client: clients.Client | None = None, **changes: Any) -> str:
        """A matter handled by hand, waiting for its check."""
        case_id: str = self.report(client, **changes)["case_id"]
        self.step(self.worker, case_id, "triage")
        self.step(self.officer, case_id, "resolve", words="已处理")
        return case_id

    def checked(self, client: clients.Client | None = None, **changes: Any) -> str:
        """A matter that passed its check, waiting to be called back; by day, whenever the test runs."""
        case_id = self.resolved(client, **changes)
        self.step(self.worker, case_id, "check", passed=True)
        self.by_day(case_id)
        return case_id

    def by_day(self, case_id: str) -> None:
        """Makes the hearings of a matter ready, as if it were day and the last try long ago."""
        with self.database.transaction() as tx:
            tx.execute(
                "UPDATE hearings SET ready_at = now() - interval '1 minute' WHERE case_id = %s", [case_id]
            )

    def hearing(self, case_id: str, kind: str) -> dict[str, Any]:
        """A matter's open hearing of a kind, as its row."""
        (found,) = self.rows(
            "SELECT * FROM hearings WHERE case_id = %(c)s AND kind = %(k)s AND is_open", c=case_id, k=kind
        )
        return found

    def age(self, case_id: str, table: str, **columns: Any) -> None:
        """Sets columns of a matter's rows, as if time had passed."""
        assert table in ("cases", "hearings", "holds")
        names = ", ".join(f"{name} = %({name})s" for name in columns)
        with self.database.transaction() as tx:
            tx.execute(
                f"UPDATE {table} SET {names} WHERE case_id = %(case)s".encode(), {**columns, "case": case_id}
            )

    # -- hearing of registry

    def staff(self, *roles: str, areas: Sequence[str] = (district.SUBDISTRICT,), active: bool = True) -> str:
        """Somebody registry told of: their id. Without roles somebody who only holds an account for the area."""
        person_id = ids.new()
        self.feed.give(
            registry.StaffChanged(
                person_id=person_id,
                area=areas[0],
                roles=roles or ("property",),
                areas=tuple(areas),
                active=active,
            )
        )
        return person_id

    # -- hearing of dispatch

    def order_opened(self, case: dict[str, Any]) -> said.OrderOpened:
        """What dispatch says of the newest whistle of a matter."""
        order = case["orders"][-1]
        return said.OrderOpened(
            order_id=order["order_id"],
            case_id=case["case_id"],
            area=case["area"],
            kind=order["kind"],
            tasks=tuple(
                said.TaskCalled(task_id=ids.new(), department_id=department, is_main=position == 0)
                for position, department in enumerate(order["departments"])
            ),
            opened_at=clock.now(),
        )

    def order_finished(self, case: dict[str, Any], order_id: str | None = None) -> said.OrderFinished:
        return said.OrderFinished(
            order_id=order_id or case["orders"][-1]["order_id"],
            case_id=case["case_id"],
            area=case["area"],
            finished_at=clock.now(),
        )

    # -- looking

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.database.transaction(read_only=True) as tx:
            return tx.execute(query.encode(), parameters).fetchall()

    def events(self, case_id: str) -> list[str]:
        """Names of the events announced about a matter, in their order."""
        rows = self.rows("SELECT type FROM outbox WHERE subject = %(s)s ORDER BY sequence", s=case_id)
        return [row["type"].split(".")[2] for row in rows]

    def data(self, case_id: str, name: str) -> dict[str, Any]:
        """The data of the last event of a name about a matter."""
        rows = self.rows(
            "SELECT data FROM outbox WHERE subject = %(s)s AND type LIKE %(t)s ORDER BY sequence DESC LIMIT 1",
            s=case_id,
            t=f"yiwang.cases.{name}.%",
        )
        found: dict[str, Any] = rows[0]["data"]
        return found

    def actions(self, case_id: str, client: clients.Client | None = None) -> list[str]:
        answer = (client or self.supervisor).get(f"/cases/{case_id}/timeline")
        assert answer.status_code == 200, answer.text
        return [entry["action"] for entry in answer.json()["items"]]


def report(**changes: Any) -> dict[str, Any]:
    """A report as the resident's app sends it."""
    described = {
        "words": "楼下饭店油烟直排，晚上不敢开窗",
        "place": district.IN_GRID,
        "address": "文化东路 30 号",
        "category": "env.cooking_fumes",
    }
    return {**described, **changes}


@pytest.fixture
def vault() -> None:
    """The keys of local mode, for a test that does the work of a process itself."""
    key = config._LOCAL_PERSONAL_KEY
    personal.use(personal.Vault({"local": key}, key))


@pytest.fixture(scope="session")
def cases_feed(api: Callable[[str], clients.Api]) -> Iterator[feeding.Feed]:
    with feeding.feeding(api("cases").database.url, worker.Worker) as feed:
        events: tuple[Event, ...] = district.everything()
        feed.give(*events)
        yield feed


@pytest.fixture(scope="session")
def world(api: Callable[[str], clients.Api], cases_feed: feeding.Feed) -> World:
    return World(api("cases"), cases_feed)
