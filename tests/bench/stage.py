"""The platform under measurement, and how its sections look at it and drive it."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pika
import psycopg

from deploy.local import children, processes
from deploy.local.platform import VHOST, Platform, elsewhere
from deploy.local.servers import postgresql
from shared import contracts
from shared.bus import topology
from tests.bench import machine
from tests.support.clients import Client

PASSWORD = "yiwang-demo"
SUBDISTRICT = "370102007"
CONNECTIONS = 16
# Frequent matters of the delivered catalogue that a department may be called for.
CATEGORIES = ["env.cooking_fumes", "city.damaged_road"]
DEPARTMENTS = ["370102-market_supervision", "370102-urban_management", "370102-ecology"]
# Tokens live a quarter of an hour.
_TOKEN_SECONDS = 600.0
# Longest time in which everything must have been applied after the last call.
SETTLE_SECONDS = 180.0
_LOOK_SECONDS = 0.02

Row = dict[str, Any]


@dataclass(frozen=True)
class Backlog:
    """What is committed and not yet applied everywhere."""

    # Written and not confirmed by the broker.
    unsent: int
    # In the inbox queues, not handed to a worker.
    queued: int
    # Published to services and not yet in their inbox tables, whether queued or in a worker's hands.
    unapplied: int
    parked: int

    @property
    def total(self) -> int:
        return self.unsent + self.unapplied + self.parked


class NotSettled(Exception):
    """The platform did not apply everything in time, or set events aside."""


class CannotKeepUp(RuntimeError):
    """The platform is far too slow for what it is asked; the message is a sentence for the person who measures."""


@dataclass
class Stage:
    """A platform of its own with everything a section needs. Use as a context manager."""

    quick: bool
    keep: bool = False
    folder: pathlib.Path = field(init=False)
    platform: Platform = field(init=False)
    start_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yiwang-bench-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.platform = Platform(self.folder, say=lambda line: print(f"  {line}", flush=True))
        self._connections: dict[str, psycopg.Connection[Row]] = {}
        self._tokens: dict[str, tuple[float, str]] = {}
        self._places: list[dict[str, float]] = []
        self._broker: pika.BlockingConnection | None = None

    def __enter__(self) -> Stage:
        began = time.monotonic()
        try:
            self.platform.start()
        except BaseException:
            self._forget()
            raise
        self.start_seconds = round(time.monotonic() - began, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        if self.keep:
            self.platform.stop()
            print(f"kept: {self.folder}")
        else:
            self.platform.stop(forget=True)
            self._forget()

    def _forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(elsewhere(self.folder), ignore_errors=True)

    # --- Looking ---

    @property
    def database(self) -> postgresql.PostgreSQL:
        assert self.platform.postgresql is not None
        return self.platform.postgresql

    def query(self, service: str, statement: str, *values: Any) -> list[Row]:
        """Rows of a service's database, asked as its superuser in autocommit."""
        if service not in self._connections or self._connections[service].closed:
            self._connections[service] = psycopg.connect(
                self.database.url(service), autocommit=True, row_factory=psycopg.rows.dict_row
            )
        cursor = self._connections[service].execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def let_go(self) -> None:
        """Closes the stage's own connections, as a copy of a database needs."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        if self._broker is not None and self._broker.is_open:
            self._broker.close()
        self._broker = None

    def mark(self) -> str:
        """The smallest event id of this moment; ids are UUIDv7."""
        high = int(time.time() * 1000)
        return f"{high >> 16:08x}-{high & 0xFFFF:04x}-7000-8000-000000000000"

    def backlog(self, since: str) -> Backlog:
        """What has happened since a mark and is not applied everywhere.

        Effects are counted before events: when both agree, nothing was under way between the two.
        """
        taken_in = {
            service: self._value(service, "SELECT count(*) AS n FROM inbox WHERE id >= %s", since)
            for service in contracts.SERVICES
        }
        parked = sum(self._value(one, "SELECT count(*) AS n FROM parked") for one in contracts.SERVICES)
        sent: dict[str, int] = {}
        unsent = 0
        for service in contracts.SERVICES:
            unsent += self._value(service, "SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL")
            for row in self.query(
                service, "SELECT type, count(*) AS n FROM outbox WHERE id >= %s GROUP BY type", since
            ):
                sent[row["type"]] = row["n"]
        owed = {
            service: sum(sent.get(event.type, 0) for event in contracts.consumed_by(service))
            for service in contracts.SERVICES
        }
        return Backlog(
            unsent=unsent,
            queued=sum(self._queued(service) for service in contracts.SERVICES),
            unapplied=sum(max(0, owed[one] - taken_in[one]) for one in contracts.SERVICES),
            parked=parked,
        )

    def settle(self, since: str) -> float:
        """Waits until every event since the mark is applied by every service; answers that moment (time.time()).

        Raises NotSettled after SETTLE_SECONDS, or when events were parked.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            at = time.time()
            # The cheap question first: outboxes are the last to empty but for what is on its way.
            if not any(self._has_unsent(service) for service in contracts.SERVICES):
                found = self.backlog(since)
                if found.parked:
                    raise NotSettled(f"{found.parked} events were parked")
                if not found.total and not found.queued:
                    return at
            if time.monotonic() > deadline:
                raise NotSettled(f"after {SETTLE_SECONDS:.0f} s: {self.backlog(since)}")
            time.sleep(_LOOK_SECONDS)

    def cases(self) -> int:
        return self._value("cases", "SELECT count(*) AS n FROM cases")

    def _has_unsent(self, service: str) -> bool:
        return bool(self.query(service, "SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1"))

    def _value(self, service: str, statement: str, *values: Any) -> int:
        return int(self.query(service, statement, *values)[0]["n"])

    def _queued(self, service: str) -> int:
        if self._broker is None or self._broker.is_closed:
            assert self.platform.rabbitmq is not None
            self._broker = pika.BlockingConnection(
                pika.URLParameters(f"{self.platform.rabbitmq.url(VHOST)}?heartbeat=0")
            )
            self._channel = self._broker.channel()
        declared = self._channel.queue_declare(topology.inbox_queue(service), passive=True)
        return int(declared.method.message_count)

    def meter(self) -> machine.Meter:
        """Processor time by kind of process, from now on."""
        groups: dict[str, list[int]] = {}
        for one in self.platform.processes:
            if one.pid is not None:
                groups.setdefault(f"{one.service} {one.role}", []).append(one.pid)
        for name, child in self.servers().items():
            groups[name] = [child.pid] if child.pid is not None else []
        return machine.Meter(groups)

    def servers(self) -> dict[str, children.Child]:
        platform = self.platform
        assert platform.rabbitmq is not None
        assert platform.nginx is not None
        return {
            "postgresql": self.database.server,
            "rabbitmq": platform.rabbitmq.server,
            "nginx": platform.nginx.server,
        }

    # --- Driving ---

    def drive(
        self,
        scenario: str,
        *,
        direct: bool = False,
        connections: int = CONNECTIONS,
        most: int = 1_000_000,
        seconds: float = 0.0,
        stages: Sequence[tuple[float, float]] = (),
        departments: int = 1,
    ) -> dict[str, Any]:
        """Runs the load generator in a process of its own and answers what it says.

        Args:
            scenario: `intake` or `lifecycle`.
            direct: to the service instead of the front door.
            most, seconds: a closed plan ends with either.
            stages: (scenarios per second, seconds) of an open plan.
            departments: how many a whistle calls.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=processes.ROOT,
        ) as process:
            plan = {
                "host": "127.0.0.1",
                "port": self.platform.process("cases", "api").http_port if direct else self.platform.port,
                "prefix": "" if direct else "/api",
                "scenario": scenario,
                "connections": connections,
                "tokens": {name: self.token(name) for name in ("resident", "caller")},
                "places": self.places(),
                "categories": CATEGORIES,
                "departments": DEPARTMENTS[:departments],
                "most": most,
                "seconds": seconds,
                "stages": [list(stage) for stage in stages],
            }
            longest = seconds + sum(length for _, length in stages) + 120.0
            try:
                said, _ = process.communicate(json.dumps(plan), timeout=longest)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise CannotKeepUp(f"{scenario}: not all was answered within {longest:.0f} s") from error
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise RuntimeError("the load generator failed; its error stands above")
        result: dict[str, Any] = json.loads(said)
        return result

    def token(self, username: str) -> str:
        """A demo user's token, signed in anew before it expires."""
        signed_in_at, token = self._tokens.get(username, (float("-inf"), ""))
        if time.monotonic() - signed_in_at > _TOKEN_SECONDS:
            answer = Client(f"{self.platform.url}/api").post(
                "/registry/sessions", json={"username": username, "password": PASSWORD}
            )
            answer.raise_for_status()
            token = answer.json()["access_token"]
            self._tokens[username] = (time.monotonic(), token)
        return token

    def places(self) -> list[dict[str, float]]:
        """The centres of the grids of the subdistrict whose caller whistles."""
        if not self._places:
            answer = Client(f"{self.platform.url}/api").get(
                "/registry/grids", params={"inside": SUBDISTRICT, "limit": "200"}
            )
            answer.raise_for_status()
            self._places = [grid["centre"] for grid in answer.json()["items"]]
        return self._places

    # --- Changing ---

    def hold_all(self) -> None:
        """Stops every process of every service in order; servers stay."""
        for one in self.platform.processes:
            self.platform.supervisor.hold(one)
            one.terminate()
        for one in self.platform.processes:
            one.stop(deadline_seconds=processes.STOP_SECONDS)

    def release_all(self, only: Iterable[processes.Process] | None = None) -> None:
        """Starts held processes again and waits until they are ready."""
        held = list(self.platform.processes if only is None else only)
        for one in held:
            self.platform.supervisor.release(one)
        for one in held:
            one.wait_ready()

    def empty(self) -> None:
        """Forgets every matter, order and clock, with the events about them; masters and copies stay."""
        self.query(
            "cases",
            "TRUNCATE timeline, tasks, orders, cases, case_words, outbox, outbox_sequences, idempotency_keys CASCADE",
        )
        self.query(
            "dispatch",
            "TRUNCATE orders, clocks, clock_runs, fired_steps, supervisions, watched_cases, outbox, outbox_sequences"
            " CASCADE",
        )
