"""`make verify-audit`: whoever edits, deletes or adds a row behind the platform's back is named by it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local import processes
from services.cases import verify_audit
from services.cases.store import timeline
from shared import clock, db
from tests.bench.crowd import rows
from tests.bench.crowd.matters import Past

COUNT = 60
CLASSED = {"sla_class": "ordinary", "urgency": "ordinary", "mechanism": "general", "scope_class": "general"}


@pytest.fixture
def kept(database: Callable[[str], db.Database]) -> db.Database:
    """Matters of two years, as an earlier release filed them."""
    made = database("cases")
    past = Past(
        seed=3,
        count=COUNT,
        first_number=1,
        grids=[("370102007003001", 117.0, 36.6)],
        matters=[{"code": "env.cooking_fumes", **CLASSED}],
        until=time.time() - 60,
    )
    with made.transaction() as tx:
        for table, lines in rows.of_cases(past.told(), datetime.now(UTC)).items():
            with tx.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write("\n".join(lines) + "\n")
    return made


def verify(database: db.Database, *arguments: str) -> tuple[int, list[str]]:
    """Exit status and lines of the command, as `make verify-audit` runs it on DATABASE_URL_CASES."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "services.cases.verify_audit", "--workers", "2", *arguments],
        env={**os.environ, "YIWANG_MODE": "local", "DATABASE_URL_CASES": database.url},
        cwd=processes.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def change(database: db.Database, statement: str, *values: Any) -> list[dict[str, Any]]:
    with database.transaction() as tx:
        cursor = tx.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def a_case(database: db.Database, *, skip: int, least: int = 4) -> dict[str, Any]:
    return change(
        database,
        "SELECT * FROM cases WHERE timeline_length >= %s ORDER BY reported_at OFFSET %s LIMIT 1",
        least,
        skip,
    )[0]


def test_timelines_of_an_earlier_release_are_whole(kept: db.Database) -> None:
    status, lines = verify(kept)

    assert status == 0, lines
    assert lines[-1].startswith(f"{COUNT} timelines, 0 damaged")


def test_every_damage_is_named_with_its_matter_and_entry(kept: db.Database) -> None:
    edited, deleted, last, added, length, head, gone = (a_case(kept, skip=n) for n in range(7))
    change(kept, "UPDATE timeline SET detail = '{}' WHERE case_id = %s AND position = 1", edited["case_id"])
    change(kept, "DELETE FROM timeline WHERE case_id = %s AND position = 2", deleted["case_id"])
    end = last["timeline_length"]
    change(kept, "DELETE FROM timeline WHERE case_id = %s AND position = %s", last["case_id"], end)
    change(
        kept,
        "INSERT INTO timeline (case_id, position, action, role, area, at, detail, hash)"
        " SELECT case_id, position + 1, 'closed', role, area, at, detail, hash"
        " FROM timeline WHERE case_id = %s AND position = %s",
        added["case_id"],
        added["timeline_length"],
    )
    change(
        kept, "UPDATE cases SET timeline_length = timeline_length - 1 WHERE case_id = %s", length["case_id"]
    )
    change(kept, "UPDATE cases SET timeline_hash = sha256('x') WHERE case_id = %s", head["case_id"])
    for table in ("orders", "hearings", "holds", "answers"):
        change(kept, f"DELETE FROM {table} WHERE case_id = %s", gone["case_id"])
    change(kept, "UPDATE cases SET merged_into = NULL")
    change(kept, "DELETE FROM cases WHERE case_id = %s", gone["case_id"])

    status, lines = verify(kept)

    assert status == 1
    assert set(lines[:-1]) == {
        f"{edited['number']}  {edited['case_id']}  entry 1  edited: which column cannot be told",
        f"{deleted['number']}  {deleted['case_id']}  entry 2  deleted",
        f"{last['number']}  {last['case_id']}  entry {end}  deleted",
        f"{added['number']}  {added['case_id']}  entry {added['timeline_length'] + 1}  inserted",
        f"{length['number']}  {length['case_id']}  head mismatch: timeline_length",
        f"{head['number']}  {head['case_id']}  head mismatch: timeline_hash",
        f"(no matter)  {gone['case_id']}  case deleted",
    }
    assert lines[-1].startswith(f"{COUNT - 1} timelines, 7 damaged")


def test_it_takes_up_at_a_time(kept: db.Database) -> None:
    early, late = a_case(kept, skip=2), a_case(kept, skip=20)
    for case in (early, late):
        change(
            kept, "UPDATE timeline SET role = 'admin' WHERE case_id = %s AND position = 1", case["case_id"]
        )
    # As people write it: Beijing time, without a zone.
    middle = late["reported_at"].astimezone(clock.BEIJING).replace(tzinfo=None).isoformat()

    since, until = verify(kept, "--since", middle), verify(kept, "--until", middle)

    assert (since[0], until[0]) == (1, 1)
    assert [str(late["case_id"]) in line for line in since[1][:-1]] == [True]
    assert [str(early["case_id"]) in line for line in until[1][:-1]] == [True]


def test_a_database_that_is_not_there_is_no_sound_timeline() -> None:
    nowhere = db.Database("postgresql://127.0.0.1:1/none", service="cases", min_size=0)

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "services.cases.verify_audit"],
        env={**os.environ, "YIWANG_MODE": "local", "DATABASE_URL_CASES": nowhere.url},
        cwd=processes.ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "'closed'"),
        ("role", "'admin'"),
        ("person_id", "gen_random_uuid()"),
        ("at", "at + interval '1 microsecond'"),
        ("area", "'370102007003002'"),
        ("detail", 'detail || \'{"words": "没有的事"}\''),
        ("hash", "sha256('x')"),
        ("marks", "substr(sha256('x'), 1, 24)"),
    ],
)
def test_an_edited_column_of_todays_entries_is_named_at_once(world: Any, column: str, value: str) -> None:
    case = world.report()
    world.step(world.worker, case["case_id"], "take")
    world.step(world.worker, case["case_id"], "triage")
    path = f"/cases/{case['case_id']}/timeline/verify"
    whole = world.supervisor.post(path).json()
    with world.database.transaction() as tx:
        tx.execute(
            f"UPDATE timeline SET {column} = {value} WHERE case_id = %s AND position = 2".encode(),
            (case["case_id"],),
        )

    told = world.supervisor.post(path).json()

    assert whole == {"whole": True, "broken_at": None, "damages": []}
    assert told == {
        "whole": False,
        "broken_at": 2,
        "damages": [{"kind": "edited", "position": 2, "columns": [column]}],
    }
    assert (
        verify_audit._told(
            verify_audit.Verdict(case_id="1", number="2", damages=[]),
            verify_audit.Damage(kind=verify_audit.Kind.EDITED, position=2, columns=(column,)),
        )
        == f"2  1  entry 2  edited: {column}"
    )


def test_timelines_without_a_matter_are_found_a_few_entries_at_a_time(kept: db.Database) -> None:
    gone = {str(a_case(kept, skip=n)["case_id"]) for n in (0, 7, 12)}
    for table in ("orders", "tasks", "hearings", "holds", "answers"):
        change(kept, f"DELETE FROM {table}")
    change(kept, "UPDATE cases SET merged_into = NULL")
    change(kept, "DELETE FROM cases WHERE case_id = ANY(%s)", list(gone))

    for size in (1, 2, 7, 10_000):
        found = [verdict.case_id for verdict in timeline.without_case(kept, size=size)]
        assert sorted(found) == sorted(gone)
