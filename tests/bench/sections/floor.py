"""Floor: the same SQL in pgbench and the same messages raw, at the same time; lifecycle ÷ floor.

How it is composed: some lifecycles run at 16 connections while the server logs its statements (`replay`). Then the
platform's processes stop, the databases are copied, and side by side run
- pgbench on the copies of `cases`, `dispatch` and `points`, each doing again what the services did there for those
  lifecycles (requests, batches of the workers, marks of the relays), many times;
- a publisher of the very messages of those lifecycles, confirmed, into the same exchange, queues and stream of a
  virtual host of its own, and a consumer that takes and acknowledges them (`raw`).
The floor's rate is that of the slowest of them. pgbench plans each statement once per session, which no service
does over and over, so its rate is taken from the second repetition of every session on. What is missing from
the floor is what Python does: HTTP, JSON, validation, authority, decisions.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import psycopg

from deploy.local import processes
from deploy.local.servers import postgresql
from shared import contracts
from shared.bus import envelope, topology
from tests.bench import replay
from tests.bench.report import Line, Report
from tests.bench.sections import lifecycle
from tests.bench.stage import CONNECTIONS, Stage

NAME = "floor"
AIM = "≥ 0.3"
VHOST = "floor"
# Lifecycles in a capture: twice around the connections.
CAPTURED = 2 * CONNECTIONS
# Database → sessions at once. Workers and relays have one session each there.
CLIENTS = {"cases": 8, "dispatch": 4, "points": 2}


def run(stage: Stage, report: Report) -> None:
    before = report.details.get("lifecycle", {}).get("one")
    if before is None:
        lifecycle.warm_up(stage)
        before = lifecycle.measure(stage, seconds=5.0 if stage.quick else 12.0)
    log, since = _captured(stage)
    messages = _messages(stage, since)
    repetitions = 32 if stage.quick else 128
    stage.hold_all()
    stage.let_go()
    try:
        scripts = _scripts(stage, log, since)
        parts = _side_by_side(stage, scripts, messages, repetitions)
    finally:
        for service in CLIENTS:
            stage.database.drop_database(f"floor_{service}")
        stage.release_all()
    rates = {part: CAPTURED * per_second for part, per_second in parts.items()}
    rate = min(rates.values())
    published, delivered = len(messages), sum(_deliveries(messages).values())
    lines = [
        Line(NAME, "lifecycles, only their SQL and messages", rate, "/s"),
        *(
            Line(NAME, f"    statements per lifecycle in {service}", script.statements / CAPTURED)
            for service, script in scripts.items()
        ),
        Line(NAME, "    messages published per lifecycle", published / CAPTURED),
        Line(NAME, "    messages consumed per lifecycle", delivered / CAPTURED),
        *(Line(NAME, f"    {part}, beside the others", round(one, 1), "/s") for part, one in rates.items()),
        Line(NAME, "lifecycle ÷ floor", round(before["rate"] / rate, 3), "", AIM),
    ]
    report.add(NAME, lines, {"rate": rate, "lifecycle_rate": before["rate"], "parts": rates})


def _captured(stage: Stage) -> tuple[str, str]:
    """The server's log of some lifecycles, and the mark they began at."""
    log = pathlib.Path(stage.database.server.log)
    for name, value in (("log_line_prefix", replay.LINE_PREFIX), ("log_statement", "all")):
        stage.database.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    stage.database.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
    size = log.stat().st_size
    since = stage.mark()
    stage.drive("lifecycle", most=CAPTURED, seconds=60.0)
    stage.settle(since)
    for name in ("log_line_prefix", "log_statement"):
        stage.database.execute(f"ALTER SYSTEM RESET {name}")
    stage.database.execute("SELECT pg_reload_conf()")
    with log.open("rb") as file:
        file.seek(size)
        return file.read().decode(), since


def _messages(stage: Stage, since: str) -> list[tuple[str, str]]:
    """(routing key, body) of everything published since."""
    found = []
    for service in contracts.SERVICES:
        rows = stage.query(
            service, "SELECT *, data::text AS data FROM outbox WHERE id >= %s ORDER BY id", since
        )
        found += [(row["routing_key"], envelope.encode(row, service=service).decode()) for row in rows]
    return found


def _deliveries(messages: list[tuple[str, str]]) -> Counter[str]:
    """How many of the messages go to each service's inbox."""
    wanted = {
        service: tuple(f"{event.topic()}." for event in contracts.consumed_by(service))
        for service in contracts.SERVICES
    }
    return Counter(
        service for key, _ in messages for service, topics in wanted.items() if key.startswith(topics)
    )


def _scripts(stage: Stage, log: str, since: str) -> dict[str, replay.Script]:
    scripts = {}
    for service in CLIENTS:
        # Nobody may be connected to a database that is copied.
        stage.database.add_database(f"floor_{service}", owner=service, template=service)
        script = replay.Script(replay.read(log, database=service), since=since)
        with psycopg.connect(
            stage.database.url(f"floor_{service}"), autocommit=True, row_factory=psycopg.rows.dict_row
        ) as connection:
            _script_file(stage, service).write_text(script.text(connection), encoding="utf-8")
        scripts[service] = script
    return scripts


def _script_file(stage: Stage, service: str) -> pathlib.Path:
    return stage.folder / f"floor-{service}.sql"


def _side_by_side(
    stage: Stage, scripts: dict[str, replay.Script], messages: list[tuple[str, str]], repetitions: int
) -> dict[str, float]:
    """Runs everything at once; answers how many captures each part did per second."""
    assert stage.platform.rabbitmq is not None
    url = stage.platform.rabbitmq.add_vhost(VHOST)
    raw: dict[str, subprocess.Popen[str]] = {}
    benches: dict[str, subprocess.Popen[str]] = {}
    try:
        raw = _raw(url, messages, repetitions)
        began = time.monotonic()
        for service in scripts:
            benches[service] = _pgbench(stage, service, repetitions)
        for one in raw.values():
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        parts = {}
        waiting: dict[str, subprocess.Popen[str]] = {
            **{f"pgbench {name}": one for name, one in benches.items()},
            **raw,
        }
        while waiting:
            for name, one in list(waiting.items()):
                if one.poll() is not None:
                    parts[name] = time.monotonic() - began
                    said = one.communicate()[0]
                    if one.returncode != 0:
                        raise RuntimeError(f"{name} failed:\n{said[-2000:]}")
                    del waiting[name]
            time.sleep(0.01)
        return {
            **{name: repetitions / parts[name] for name in raw},
            **{f"pgbench {name}": _steady(stage, name) for name in benches},
        }
    finally:
        for one in (*raw.values(), *benches.values()):
            one.kill()
        stage.platform.rabbitmq.delete_vhost(VHOST)


def _pgbench(stage: Stage, service: str, repetitions: int) -> subprocess.Popen[str]:
    clients = CLIENTS[service]
    database = stage.database
    return subprocess.Popen(
        [
            str(postgresql._program("pgbench")),
            *("-n", "-M", "prepared", "-D", "n=0"),
            *("--log", f"--log-prefix={_script_file(stage, service)}.log"),
            *("-c", str(clients), "-t", str(repetitions // clients), "-f", str(_script_file(stage, service))),
            *("-h", "127.0.0.1", "-p", str(database.port), "-U", database.user, f"floor_{service}"),
        ],
        env={**os.environ, "PGPASSWORD": database.password},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _steady(stage: Stage, service: str) -> float:
    """Captures per second once every session has its statements planned."""
    ends: dict[int, list[float]] = {}
    for file in stage.folder.glob(f"{_script_file(stage, service).name}.log.*"):
        for line in file.read_text().splitlines():
            # client, its transaction, microseconds it took, script, end in seconds and microseconds
            client, _, _, _, seconds, micros = line.split()[:6]
            ends.setdefault(int(client), []).append(int(seconds) + int(micros) / 1e6)
    planned = max(min(some) for some in ends.values())
    after = [end for some in ends.values() for end in some if end > planned]
    return len(after) / (max(after) - planned)


def _raw(url: str, messages: list[tuple[str, str]], rounds: int) -> dict[str, subprocess.Popen[str]]:
    """A publisher and a consumer, ready to go."""
    with_topology(url)
    deliveries = _deliveries(messages)
    plans: dict[str, dict[str, Any]] = {
        "consume": {
            "url": url,
            "queues": {topology.inbox_queue(service): n * rounds for service, n in deliveries.items()},
        },
        "publish": {"url": url, "messages": messages, "rounds": rounds},
    }
    started = {}
    for role, plan in plans.items():
        one = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.raw", role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=processes.ROOT,
        )
        started[role] = one
        assert one.stdin is not None
        assert one.stdout is not None
        one.stdin.write(json.dumps(plan) + "\n")
        one.stdin.flush()
        if one.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the raw {role}r did not start")
    return started


def with_topology(url: str) -> None:
    """Declares the platform's exchange and queues in a virtual host."""
    import pika

    connection = pika.BlockingConnection(topology.parameters(url, name="bench"))
    topology.declare(connection.channel())
    connection.close()
