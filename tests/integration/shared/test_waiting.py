"""A patched process shares its one thread while it waits for the database, and never waits for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from deploy.local import processes

PREPARED = """
import os
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
import eventlet
eventlet.monkey_patch()
import json, sys, time
import psycopg
from shared import db
session = db.session(sys.argv[1], name="waiting")
"""


@pytest.fixture
def url(database: Any) -> str:
    made: str = database("shared").url
    return made


def told(url: str, script: str) -> Any:
    """What a script prints (JSON) in a process that eventlet has patched."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PREPARED + textwrap.dedent(script), url],
        cwd=processes.ROOT,
        env={**os.environ, "PYTHONPATH": str(processes.ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_others_work_while_a_statement_runs(url: str) -> None:
    script = """
        ticks = []
        def tick():
            while True:
                ticks.append(1)
                eventlet.sleep(0.01)
        eventlet.spawn(tick)
        session.execute("SELECT pg_sleep(0.5)")
        print(json.dumps(len(ticks)))
    """

    assert told(url, script) > 10


def test_more_than_a_socket_holds_goes_both_ways_in_a_pipeline(url: str) -> None:
    script = """
        sent = "x" * 9_000_000
        with session.pipeline():
            cursors = [session.execute("SELECT %s::text AS said", (sent,)) for _ in range(3)]
        print(json.dumps([cursor.fetchone()["said"] == sent for cursor in cursors]))
    """

    assert told(url, script) == [True, True, True]


def test_a_link_cut_by_another_greenlet_ends_the_wait(url: str) -> None:
    script = """
        eventlet.spawn_after(0.2, db.cut, session)
        began = time.monotonic()
        try:
            session.execute("SELECT pg_sleep(30)")
        except psycopg.OperationalError:
            print(json.dumps(time.monotonic() - began))
    """

    assert told(url, script) < 10


def test_a_socket_closed_under_a_wait_ends_it(url: str) -> None:
    script = """
        eventlet.spawn_after(0.2, os.close, session.fileno())
        try:
            session.execute("SELECT pg_sleep(30)")
        except psycopg.OperationalError:
            print(json.dumps("ended"))
        sys.stdout.flush()
        os._exit(0)
    """

    assert told(url, script) == "ended"


def test_a_wait_with_a_time_limit_ends_at_it(url: str) -> None:
    script = """
        began = time.monotonic()
        found = list(session.notifies(timeout=0.3))
        print(json.dumps([found, round(time.monotonic() - began, 1) >= 0.3]))
    """

    assert told(url, script) == [[], True]


def test_many_statements_wait_side_by_side(url: str) -> None:
    script = """
        database = db.Database(sys.argv[1], service="waiting", max_size=4)
        def ask(n):
            with database.transaction() as tx:
                return tx.execute("SELECT pg_sleep(0.3), %s::int AS n", (n,)).fetchone()["n"]
        database.check()
        began = time.monotonic()
        answers = list(eventlet.GreenPool(4).imap(ask, range(4)))
        print(json.dumps([answers, time.monotonic() - began]))
        sys.stdout.flush()
        os._exit(0)
    """

    answers, seconds = told(url, script)

    assert answers == [0, 1, 2, 3]
    assert seconds < 1.1
