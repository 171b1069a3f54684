"""Intake: reports per second at 16 connections, through the front door and straight to the service."""

from __future__ import annotations

from typing import Any

from tests.bench.report import Line, Report
from tests.bench.stage import Stage

NAME = "intake"
AIM = "≥ 800"


def run(stage: Stage, report: Report) -> None:
    """Each way once; what the reports set off is worked off by all services meanwhile, and before the next."""
    details: dict[str, Any] = {"cases_before": stage.cases()}
    lines = []
    for way, direct in (("front door", False), ("direct", True)):
        since = stage.mark()
        stage.drive("intake", direct=direct, seconds=1.0 if stage.quick else 3.0)
        stage.settle(since)
        meter = stage.meter()
        told = stage.drive(
            "intake",
            direct=direct,
            seconds=4.0 if stage.quick else 12.0,
            most=30_000,
        )
        window = told["stages"][0]
        rate = window["finished"] / window["seconds"]
        drained = stage.settle(since) - (window["began_at"] + window["seconds"])
        used = meter.read()
        calls = window["calls"]["report"]
        details[way] = {
            **told,
            "processor_seconds": used.by_name,
            "others_share": used.others_share,
            "drained_after_seconds": round(drained, 2),
        }
        lines += [
            Line(NAME, f"reports, {way}", rate, "/s", AIM),
            Line(NAME, f"    p50 / p99, {way}", f"{calls['p50_ms']} / {calls['p99_ms']}", "ms"),
            Line(NAME, f"    errors, {way}", window["errors"], "", "< 1"),
            Line(NAME, f"    applied everywhere after, {way}", round(drained, 2), "s"),
            *(
                Line(
                    NAME,
                    f"    processor: {name}, {way}",
                    round(taken * 1000 / window["finished"], 2),
                    "ms each",
                )
                for name, taken in sorted(used.by_name.items(), key=lambda item: -item[1])
                if taken * 1000 / window["finished"] >= 0.02
            ),
            Line(NAME, f"    load generator, {way}", told["cpu_share"] * 100, "% core"),
            Line(NAME, f"    other programs on the machine, {way}", used.others_share * 100, "% of it"),
        ]
    report.add(NAME, lines, details)
