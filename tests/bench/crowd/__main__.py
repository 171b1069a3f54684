"""Loads one service's part: `python -m tests.bench.crowd cases URL`, the past as JSON on stdin."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from itertools import islice

import psycopg

from tests.bench.crowd import rows
from tests.bench.crowd.matters import Past

AT_ONCE = 5_000
# Referred to before referring.
_ORDER = (
    "cases",
    "timeline",
    "hearings",
    "holds",
    "watched_cases",
    "orders",
    "tasks",
    "clocks",
    "handlings",
    "task_facts",
    "answers",
    "outbox_sequences",
    "outbox",
)


def main(arguments: list[str]) -> int:
    service, url = arguments
    past = Past(**json.load(sys.stdin))
    make = {"cases": rows.of_cases, "dispatch": rows.of_dispatch}[service]
    now = datetime.now(UTC)
    told = past.told()
    with psycopg.connect(url, autocommit=True) as connection:
        # The generator keeps references right by itself; a crash only costs the run.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        while some := list(islice(told, AT_ONCE)):
            lines = make(some, now)
            for table in sorted(lines, key=lambda table: _ORDER.index(table.split(" ", 1)[0])):
                with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write("\n".join(lines[table]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
