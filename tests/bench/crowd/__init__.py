"""Loads a city's past: cases with timelines, whistles and tasks, watched cases, orders, clocks, numbered events.

`matters` makes them up, the same for the same seed; `rows` writes them as lines for COPY, one function per database.
Two processes load `cases` and `dispatch` side by side.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from deploy.local import processes
from tests.bench.stage import Stage
from tests.support.clients import Client

DISTRICT = "370102"


def fill_up(stage: Stage, cases: int) -> float:
    """Adds matters until there are `cases`; answers the seconds that took. Statistics are fresh afterwards."""
    began = time.monotonic()
    missing = cases - stage.cases()
    if missing > 0:
        start = int(stage.query("cases", "SELECT nextval('case_numbers') AS n")[0]["n"])
        stage.query("cases", "SELECT setval('case_numbers', %s)", start + missing)
        plan = {
            "seed": start,
            "count": missing,
            "first_number": start + 1,
            "grids": _grids(stage),
            "matters": stage.query(
                "cases",
                "SELECT code, sla_class, urgency, mechanism, scope_class FROM matters WHERE is_newest ORDER BY code",
            ),
            "until": time.time() - 3600.0,
        }
        loaders = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.bench.crowd", service, stage.database.url(service)],
                stdin=subprocess.PIPE,
                text=True,
                cwd=processes.ROOT,
            )
            for service in ("cases", "dispatch")
        ]
        try:
            for loader in loaders:
                assert loader.stdin is not None
                json.dump(plan, loader.stdin)
                loader.stdin.close()
            failed = [loader for loader in loaders if loader.wait(timeout=3600) != 0]
        finally:
            for loader in loaders:
                loader.kill()
        if failed:
            raise RuntimeError("loading failed; the error stands above")
        # Kept by triggers, which loading passes by.
        stage.query(
            "cases",
            "INSERT INTO case_words (case_id, area, content)"
            " SELECT case_id, area, lower(normalize(words || ' ' || address, NFKC)) FROM cases c"
            " WHERE NOT EXISTS (SELECT 1 FROM case_words w WHERE w.case_id = c.case_id)",
        )
    # Much of this past stands still; to say so of each is not what is measured.
    stage.query("cases", "UPDATE progress_limits SET hours = 1000000")
    for service in ("cases", "dispatch"):
        stage.query(service, "VACUUM (ANALYZE)")
    # Its writes would otherwise fall into the measurement.
    stage.query("cases", "CHECKPOINT")
    return round(time.monotonic() - began, 1)


def _grids(stage: Stage) -> list[tuple[str, float, float]]:
    """(code, longitude, latitude) of every grid of the district."""
    client = Client(f"{stage.platform.url}/api")
    found: list[tuple[str, float, float]] = []
    cursor = None
    while True:
        query = {"inside": DISTRICT, "limit": "200"} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/registry/grids", params=query)
        answer.raise_for_status()
        page = answer.json()
        found += [
            (grid["code"], grid["centre"]["longitude"], grid["centre"]["latitude"]) for grid in page["items"]
        ]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
