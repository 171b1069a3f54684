"""Sweep: many tasks fall due in the same minute; how fast their cards are shown while new ones keep coming."""

from __future__ import annotations

import threading
import time

import psycopg

from tests.bench.report import Line, Report
from tests.bench.stage import SUBDISTRICT, Stage

NAME = "sweep"
TASKS, QUICK_TASKS = 100_000, 10_000
DEADLINE_SECONDS = 300.0
_LOOK_SECONDS = 0.25
# New ones that fall due meanwhile, each second.
_COMING = 200
_CATEGORY = "bench.sweep"

# Orders with one task each, whose limit to finish ended within the minute before `now`; the yellow card is shown.
_LOAD = f"""
    WITH made AS (
        SELECT gen_random_uuid() AS order_id, gen_random_uuid() AS task_id, gen_random_uuid() AS case_id,
            clock_timestamp() - interval '60 seconds' * random() * %s AS due_at
        FROM generate_series(1, %s)
    ),
    orders AS (
        INSERT INTO orders (order_id, case_id, area, kind, category, sla_class, urgency, longitude, latitude,
            caller_id, state, opened_at, version)
        SELECT order_id, case_id, '{SUBDISTRICT}001001', 'grid_calls_offices', '{_CATEGORY}', 'five_days', 'ordinary',
            117.0, 36.6, gen_random_uuid(), 'open', due_at - interval '7 days', 1 FROM made
    ),
    tasks AS (
        INSERT INTO tasks (task_id, order_id, area, department_id, is_main, state, run, sent_at)
        SELECT task_id, order_id, '{SUBDISTRICT}001001', '370102-ecology', true, 'signed', 1,
            due_at - interval '7 days' FROM made
    )
    INSERT INTO clocks (clock_id, owner_id, task_id, case_id, area, department_id, name, run, state, limit_amount,
        limit_unit, started_at, due_at, yellow_at, provisional, next_step, next_step_at, category, sla_class, preset,
        preset_version)
    SELECT gen_random_uuid(), order_id, task_id, case_id, '{SUBDISTRICT}001001', '370102-ecology', 'finish', 1,
        'running', 5, 'working_days', due_at - interval '7 days', due_at, due_at - interval '1 day', false, 'red',
        due_at, '{_CATEGORY}', 'five_days', 'shandong-2020', 1 FROM made
"""
_LEFT = (
    f"SELECT count(*) AS n FROM clocks WHERE category = '{_CATEGORY}' AND next_step = 'red' AND due_at <= %s"
)
_FORGET = (
    f"DELETE FROM fired_steps WHERE clock_id IN (SELECT clock_id FROM clocks WHERE category = '{_CATEGORY}')",
    f"DELETE FROM clocks WHERE category = '{_CATEGORY}'",
    f"DELETE FROM tasks WHERE order_id IN (SELECT order_id FROM orders WHERE category = '{_CATEGORY}')",
    f"DELETE FROM orders WHERE category = '{_CATEGORY}'",
)


def run(stage: Stage, report: Report) -> None:
    tasks = QUICK_TASKS if stage.quick else TASKS
    sweeper = stage.platform.process("dispatch", "worker")
    stage.platform.hold(sweeper)
    stage.query("dispatch", _LOAD, 1.0, tasks)
    stage.query("dispatch", "VACUUM (ANALYZE) clocks")
    until = stage.query("dispatch", "SELECT clock_timestamp() AS at")[0]["at"]
    since = stage.mark()
    stage.platform.release(sweeper)
    began = time.monotonic()
    meter = stage.meter()
    seconds, coming = _wait(stage, until, began)
    used = meter.read()
    fired = stage.query(
        "dispatch",
        "SELECT count(*) AS n, EXTRACT(epoch FROM max(f.fired_at) - min(f.fired_at)) AS seconds,"
        # How much younger, at most, was one shown before one that waited.
        " EXTRACT(epoch FROM max(f.newest - f.due_at)) AS overtaken FROM ("
        "   SELECT fired_at, due_at, max(due_at) OVER (ORDER BY fired_at) AS newest FROM fired_steps"
        "   WHERE step = 'red' AND due_at <= %s) AS f",
        until,
    )[0]
    stage.settle(since)
    for statement in _FORGET:
        stage.query("dispatch", statement)
    lines = [
        Line(NAME, f"{tasks:,} due in a minute, all shown after", round(seconds, 1), "s", "< 60"),
        Line(NAME, "steps shown", round(fired["n"] / max(float(fired["seconds"]), 0.001)), "/s", "≥ 1667"),
        Line(NAME, "    overtaken by younger ones by at most", round(float(fired["overtaken"]), 2), "s"),
        Line(NAME, "    others that fell due meanwhile", coming),
        Line(NAME, "    other programs on the machine", used.others_share * 100, "% of it"),
    ]
    details = {"tasks": tasks, "seconds": seconds, "coming": coming, "fired": int(fired["n"])}
    report.add(NAME, lines, details)


def _wait(stage: Stage, until: object, began: float) -> tuple[float, int]:
    """Seconds until all that were due are shown, and how many more fell due meanwhile."""
    done = threading.Event()
    coming = [0]

    def come() -> None:
        # A connection of its own: the stage's is asked meanwhile.
        with psycopg.connect(stage.database.url("dispatch"), autocommit=True) as connection:
            while not done.wait(1.0):
                connection.execute(_LOAD.encode(), [0.0, _COMING])
                coming[0] += _COMING

    others = threading.Thread(target=come)
    others.start()
    try:
        while stage.query("dispatch", _LEFT, until)[0]["n"]:
            if time.monotonic() - began > DEADLINE_SECONDS:
                raise RuntimeError(f"not all cards were shown within {DEADLINE_SECONDS:.0f} s")
            time.sleep(_LOOK_SECONDS)
    finally:
        done.set()
        others.join()
    return time.monotonic() - began, coming[0]
