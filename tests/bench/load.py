"""The load generator: `python -m tests.bench.load`, a plan as JSON on stdin, what happened as JSON on stdout.

It shares the machine with what it measures, so it is one thread with raw sockets and epoll, and imports nothing
but the standard library. It tells the CPU time it took itself.

A *scenario* is a generator that yields calls and is sent their answers: `intake` is one call, `lifecycle` four.
In a *closed* plan every connection runs one scenario after the other; in an *open* plan scenarios begin at given
rates whatever the answers do, and a call's time counts from when it was due, so waiting for a free connection
is not hidden.
"""

from __future__ import annotations

import json
import random
import resource
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

# What a call may take before it counts as an error and its connection is opened anew.
ANSWER_SECONDS = 30.0
_PIECE_BYTES = 262_144
_SAMPLES_OF_ERRORS = 5

WORDS = (
    "楼下饭店油烟直排，呛得开不了窗，已经反映过两次。",
    "小区东门外垃圾三天没有清运，气味很大。",
    "单元门口路灯不亮，老人晚上出门不安全。",
    "人行道地砖松动，下雨天溅水，请尽快维修。",
    "楼道里堆放电动车电池，有安全隐患。",
)


@dataclass(frozen=True)
class Call:
    kind: str
    method: str
    path: str
    token: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Refused(Exception):
    """An answer that is no 2xx ends its scenario."""


Scenario = Generator[Call, Answer, None]


@dataclass
class Plan:
    """What the parent asks for; see `driving.py` for the meaning of each."""

    host: str
    port: int
    prefix: str
    scenario: str
    connections: int
    tokens: dict[str, str]
    places: list[dict[str, float]]
    categories: list[str]
    departments: list[str]
    # Closed: at most so many scenarios and so many seconds.
    most: int = 0
    seconds: float = 0.0
    # Open: (scenarios per second, seconds) one after the other.
    stages: list[list[float]] = field(default_factory=list)


def intake(plan: Plan) -> Scenario:
    """A resident reports a matter."""
    yield _report(plan)


def lifecycle(plan: Plan) -> Scenario:
    """Report, whistle, resolve, read."""
    reported = yield _report(plan)
    case_id = json.loads(reported.body)["case_id"]
    path = f"{plan.prefix}/cases/{case_id}"
    caller = plan.tokens["caller"]
    yield Call(
        "whistle",
        "POST",
        f"{path}/whistle",
        caller,
        {"kind": "subdistrict_calls_departments", "departments": plan.departments},
    )
    yield Call("resolve", "POST", f"{path}/resolve", caller, {"words": "已现场处理，设施恢复运行。"})
    yield Call("read", "GET", path, caller)


SCENARIOS = {"intake": intake, "lifecycle": lifecycle}


def _report(plan: Plan) -> Call:
    place = random.choice(plan.places)
    body = {
        "words": random.choice(WORDS),
        "place": place,
        "address": "文化东路",
        "category": random.choice(plan.categories),
    }
    return Call("report", "POST", f"{plan.prefix}/cases", plan.tokens["resident"], body)


class Connection:
    """One keep-alive connection with at most one call under way."""

    def __init__(self, plan: Plan, poll: select.epoll) -> None:
        self._plan = plan
        self._poll = poll
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self.scenario: Scenario | None = None
        self.call: Call | None = None
        self.due_at = 0.0
        self.began_at = 0.0

    def send(self, call: Call, *, due_at: float) -> None:
        self.call = call
        self.due_at, self.began_at = due_at, time.perf_counter()
        body = b"" if call.body is None else json.dumps(call.body, ensure_ascii=False).encode()
        head = (
            f"{call.method} {call.path} HTTP/1.1\r\nHost: {self._plan.host}:{self._plan.port}\r\n"
            f"Authorization: Bearer {call.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if self._socket is None:
            self._open()
        assert self._socket is not None
        self._socket.sendall(head.encode() + body)

    def receive(self) -> Answer | None:
        """The answer when it is whole. Raises ConnectionError when the other side has gone."""
        assert self._socket is not None
        piece = self._socket.recv(_PIECE_BYTES)
        if not piece:
            raise ConnectionError("closed before the answer was whole")
        self._received += piece
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._received[:end]).lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ConnectionError("an answer without its length")
        length = int(head[at + 15 : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None])
        if len(self._received) < end + 4 + length:
            return None
        answer = Answer(int(head[9:12]), bytes(self._received[end + 4 : end + 4 + length]))
        self._received.clear()
        self.call = None
        # The front door closes a connection after a thousand requests; the next call opens another.
        if b"connection: close" in head:
            self.close()
        return answer

    @property
    def fileno(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    def close(self) -> None:
        if self._socket is not None:
            self._poll.unregister(self._socket)
            self._socket.close()
            self._socket = None
        self._received.clear()

    def _open(self) -> None:
        self._socket = socket.create_connection((self._plan.host, self._plan.port), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(self._socket, select.EPOLLIN)


@dataclass
class Stage:
    """What happened in one stretch of the plan."""

    rate: float
    # Of the machine's clock.
    began_at: float = field(default_factory=time.time)
    seconds: float = 0.0
    begun: int = 0
    finished: int = 0
    errors: int = 0
    samples: list[str] = field(default_factory=list)
    # call → milliseconds
    calls: dict[str, list[float]] = field(default_factory=dict)

    def note(self, kind: str, seconds: float) -> None:
        self.calls.setdefault(kind, []).append(seconds * 1000)

    def fail(self, what: str) -> None:
        self.errors += 1
        if len(self.samples) < _SAMPLES_OF_ERRORS:
            self.samples.append(what[:300])

    def told(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "began_at": self.began_at,
            "seconds": round(self.seconds, 3),
            "begun": self.begun,
            "finished": self.finished,
            "errors": self.errors,
            "samples": self.samples,
            "calls": {kind: summary(taken) for kind, taken in self.calls.items()},
        }


def summary(milliseconds: list[float]) -> dict[str, float]:
    """Percentiles of what calls took."""
    ordered = sorted(milliseconds)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {
        "count": len(ordered),
        "p50_ms": at(0.50),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
        "most_ms": round(ordered[-1], 2),
    }


class Run:
    """Drives the connections through a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.poll = select.epoll()
        self.connections = [Connection(plan, self.poll) for _ in range(plan.connections)]
        self.idle = deque(self.connections)
        # Scenarios that are due and wait for a connection, by the moment they were.
        self.waiting: deque[float] = deque()
        # A scenario belongs to the stage it began in.
        self.stage_of: dict[Connection, Stage] = {}
        self._make = SCENARIOS[plan.scenario]

    def closed(self) -> list[Stage]:
        """Every connection runs one scenario after the other until time or number is up."""
        stage = Stage(rate=0.0)
        began = time.perf_counter()
        end = began + self.plan.seconds
        while True:
            now = time.perf_counter()
            while self.idle and now < end and stage.begun < self.plan.most:
                self._begin(stage, due_at=time.perf_counter())
            if len(self.idle) == len(self.connections):
                break
            self._serve(0.5)
        stage.seconds = time.perf_counter() - began
        return [stage]

    def open(self) -> list[Stage]:
        """Scenarios begin at the rates of the stages, one after the other, whatever the answers do."""
        stages = []
        due_at = time.perf_counter()
        for rate, seconds in self.plan.stages:
            stage = Stage(rate=rate)
            stages.append(stage)
            end = due_at + seconds
            began = due_at
            pending: deque[float] = deque(due_at + n / rate for n in range(max(1, round(rate * seconds))))
            while time.perf_counter() < end or pending:
                now = time.perf_counter()
                while pending and pending[0] <= now and self.idle:
                    self._begin(stage, due_at=pending.popleft())
                till = min(pending[0] if pending and self.idle else end, max(end, now + 0.05))
                self._serve(max(0.0, min(till - now, 0.1)))
            stage.seconds = max(end, time.perf_counter()) - began
            due_at = end
        deadline = time.perf_counter() + ANSWER_SECONDS
        while len(self.idle) < len(self.connections) and time.perf_counter() < deadline:
            self._serve(0.1)
        return stages

    def _begin(self, stage: Stage, *, due_at: float) -> None:
        connection = self.idle.popleft()
        connection.scenario = self._make(self.plan)
        self.stage_of[connection] = stage
        stage.begun += 1
        self._send(connection, next(connection.scenario), due_at)

    def _send(self, connection: Connection, call: Call, due_at: float) -> None:
        try:
            connection.send(call, due_at=due_at)
        except OSError as error:
            self._give_up(connection, f"{call.kind}: {error}")

    def _serve(self, seconds: float) -> None:
        ready = {fileno for fileno, _ in self.poll.poll(seconds)}
        now = time.perf_counter()
        for connection in self.connections:
            if connection.call is None:
                if connection.fileno in ready:
                    connection.close()  # an idle connection that says something was closed by the other side
            elif connection.fileno in ready:
                self._receive(connection)
            elif now - connection.began_at > ANSWER_SECONDS:
                self._give_up(connection, f"{connection.call.kind}: no answer in {ANSWER_SECONDS:.0f} s")

    def _receive(self, connection: Connection) -> None:
        call = connection.call
        assert call is not None
        assert connection.scenario is not None
        try:
            answer = connection.receive()
        except OSError as error:
            self._give_up(connection, f"{call.kind}: {error}")
            return
        if answer is None:
            return
        now = time.perf_counter()
        stage = self.stage_of[connection]
        if not 200 <= answer.status < 300:
            said = answer.body.decode(errors="replace")
            self._give_up(connection, f"{call.kind}: {answer.status} {said}")
            return
        stage.note(call.kind, now - connection.due_at)
        try:
            following = connection.scenario.send(answer)
        except StopIteration:
            stage.finished += 1
            self.idle.append(connection)
        else:
            self._send(connection, following, now)

    def _give_up(self, connection: Connection, why: str) -> None:
        self.stage_of[connection].fail(why)
        connection.close()
        connection.call = None
        self.idle.append(connection)


def main() -> int:
    """Carries out one plan."""
    plan = Plan(**json.load(sys.stdin))
    run = Run(plan)
    began, cpu = time.perf_counter(), _cpu_seconds()
    stages = run.open() if plan.stages else run.closed()
    seconds = time.perf_counter() - began
    json.dump(
        {
            "seconds": round(seconds, 3),
            "cpu_share": round((_cpu_seconds() - cpu) / seconds, 4),
            "stages": [stage.told() for stage in stages],
        },
        sys.stdout,
    )
    return 0


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
