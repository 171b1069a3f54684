"""Ranking: how long a month's tables take, and a table of every matter there is."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from services.dispatch.domain import indicators, ranking
from services.dispatch.domain.indicators import Kind
from services.dispatch.domain.ranking import Period
from services.dispatch.store import rankings as store
from shared import db, ids
from tests.bench import crowd
from tests.bench.report import Line, Report
from tests.bench.sections import growth
from tests.bench.stage import Stage

NAME = "ranking"
AIM = "< 10"
ROUNDS = 3
# Months in which no other table is made.
MONTH, ALL = "2001-01", "2002-02"


def run(stage: Stage, report: Report) -> None:
    """At the size the sections before left, or at the largest of `growth` when there is less."""
    loaded = crowd.fill_up(stage, growth.sizes(stage)[-1])
    database = db.Database(stage.database.url("dispatch"), service="dispatch", min_size=0, max_size=1)
    end = datetime.now(UTC) - timedelta(days=40)
    everything = Period(month=ALL, start=end - timedelta(days=5 * 365), end=datetime.now(UTC))
    month = Period(month=MONTH, start=end - timedelta(days=30), end=end)
    try:
        told: dict[str, Any] = {
            f"{name}, {kind}": [_timed(database, kind, period) for _ in range(ROUNDS)]
            for name, period in (("a month", month), ("all", everything))
            for kind in indicators.KINDS
        }
    finally:
        database.close()
    size = f"{stage.cases():,}"
    lines = [
        Line(NAME, f"{name} ({rounds[0]['rows']:,} rows)", _middle(rounds), "s", AIM)
        for name, rounds in told.items()
    ]
    both = sum(_middle(told[f"all, {kind}"]) for kind in indicators.KINDS)
    lines.append(Line(NAME, f"both tables of {size} cases", both, "s", AIM))
    report.add(NAME, lines, {"load_seconds": loaded, "tables": told})


def _timed(database: db.Database, kind: Kind, period: Period) -> dict[str, Any]:
    """One table counted, scored and frozen, then taken back."""
    with database.transaction() as tx:
        began = time.perf_counter()
        table = ranking.drafted(
            ranking_id=ids.new(),
            area=crowd.DISTRICT,
            period=period,
            rules=indicators.delivered(kind),
            rules_version=0,
            at=period.end,
        )
        store.insert(tx, table)
        table = ranking.computed(table, store.count(tx, table), at=period.end)
        table, _ = ranking.frozen(table, at=period.end)
        store.save(tx, table)
        seconds = round(time.perf_counter() - began, 3)
        tx.rollback()
    rows = sum(count.denominator for line in table.lines for count in line.counts.values())
    return {"seconds": seconds, "rows": rows}


def _middle(rounds: list[dict[str, Any]]) -> float:
    return round(statistics.median(one["seconds"] for one in rounds), 2)
