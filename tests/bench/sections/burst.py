"""Burst at a million cases: 1 → 15 → 1 → 25 → 2 → 35 → 10 lifecycles a second, whatever the answers do."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict
from typing import Any

from tests.bench import crowd
from tests.bench.report import Line, Report
from tests.bench.sections import growth, lifecycle
from tests.bench.stage import Stage

NAME = "burst"
RATES = (1, 15, 1, 25, 2, 35, 10)
# Positions of the valleys in RATES: after each peak.
VALLEYS = (2, 4, 6)
CONNECTIONS = 64
_LOOK_SECONDS = 0.1


def run(stage: Stage, report: Report) -> None:
    crowd.fill_up(stage, growth.sizes(stage)[-1])
    lifecycle.warm_up(stage)
    length = 5.0 if stage.quick else 12.0
    since = stage.mark()
    meter = stage.meter()
    told: dict[str, Any] = {}
    failed: list[BaseException] = []

    def drive() -> None:
        try:
            plan = [(float(rate), length) for rate in RATES]
            told.update(stage.drive("lifecycle", connections=CONNECTIONS, stages=plan))
        except BaseException as error:
            failed.append(error)

    # Signed in and placed before the clock runs.
    stage.token("resident"), stage.token("caller"), stage.places()
    driver = threading.Thread(target=drive)
    driver.start()
    samples = []
    while driver.is_alive():
        samples.append((time.time(), stage.backlog(since)))
        driver.join(_LOOK_SECONDS)
    if failed:
        raise failed[0]
    stage.settle(since)
    used = meter.read()
    report.add(
        NAME,
        _lines(told, samples, used.others_share),
        {
            **told,
            "backlog": [{"at": at, **asdict(backlog)} for at, backlog in samples],
            "others_share": used.others_share,
        },
    )


def _lines(told: dict[str, Any], samples: list[tuple[float, Any]], others_share: float) -> list[Line]:
    stages = told["stages"]
    lines = [
        Line(NAME, "errors", sum(stage["errors"] for stage in stages), "", "< 1"),
        Line(NAME, "    load generator", told["cpu_share"] * 100, "% core"),
        Line(NAME, "    other programs on the machine", others_share * 100, "% of it"),
    ]
    for call in ("report", "whistle", "resolve", "read"):
        worst = max(stage["calls"].get(call, {"p95_ms": 0.0})["p95_ms"] for stage in stages)
        lines.append(Line(NAME, f"{call}, p95 at the worst rate", worst, "ms", "< 300"))
    for position in VALLEYS:
        begins, length = stages[position]["began_at"], stages[position]["seconds"]
        inside = [(at, backlog) for at, backlog in samples if begins <= at < begins + length]
        emptied = next((at - begins for at, backlog in inside if backlog.total == 0), None)
        most = max((backlog.total for _, backlog in inside), default=0)
        name = f"backlog empty after {RATES[position - 1]} → {RATES[position]} /s"
        if emptied is None:
            lines.append(Line(NAME, name, "never"))
        else:
            lines.append(Line(NAME, name, round(emptied, 2), "s", f"< {length:.0f}"))
        lines.append(Line(NAME, "    most in that valley", most, "events"))
    return lines
