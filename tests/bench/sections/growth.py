"""Growth: the lifecycle rate with 10,000, 100,000 and 1,000,000 cases."""

from __future__ import annotations

import statistics
from typing import Any

from tests.bench import crowd
from tests.bench.report import Line, Report
from tests.bench.sections import lifecycle
from tests.bench.stage import Stage

NAME = "growth"
AIM = "≥ 0.9"
SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (2_000, 10_000, 40_000)
ROUNDS = 3


def sizes(stage: Stage) -> tuple[int, ...]:
    return QUICK_SIZES if stage.quick else SIZES


def run(stage: Stage, report: Report) -> None:
    """The middle one of some rounds at each size, from the smallest up, on the same platform."""
    stage.empty()
    lines, details = [], {}
    rates: list[float] = []
    for size in sizes(stage):
        loaded = crowd.fill_up(stage, size)
        lifecycle.warm_up(stage)
        rounds: list[dict[str, Any]] = [
            lifecycle.measure(stage, seconds=3.0 if stage.quick else 6.0) for _ in range(ROUNDS)
        ]
        rates.append(statistics.median(one["rate"] for one in rounds))
        errors = sum(one["errors"] for one in rounds)
        details[str(size)] = {"load_seconds": loaded, "rounds": rounds}
        lines += [
            Line(NAME, f"lifecycles with {size:,} cases", rates[-1], "/s"),
            Line(NAME, f"    of the rounds, with {size:,}", " ".join(f"{one['rate']:.0f}" for one in rounds)),
            Line(
                NAME,
                f"    processor time each, with {size:,}",
                statistics.median(sum(one["processor_ms_per_lifecycle"].values()) for one in rounds),
                "ms",
            ),
            Line(NAME, f"    errors, with {size:,}", errors, "", "< 1"),
        ]
    first, last = sizes(stage)[0], sizes(stage)[-1]
    lines.append(Line(NAME, f"{last:,} ÷ {first:,} cases", round(rates[-1] / rates[0], 3), "", AIM))
    report.add(NAME, lines, details)
