"""The main job, told once: one matter from report to closed loop, through the public API only.

    python -m tests.e2e.story                          the platform of `make up`
    python -m tests.e2e.story URL AMQP_URL             any local-mode platform, e.g. the composed one

Prints a timeline: who did what, and which event moved the next service. Ends with status 1 and a sentence
when a step differs. The story is that of article S0 (domain.md §4): cooking fumes, three offices on site.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local.platform import VHOST
from shared import clock
from tests.support.clients import Client

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "yiwang-demo"
DISTRICT, SUBDISTRICT, ELSEWHERE = "370102", "370102007", "370102003"
DEPARTMENTS = ("market_supervision", "urban_management", "ecology")
RESPONDERS = {
    "market_supervision": "responder.market",
    "urban_management": "responder.urban",
    "ecology": "responder.ecology",
}
# What a person would wait before calling it broken; every step is expected within moments.
PATIENCE_SECONDS = 30.0
# An integrator's stream is ready when a week's history has been copied into it, others' before it.
REGISTRATION_SECONDS = 90.0
EVENT_TYPES = [
    "yiwang.cases.case_reported.v1",
    "yiwang.cases.case_triaged.v1",
    "yiwang.cases.case_whistled.v1",
    "yiwang.cases.case_resolved.v1",
    "yiwang.cases.case_checked.v1",
    "yiwang.cases.case_called_back.v1",
    "yiwang.cases.case_closed.v1",
    "yiwang.dispatch.order_opened.v1",
    "yiwang.dispatch.task_sent.v1",
    "yiwang.dispatch.task_signed.v1",
    "yiwang.dispatch.task_assigned.v1",
    "yiwang.dispatch.task_arrived.v1",
    "yiwang.dispatch.task_replied.v1",
    "yiwang.dispatch.task_finished.v1",
    "yiwang.dispatch.order_finished.v1",
    "yiwang.dispatch.rating_given.v1",
    "yiwang.volunteers.participation_confirmed.v1",
    "yiwang.points.points_earned.v1",
    "yiwang.points.redemption_completed.v1",
]
CASE_EVENTS = [
    "case_reported",
    "case_triaged",
    "case_whistled",
    "case_resolved",
    "case_checked",
    "case_called_back",
    "case_closed",
]


class Differs(Exception):
    """A step did not go as told."""


@dataclass
class Follower:
    """An integrator: runs `shared/client.py` with its own account and keeps what it printed."""

    url: str
    stream: str
    seen: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "shared" / "client.py"), self.stream, "--since", "first"],
            env={**os.environ, "YIWANG_AMQP_URL": self.url},
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._arrived.put(json.loads(line))

    def expect(self, event: str, **data: Any) -> dict[str, Any]:
        """The event of this name whose data has these values; waits for it. Raises Differs."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        looked_at = 0
        while True:
            for found in self.seen[looked_at:]:
                if _name(found) == event and all(found["data"].get(k) == v for k, v in data.items()):
                    return found
            looked_at = len(self.seen)
            left = deadline - time.monotonic()
            try:
                self.seen.append(self._arrived.get(timeout=max(left, 0.01)))
            except queue.Empty as nothing:
                if left <= 0:
                    raise Differs(f"no {event} with {data} within {PATIENCE_SECONDS:.0f} s") from nothing

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def replay(self, since: str) -> list[dict[str, Any]]:
        """Everything the account may read, again, from a moment on."""
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "shared" / "client.py"),
                self.stream,
                "--since",
                since,
                "--idle",
                "2",
            ],
            env={**os.environ, "YIWANG_AMQP_URL": self.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise Differs(f"the integrator's replay failed: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]


class Story:
    """Plays the steps; `say` gets one line at a time."""

    def __init__(self, url: str, amqp_url: str, say: Callable[[str], None]) -> None:
        self.url = url.rstrip("/")
        self.amqp_url = amqp_url
        self._say = say
        self._began = time.monotonic()
        self._callers: dict[str, Client] = {}
        self.follower: Follower | None = None

    def play(self) -> None:
        """All seven steps. Raises Differs at the first that does not go as told."""
        try:
            self._one_net()
            self._integrator_subscribes()
            case = self._report()
            self._whistle(case)
            self._departments_come(case)
            self._check_and_call_back(case)
            self._rate(case)
            self._points(case)
            self._integrator_replays(case)
        finally:
            if self.follower:
                self.follower.close()

    # --- The steps ---

    def _one_net(self) -> None:
        self._title("1 一张网: the district, its grids and its people")
        anyone = self._anyone()
        levels = {
            level: self._count(anyone, "/registry/areas", inside=DISTRICT, level=level)
            for level in ("subdistrict", "community")
        }
        kinds = {
            kind: self._count(anyone, "/registry/grids", inside=DISTRICT, kind=kind)
            for kind in ("basic", "dedicated")
        }
        departments = self._count(anyone, "/registry/departments")
        self._same("subdistricts", levels["subdistrict"], 13)
        self._same("communities", levels["community"], 139)
        self._same("basic grids", kinds["basic"], 860)
        self._same("dedicated grids", kinds["dedicated"], 354)
        self._same("departments", departments, 13)
        self._line(
            "registry",
            f"13 subdistricts, 139 communities, {kinds['basic']} basic + {kinds['dedicated']} dedicated grids, "
            f"{departments} departments",
        )

    def _integrator_subscribes(self) -> None:
        self._title("2 对接系统: an integrator gets an account for one subdistrict")
        admin = self._as("admin")
        secrets = self._post(
            admin,
            "/registry/integrators",
            {
                "name": f"story-{uuid.uuid4().hex[:10]}",
                "title": "The story's integrator",
                "event_types": EVENT_TYPES,
                "areas": [SUBDISTRICT],
            },
        )
        self._until(
            "the integrator's stream is ready",
            lambda: self._get(admin, f"/registry/integrators/{secrets['integrator_id']}")["state"] == "ready",
            within_seconds=REGISTRATION_SECONDS,
        )
        self.follower = Follower(
            url=_with_account(self.amqp_url, secrets["amqp_username"], secrets["amqp_password"]),
            stream=secrets["stream"],
        )
        self._line("integrator", f"follows {secrets['stream']} with its own restricted account")

    def _report(self) -> dict[str, Any]:
        self._title("3 上报: a resident reports cooking fumes in 文化东路")
        resident = self._as("resident")
        home = self._get(resident, "/registry/me")["home"]
        place = self._get(self._anyone(), f"/registry/grids/{home}")["centre"]
        self._other_subdistrict(resident)
        case = self._post(
            resident,
            "/cases",
            {
                "words": "楼下饭店油烟直排，呛得开不了窗。",
                "place": place,
                "address": "文化东路",
                "category": "env.cooking_fumes",
            },
            **{"Idempotency-Key": uuid.uuid4().hex},
        )
        self._same("the grid the case fell into", case["area"], home)
        if not case["number"] or not case["responsible"]:
            raise Differs("the answer to the report lacks its number or who answers for the grid")
        who = "、".join(f"{person['duty_name']} {person['duty_phone']}" for person in case["responsible"])
        self._line(
            "resident", f"filed {case['number']} in {case['grid_name']} ({case['community_name']}): {who}"
        )
        self._moved("case_reported", case_id=case["case_id"])
        return case

    def _other_subdistrict(self, resident: Client) -> None:
        """A matter elsewhere, which the integrator must never see."""
        grids = self._get(self._anyone(), f"/registry/grids?inside={ELSEWHERE}&limit=1")["items"]
        self.elsewhere = self._post(
            resident,
            "/cases",
            {"words": "路面有个坑。", "place": grids[0]["centre"], "category": "city.damaged_road"},
        )
        self._line("resident", f"also filed {self.elsewhere['number']} in another subdistrict")

    def _whistle(self, case: dict[str, Any]) -> None:
        self._title("4 吹哨: the grid worker takes it, triages it and whistles three departments")
        worker = self._as("worker")
        path = f"/cases/{case['case_id']}"
        self._line(
            "worker", f"took it: first handler is {self._post(worker, f'{path}/take')['first_handler_by']}"
        )
        triaged = self._post(worker, f"{path}/triage", {"urgency": "urgent"})
        self._same("state after triage", triaged["state"], "triaged")
        self._line("worker", "triaged it as valid and urgent")
        self._moved("case_triaged", case_id=case["case_id"])
        whistled = self._post(
            worker,
            f"{path}/whistle",
            {"kind": "grid_calls_offices", "departments": [f"{DISTRICT}-{kind}" for kind in DEPARTMENTS]},
        )
        self._same("state after the whistle", whistled["state"], "handling")
        self._line("worker", "whistled: market supervision, urban management and ecology must come")
        self._moved("case_whistled", case_id=case["case_id"])
        opened = self._moved("order_opened", case_id=case["case_id"])
        self._same("tasks of the order", len(opened["data"]["tasks"]), 3)

    def _departments_come(self, case: dict[str, Any]) -> None:
        self._title("5 报到: each department signs, assigns, arrives, replies and finishes")
        for kind in DEPARTMENTS:
            responder = self._as(RESPONDERS[kind])
            task = self._task(responder, case)
            path = f"/dispatch/tasks/{task['task_id']}"
            clocks = {clock["name"]: clock for clock in self._get(responder, path)["clocks"]}
            self._same("clocks of a task", sorted(clocks), ["arrive", "finish", "sign"])
            handler = self._get(responder, "/registry/me")["person_id"]
            self._post(responder, f"{path}/sign")
            self._post(responder, f"{path}/assign", {"handler_id": handler})
            arrived = self._post(responder, f"{path}/arrive", {"place": case["place"]})
            self._same("distance to the place, metres", arrived["arrived_metres"], 0)
            self._post(responder, f"{path}/reply", {"words": "已现场检查，净化设施恢复运行。"})
            finished = self._post(responder, f"{path}/finish")
            self._same("state of the task", finished["state"], "finished")
            self._line(RESPONDERS[kind], f"signed, assigned, arrived, replied, finished ({kind})")
            for event in ("task_signed", "task_arrived", "task_replied", "task_finished"):
                self._moved(event, task_id=task["task_id"])
        self._moved("order_finished", case_id=case["case_id"])
        resolved = self._moved("case_resolved", case_id=case["case_id"])
        self._same("what resolved the case", resolved["data"]["resolved_by"], "orders")

    def _check_and_call_back(self, case: dict[str, Any]) -> None:
        self._title("6 核查回访: checked on site, called back, closed")
        worker = self._as("worker")
        path = f"/cases/{case['case_id']}"
        checked = self._post(worker, f"{path}/check", {"passed": True, "words": "现场无异味。"})
        self._same("state after the check", checked["state"], "checked")
        self._line("worker", "checked on site: passed")
        self._moved("case_checked", case_id=case["case_id"])
        closed = self._post(
            self._as("operator"),
            f"{path}/call-back",
            {"reached": True, "met": True, "settled": True, "satisfaction": "very_satisfied"},
        )
        self._same("state after the call-back", closed["state"], "closed")
        self._line("operator", "called back: met, settled, very satisfied")
        self._moved("case_called_back", case_id=case["case_id"])
        self._moved("case_closed", case_id=case["case_id"])

    def _rate(self, case: dict[str, Any]) -> None:
        caller = self._as("caller")
        for kind in DEPARTMENTS:
            responder = self._as(RESPONDERS[kind])
            task = self._task(responder, case)
            path = f"/dispatch/tasks/{task['task_id']}/rating"
            self._post(caller, path, {"score": 5})
            self._post(responder, path, {"score": 5})
            for rater in ("caller", "responder"):
                self._moved("rating_given", task_id=task["task_id"], rater=rater)
        self._line("caller", "and the three responders rated each other")

    def _points(self, case: dict[str, Any]) -> None:
        self._title("7 积分: the report and the volunteer's service are credited; an egg is exchanged")
        resident = self._as("resident")
        earned = self._moved("points_earned", cause=f"case:{case['case_id']}")
        self._line("points", f"credited the household {earned['data']['points']} points for a valid report")
        self._volunteer_serves()
        shops = self._get(resident, f"/points/shops?area={SUBDISTRICT}")["items"]
        goods = self._get(resident, f"/points/shops/{shops[0]['id']}/goods")["items"]
        egg = next(good for good in goods if good["name"] == "鸡蛋")
        self._same("the price of an egg", egg["price"], 5)
        before = self._get(resident, "/points/passbooks/mine")["available"]
        order = self._post(
            resident,
            "/points/redemptions",
            {"shop_id": shops[0]["id"], "lines": [{"good_id": egg["id"], "quantity": 1}]},
        )
        self._line("resident", f"ordered an egg for 5 points; pick-up code {order['pickup_code']}")
        handed = self._post(
            self._as("shopkeeper"),
            f"/points/redemptions/{order['id']}/hand-over",
            {"pickup_code": order["pickup_code"]},
        )
        self._same("state of the order", handed["state"], "completed")
        self._same("points left", self._get(resident, "/points/passbooks/mine")["available"], before - 5)
        self._line("shopkeeper", "handed the egg over")
        self._moved("redemption_completed", redemption_id=order["id"])

    def _volunteer_serves(self) -> None:
        lead, volunteer = self._as("teamlead"), self._as("volunteer")
        teams = self._get(lead, "/volunteers/teams?limit=200")["items"]
        team = next(team for team in teams if team["area"].startswith(SUBDISTRICT))
        starts_at = datetime.now(UTC) + timedelta(minutes=5)
        activity = self._post(
            lead,
            "/volunteers/activities",
            {
                "team_id": team["team_id"],
                "area": team["area"],
                "title": "楼道清扫",
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
                "capacity": 10,
            },
        )
        path = f"/volunteers/activities/{activity['activity_id']}"
        self._post(lead, f"{path}/publish")
        part = self._post(volunteer, f"{path}/sign-up")
        code = {"code": self._get(lead, path)["code"]}
        self._post(volunteer, f"{path}/check-in", code)
        self._post(volunteer, f"{path}/check-out", code)
        confirmed = self._post(
            lead, f"/volunteers/participations/{part['participation_id']}/confirm", {"minutes": 90}
        )
        self._same("minutes served", confirmed["minutes"], 90)
        self._line("volunteer", f"served in {activity['title']}; the team lead confirmed 90 minutes")
        self._moved("participation_confirmed", participation_id=part["participation_id"])
        credited = self._moved("points_earned", person_id=part["person_id"])
        self._line("points", f"credited the volunteer's household {credited['data']['points']} points")

    def _integrator_replays(self, case: dict[str, Any]) -> None:
        self._title("8 重放: the integrator replays the day")
        assert self.follower is not None
        midnight = datetime.now(clock.BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
        replayed = self.follower.replay(midnight.isoformat())
        live = [event["id"] for event in self.follower.seen]
        missing = set(live) - {event["id"] for event in replayed}
        if missing:
            raise Differs(f"{len(missing)} events seen live are missing from the replay")
        strangers = {event["area"] for event in replayed if not event["area"].startswith(SUBDISTRICT)}
        if strangers:
            raise Differs(f"the integrator saw areas that are not its own: {sorted(strangers)}")
        if any(event["subject"] == self.elsewhere["case_id"] for event in replayed):
            raise Differs("the integrator saw another subdistrict's case")
        told = [_name(event) for event in replayed if event["subject"] == case["case_id"]]
        self._same("the case's events, in order", told, CASE_EVENTS)
        self._line(
            "integrator", f"replayed {len(replayed)} events; all of its subdistrict, none of another's"
        )

    # --- Telling and asking ---

    def _title(self, text: str) -> None:
        self._say(f"\n{text}")

    def _line(self, who: str, what: str) -> None:
        self._say(f"  {time.monotonic() - self._began:6.2f} s  {who:<18} {what}")

    def _moved(self, event: str, **data: Any) -> dict[str, Any]:
        assert self.follower is not None
        found = self.follower.expect(event, **data)
        self._say(
            f"  {time.monotonic() - self._began:6.2f} s    ↳ {_name(found, full=True)} #{found['sequence']}"
        )
        return found

    def _same(self, what: str, found: Any, told: Any) -> None:
        if found != told:
            raise Differs(f"{what}: {found}, not {told}")

    def _anyone(self) -> Client:
        return self._callers.setdefault("", Client(f"{self.url}/api"))

    def _as(self, username: str) -> Client:
        if username not in self._callers:
            token = self._post(
                self._anyone(), "/registry/sessions", {"username": username, "password": PASSWORD}
            )["access_token"]
            self._callers[username] = Client(f"{self.url}/api", token)
        return self._callers[username]

    def _task(self, responder: Client, case: dict[str, Any]) -> dict[str, Any]:
        """The department's task for the case, as soon as the whistle has been heard."""
        found: list[dict[str, Any]] = []

        def sent() -> bool:
            items = self._get(responder, "/dispatch/tasks?limit=200")["items"]
            found[:] = [task for task in items if task["case_id"] == case["case_id"]]
            return bool(found)

        self._until("the department has its task", sent)
        return found[0]

    def _until(
        self, what: str, holds: Callable[[], bool], *, within_seconds: float = PATIENCE_SECONDS
    ) -> None:
        deadline = time.monotonic() + within_seconds
        pause = threading.Event()
        while not holds():
            if time.monotonic() > deadline:
                raise Differs(f"after {within_seconds:.0f} s it is still not so that {what}")
            pause.wait(0.05)

    def _count(self, client: Client, path: str, **filters: Any) -> int:
        counted, cursor = 0, None
        while True:
            query = {**filters, "limit": 200} | ({"cursor": cursor} if cursor else {})
            page = _answered(client.get(path, params=query))
            counted += len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return counted

    def _get(self, client: Client, path: str) -> Any:
        return _answered(client.get(path))

    def _post(self, client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return _answered(client.post(path, json=body if body is not None else {}, headers=headers))


def _answered(response: Any) -> Any:
    if not response.ok:
        raise Differs(
            f"{response.request.method} {response.request.url} answered {response.status_code}: {response.text[:500]}"
        )
    return response.json() if response.content else None


def _name(event: dict[str, Any], *, full: bool = False) -> str:
    """`case_reported`, or in full `cases.case_reported`."""
    _, service, name, _ = event["type"].split(".")
    return f"{service}.{name}" if full else str(name)


def _with_account(url: str, username: str, password: str) -> str:
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return urlunsplit(parts._replace(netloc=f"{quote(username, safe='')}:{quote(password, safe='')}@{host}"))


def _of_make_up() -> tuple[str, str]:
    """The addresses of the platform that `make up` started here."""
    state = ROOT / ".local" / "state.json"
    if not state.exists():
        raise Differs("nothing is up here; run `make up` first")
    ports = json.loads(state.read_text(encoding="utf-8"))["ports"]
    return (
        f"http://127.0.0.1:{ports['nginx']['main']}",
        f"amqp://127.0.0.1:{ports['rabbitmq']['amqp']}/{VHOST}",
    )


def main(arguments: list[str]) -> int:
    """Plays the story; answers 0 when every step went as told."""
    began = time.monotonic()
    try:
        url, amqp_url = (arguments[0], arguments[1]) if len(arguments) == 2 else _of_make_up()
        Story(url, amqp_url, print).play()
    except Differs as difference:
        print(f"\nThe story differs: {difference}", file=sys.stderr)
        return 1
    print(f"\nThe story went as told, in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
