"""Lists: how long pages, counts, tabs and files take at the loaded size, one caller at a time."""

from __future__ import annotations

import statistics
import time
from itertools import product
from typing import Any

from tests.bench import crowd
from tests.bench.report import Line, Report
from tests.bench.sections import growth
from tests.bench.stage import SUBDISTRICT, Stage
from tests.support.clients import Client

NAME = "lists"
AIM = "< 100"
ROUNDS = 3
DISTRICT = "370102"
COMMUNITY = f"{SUBDISTRICT}003"
AREAS = {"district": DISTRICT, "subdistrict": SUBDISTRICT, "community": COMMUNITY, "grid": f"{COMMUNITY}001"}
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"state": "closed"},
    {"state": "declined"},
    {"state": "handling"},
    {"tab": "overdue"},
    {"tab": "to_check", "channel": "patrol"},
    {"tab": "on_hold"},
    {"category": "env.cooking_fumes"},
    {"category": "env.noise", "state": "merged"},
    {"channel": "patrol", "state": "withdrawn"},
    {"urgency": "emergency", "tab": "closed"},
    {"level": "district"},
    {"reported_from": "2026-01-01T00:00:00+08:00", "reported_to": "2026-01-08T00:00:00+08:00"},
    {"text": "油烟"},
    {"text": "暖气 答复"},
    {"text": "沼气"},
    {"text": "无人机坠落"},
    {"text": "电梯", "state": "handling"},
    {"text": "没有的词"},
)
# Lists of what is to be done besides, each with its count, and a month's figures with the rows behind one.
QUEUES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/cases/hearings", {"kind": "check"}),
    ("/cases/hearings", {"kind": "call_back", "ready": True}),
    ("/cases/hearings", {"kind": "tell"}),
    ("/cases/holds", {}),
    ("/cases/rates", {"month": "2026-01", "by": "area"}),
    ("/cases/rates/rows", {"month": "2026-01", "counted": "satisfied"}),
)
# A workbook's worth of rows.
EXPORTED = {"reported_from": "2026-01-01T00:00:00+08:00", "reported_to": "2026-01-15T00:00:00+08:00"}


def run(stage: Stage, report: Report) -> None:
    """At the size the sections before left, or at the largest of `growth` when there is less."""
    loaded = crowd.fill_up(stage, growth.sizes(stage)[-1])
    url = f"http://127.0.0.1:{stage.platform.process('cases', 'api').http_port}"
    client = Client(url, stage.token("supervisor"))
    pages = {
        sort: [
            _timed(client, "/cases", {"area": area, "sort": sort, **query})
            for area, query in product(AREAS.values(), FILTERS)
        ]
        for sort in ("newest", "due")
    }
    counts = [
        _timed(client, "/cases", {"area": area, "limit": 1, "count": True, **query})
        for area, query in product(AREAS.values(), FILTERS)
    ]
    tabs = [_timed(client, "/cases/tabs", {"area": area}) for area in AREAS.values()]
    queues = [
        _timed(client, path, {"area": area, **query})
        for area, (path, query) in product(AREAS.values(), QUEUES)
    ]
    size = f"{stage.cases():,}"
    report.add(
        NAME,
        [
            *_lines(f"pages by time, {size} cases", pages["newest"]),
            *_lines(f"pages by limit, {size} cases", pages["due"]),
            *_lines(f"pages with their count, {size} cases", counts),
            *_lines(f"all tabs, {size} cases", tabs),
            *_lines(f"queues and figures, {size} cases", queues),
            *(_exported(client, form) for form in ("csv", "xlsx")),
        ],
        {"load_seconds": loaded, "pages": pages, "counts": counts, "tabs": tabs, "queues": queues},
    )


def _timed(client: Client, path: str, query: dict[str, Any]) -> dict[str, Any]:
    """The middle one of some rounds, in milliseconds."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = client.get(path, params=query)
        rounds.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
    return {"query": query, "milliseconds": round(statistics.median(rounds), 1)}


def _lines(name: str, measured: list[dict[str, Any]]) -> list[Line]:
    times = sorted(one["milliseconds"] for one in measured)
    slowest = max(measured, key=lambda one: one["milliseconds"])
    return [
        Line(NAME, f"{name}, p50", times[len(times) // 2], "ms"),
        Line(NAME, "    p95", times[int(len(times) * 0.95)], "ms", AIM),
        Line(NAME, "    the slowest", " ".join(f"{k}={v}" for k, v in slowest["query"].items()), "ms"),
    ]


def _exported(client: Client, form: str) -> Line:
    began = time.perf_counter()
    answer = client.get("/cases/export", params={**EXPORTED, "format": form}, timeout=60)
    seconds = time.perf_counter() - began
    rows = client.get("/cases", params={**EXPORTED, "limit": 1, "count": True}).json()["total"]
    answer.raise_for_status()
    return Line(NAME, f"a file of {rows:,} rows as {form}", round(seconds, 2), "s")
