"""Events: how long from commit to effect at half load, what an inbox takes in, what a relay sends."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from deploy.local import processes
from deploy.local.children import wait_for
from shared import contracts
from tests.bench.load import summary
from tests.bench.report import Line, Report
from tests.bench.sections import lifecycle
from tests.bench.stage import SUBDISTRICT, Stage

NAME = "events"
CONNECTIONS = 32
RELAY_SECONDS = 180.0


def run(stage: Stage, report: Report) -> None:
    half = _half_of(stage, report)
    latency = _latency(stage, half)
    inbox = _inbox(stage)
    relay = {what: _relay(stage, what) for what in ("many subjects", "one subject")}
    worst = latency["all"]
    batches, single = statistics.median(inbox["batches"]), statistics.median(inbox["single"])
    lines = [
        Line(NAME, "commit to effect, p50", worst["p50_ms"], "ms"),
        Line(NAME, "commit to effect, p99", worst["p99_ms"], "ms", "< 250"),
        *(
            Line(NAME, f"    into {service}, p50 / p99", f"{taken['p50_ms']} / {taken['p99_ms']}", "ms")
            for service, taken in latency.items()
            if service != "all"
        ),
        Line(NAME, "    at lifecycles", half, "/s"),
        Line(NAME, "inbox in batches", batches, "/s"),
        Line(NAME, "inbox, one transaction each", single, "/s"),
        Line(NAME, "batches ÷ one transaction each", round(batches / single, 2), "", "≥ 5"),
        *(Line(NAME, f"relay, {what}", one["rate"], "/s") for what, one in relay.items()),
    ]
    report.add(NAME, lines, {"half_rate": half, "latency": latency, "inbox": inbox, "relay": relay})


def _half_of(stage: Stage, report: Report) -> float:
    before = report.details.get("lifecycle", {}).get("one")
    if before is None:
        lifecycle.warm_up(stage)
        before = lifecycle.measure(stage, seconds=5.0)
    return round(max(1.0, float(before["rate"]) / 2), 1)


def _latency(stage: Stage, rate: float) -> dict[str, dict[str, float]]:
    """From the moment of an event (taken before its commit) to the commit of its effect, by consumer.

    The server keeps the time of each commit meanwhile; an inbox row is committed with the effect.
    """
    _keep_commit_times(stage, "on")
    try:
        # So that processes just started are warm.
        lifecycle.warm_up(stage)
        since = stage.mark()
        length = 8.0 if stage.quick else 20.0
        stage.drive("lifecycle", connections=CONNECTIONS, stages=[(rate, length)])
        stage.settle(since)
        made: dict[Any, Any] = {}
        for service in contracts.SERVICES:
            for row in stage.query(service, "SELECT id, time FROM outbox WHERE id >= %s", since):
                made[row["id"]] = row["time"]
        taken: dict[str, list[float]] = {}
        for service in contracts.SERVICES:
            for row in stage.query(
                service, "SELECT id, pg_xact_commit_timestamp(xmin) AS at FROM inbox WHERE id >= %s", since
            ):
                milliseconds = (row["at"] - made[row["id"]]).total_seconds() * 1000
                taken.setdefault(service, []).append(milliseconds)
    finally:
        _keep_commit_times(stage, "off")
    everything = [one for some in taken.values() for one in some]
    return {"all": summary(everything), **{service: summary(some) for service, some in taken.items()}}


def _keep_commit_times(stage: Stage, value: str) -> None:
    """Needs a restart of the server, for which the platform's processes stand still."""
    stage.hold_all()
    stage.let_go()
    stage.database.execute(f"ALTER SYSTEM SET track_commit_timestamp = {value}")
    stage.database.stop()
    # Not `restart`, which would write the settings anew.
    stage.database.server.start()
    stage.database.wait_ready()
    stage.release_all()


def _inbox(stage: Stage) -> dict[str, list[float]]:
    url = _own_database(stage, "dispatch")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.batches", url],
            stdout=subprocess.PIPE,
            text=True,
            cwd=processes.ROOT,
            timeout=300,
            check=True,
        )
    finally:
        stage.database.drop_database("bench_dispatch")
    told: dict[str, list[float]] = json.loads(done.stdout)
    return told


def _relay(stage: Stage, what: str) -> dict[str, Any]:
    """Events per second of one relay process, from the first batch it marks to the last."""
    count = {"many subjects": 20_000, "one subject": 2_000}[what] // (4 if stage.quick else 1)
    subject = "gen_random_uuid()::text" if what == "many subjects" else "'one'"
    assert stage.platform.rabbitmq is not None
    url = _own_database(stage, "cases")
    amqp_url = stage.platform.rabbitmq.add_vhost("bench")
    relay = processes.Process(
        "cases",
        "relay",
        {**stage.platform.settings("cases"), "DATABASE_URL": url, "AMQP_URL": amqp_url},
        log=stage.folder / "bench-relay.log",
    )
    statement = f"""
        INSERT INTO outbox (id, subject, sequence, type, routing_key, area, time, data)
        SELECT gen_random_uuid(), {subject}, n, 'yiwang.cases.case_reported.v1',
            'cases.case_reported.v1.37.01.02.007.001.001', '{SUBDISTRICT}001001', clock_timestamp(),
            json_build_object('case_id', gen_random_uuid(), 'area', '{SUBDISTRICT}001001', 'filler', repeat('x', 300))
        FROM generate_series(1, {count}) AS n
    """
    try:
        stage.query("bench_cases", statement)
        stage.query("bench_cases", "VACUUM (ANALYZE) outbox")
        relay.start()
        wait_for(
            lambda: not stage.query("bench_cases", "SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1"),
            deadline_seconds=RELAY_SECONDS,
            what="everything sent",
        )
        row = stage.query(
            "bench_cases",
            "SELECT min(sent_at) AS first, max(sent_at) AS last, extract(epoch FROM max(sent_at) - min(sent_at)) AS s"
            " FROM outbox",
        )[0]
    finally:
        relay.stop()
        stage.let_go()
        stage.platform.rabbitmq.delete_vhost("bench")
        stage.database.drop_database("bench_cases")
    return {"events": count, "seconds": float(row["s"]), "rate": count / float(row["s"])}


def _own_database(stage: Stage, service: str) -> str:
    """A fresh database of a service beside the platform's; its address."""
    name = f"bench_{service}"
    stage.database.add_database(name, owner=service)
    password = stage.platform.memory.secret(f"database.{service}")
    url = stage.database.url(name, user=service, password=password)
    for task in ("migrate", "seed"):
        settings = {**stage.platform.settings(service), "DATABASE_URL": url}
        processes.run_task(service, task, settings, log=stage.folder / "bench.log")
    return url
