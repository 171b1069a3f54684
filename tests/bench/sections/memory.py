"""Memory and start time of every process, after whatever load came before."""

from __future__ import annotations

import time

from tests.bench import machine
from tests.bench.report import Line, Report
from tests.bench.stage import Stage

NAME = "memory"
AIM = "< 120"
# One of each role is enough for a quick look.
QUICK_SERVICE = "cases"


def run(stage: Stage, report: Report) -> None:
    lines, details = [], {}
    for process in stage.platform.processes:
        if process.pid is None:
            continue
        held = machine.memory_mib(process.pid)
        started = None
        if not stage.quick or process.service == QUICK_SERVICE:
            stage.platform.hold(process)
            began = time.monotonic()
            stage.platform.release(process)
            started = round(time.monotonic() - began, 2)
        name = f"{process.service} {process.role}"
        details[name] = {**held, "start_seconds": started}
        lines.append(Line(NAME, f"{name}, RSS (PSS {held['pss_mib']:.0f})", held["rss_mib"], "MiB", AIM))
        if started is not None:
            lines.append(Line(NAME, "    ready after", started, "s"))
    lines.append(
        Line(NAME, "all of them, PSS", sum(one["pss_mib"] or 0.0 for one in details.values()), "MiB")
    )
    lines.append(Line(NAME, "a whole new platform, ready after", stage.start_seconds, "s"))
    report.add(NAME, lines, details)
