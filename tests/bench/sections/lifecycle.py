"""Lifecycle: report, whistle, resolve, read at 16 connections; the clock stops when every service is done."""

from __future__ import annotations

from typing import Any

from tests.bench.report import Line, Report
from tests.bench.stage import Stage

NAME = "lifecycle"
AIM = "≥ 100"


def measure(stage: Stage, *, seconds: float, departments: int = 1) -> dict[str, Any]:
    """Drives lifecycles for so long, waits until all their events are applied, and answers the rate of the whole.

    The stage is settled before and after.
    """
    since = stage.mark()
    meter = stage.meter()
    told = stage.drive("lifecycle", seconds=seconds, departments=departments)
    window = told["stages"][0]
    settled_at = stage.settle(since)
    used = meter.read()
    whole = settled_at - window["began_at"]
    finished = window["finished"]
    return {
        **told,
        "departments": departments,
        "lifecycles": finished,
        "errors": window["errors"],
        "rate": round(finished / whole, 2),
        "answered_rate": round(finished / window["seconds"], 2),
        "drained_after_seconds": round(whole - window["seconds"], 2),
        "events": events(stage, since),
        "processor_ms_per_lifecycle": {
            name: round(taken * 1000 / max(1, finished), 2) for name, taken in used.by_name.items()
        },
        "others_share": used.others_share,
    }


def events(stage: Stage, since: str) -> dict[str, int]:
    """Events committed since the mark, by publisher."""
    return {
        service: int(stage.query(service, "SELECT count(*) AS n FROM outbox WHERE id >= %s", since)[0]["n"])
        for service in ("cases", "dispatch", "points")
    }


def warm_up(stage: Stage) -> None:
    """Fills caches and prepared statements."""
    since = stage.mark()
    stage.drive("lifecycle", seconds=2.0 if stage.quick else 4.0)
    stage.settle(since)


def run(stage: Stage, report: Report) -> None:
    warm_up(stage)
    seconds = 5.0 if stage.quick else 12.0
    one = measure(stage, seconds=seconds)
    three = measure(stage, seconds=seconds, departments=3)
    lines = [
        Line(NAME, "lifecycles, one department called", one["rate"], "/s", AIM),
        Line(NAME, "    errors", one["errors"], "", "< 1"),
        Line(NAME, "    events per lifecycle", sum(one["events"].values()) / max(1, one["lifecycles"])),
        Line(NAME, "    applied everywhere after the last answer", one["drained_after_seconds"], "s"),
        *(
            Line(NAME, f"    {call} p50 / p99", f"{taken['p50_ms']} / {taken['p99_ms']}", "ms")
            for call, taken in one["stages"][0]["calls"].items()
        ),
        Line(NAME, "    load generator", one["cpu_share"] * 100, "% core"),
        Line(NAME, "    other programs on the machine", one["others_share"] * 100, "% of it"),
        *(
            Line(NAME, f"    processor: {name}", taken, "ms each")
            for name, taken in sorted(one["processor_ms_per_lifecycle"].items(), key=lambda item: -item[1])
            if taken >= 0.05
        ),
        Line(NAME, "lifecycles, three departments called", three["rate"], "/s"),
        Line(NAME, "    events per lifecycle", sum(three["events"].values()) / max(1, three["lifecycles"])),
        Line(NAME, "    errors, three departments", three["errors"], "", "< 1"),
    ]
    report.add(NAME, lines, {"one": one, "three": three})
