"""Live figures after workers were killed in the middle of it: those of a slow recount, and nothing was put right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.local import processes
from services.dispatch import worker
from shared import clock, db
from shared.contracts import cases as said
from tests.integration.dispatch.conftest import World, reported, whistled
from tests.support import district, feeding
from tests.support.waiting import eventually

AGO = clock.now() - timedelta(days=20)
MATTERS, ROUNDS = 400, 4
GRIDS = [district.GRID, district.NEXT_GRID, district.GRID_ELSEWHERE]
LEVELS = (4, 6, 9, 12, 15)
Start = Callable[[], processes.Process]


@pytest.fixture
def world(database: Callable[[str], db.Database]) -> Iterator[World]:
    made = database("dispatch")
    with feeding.feeding(made.url, worker.Worker) as feed:
        yield World(made, feed)


@pytest.fixture
def start(world: World, broker: str, process: Callable[..., processes.Process]) -> Start:
    return lambda: process("dispatch", "worker", database_url=world.database.url, amqp_url=broker)


def hour(moment: datetime) -> datetime:
    return moment.astimezone(clock.BEIJING).replace(minute=0, second=0, microsecond=0)


def recount_now(world: World) -> Counter[tuple[str, ...]]:
    """What is open by phase, from the clocks and the steps they fired, one by one."""
    fired = {
        (str(row["clock_id"]), row["run"], row["step"])
        for row in world.rows("SELECT clock_id, run, step FROM fired_steps")
    }
    found: Counter[tuple[str, ...]] = Counter()
    for row in world.rows("SELECT * FROM clocks WHERE state <> 'stopped'"):
        this = (str(row["clock_id"]), row["run"])
        phase = "in_time"
        if row["state"] == "paused":
            phase = "paused"
        elif (*this, "red") in fired:
            phase = "overdue"
        elif (*this, "yellow") in fired:
            phase = "due_soon"
        subject = "task" if row["task_id"] else "case"
        for digits in LEVELS:
            found[
                row["area"][:digits],
                phase,
                row["name"],
                subject,
                row["department_id"] or "",
                row["sla_class"],
            ] += 1
    return found


def recount_hours(world: World) -> Counter[tuple[Any, ...]]:
    """What happened by hour, from the rows of what happened."""
    happened: list[tuple[str, datetime, str, str]] = []
    for row in world.rows("SELECT area, reported_at, ended_at FROM watched_cases"):
        happened.append((row["area"], row["reported_at"], "reported", "case"))
        if row["ended_at"]:
            happened.append((row["area"], row["ended_at"], "ended", "case"))
    for row in world.rows("SELECT * FROM clock_runs WHERE name = 'finish' AND outcome IN ('met', 'late')"):
        happened.append((row["area"], row["ended_at"], row["outcome"], "task" if row["task_id"] else "case"))
    cards = "SELECT c.area, c.task_id, f.fired_at FROM fired_steps f JOIN clocks c USING (clock_id)"
    for row in world.rows(f"{cards} WHERE f.step = 'red' AND c.name = 'finish'"):
        happened.append((row["area"], row["fired_at"], "red", "task" if row["task_id"] else "case"))
    return Counter(
        (area[:digits], hour(at), measure, subject)
        for area, at, measure, subject in happened
        for digits in LEVELS
    )


def kept_now(world: World) -> dict[tuple[str, ...], int]:
    rows = world.rows(
        "SELECT area, measure, clock, subject, department_id, sla_class, number::int FROM figures WHERE number <> 0"
    )
    return {tuple(row.values())[:-1]: row["number"] for row in rows}


def kept_hours(world: World) -> dict[tuple[Any, ...], int]:
    rows = world.rows("SELECT area, hour, measure, subject, number::int FROM figure_hours WHERE number <> 0")
    return {(row["area"], hour(row["hour"]), row["measure"], row["subject"]): row["number"] for row in rows}


def test_figures_are_those_of_a_slow_recount_after_workers_were_killed(world: World, start: Start) -> None:
    chance = random.Random(20261121)
    cases = [
        reported(
            reported_at=AGO + timedelta(hours=chance.randrange(19 * 24)),
            area=chance.choice(GRIDS),
            sla_class=chance.choice(["five_days", "urgent_day", "emergency"]),
        )
        for _ in range(MATTERS)
    ]
    world.give(*cases)
    running = [start() for _ in range(2)]
    started = list(running)
    for some in (cases[n::ROUNDS] for n in range(ROUNDS)):
        world.give(
            *(whistled(case, district.MARKET, whistled_at=case.reported_at) for case in some[::3]),
            *(
                said.CaseDeferred(case_id=case.case_id, area=case.area, review_on=clock.now().date())
                for case in some[1::7]
            ),
        )
        victim = chance.randrange(len(running))
        running[victim].kill()
        world.give(
            *(
                said.CaseResolved(
                    case_id=case.case_id, area=case.area, resolved_by="hand", resolved_at=clock.now()
                )
                for case in some[::2]
            ),
            *(
                said.CaseWithdrawn(case_id=case.case_id, area=case.area)
                for case in some[3::10]
                if case not in some[::2]
            ),
        )
        running[victim] = start()
        started.append(running[victim])

    due = "SELECT count(*)::int AS n FROM clocks WHERE next_step_at <= clock_timestamp()"
    eventually(lambda: world.rows(due)[0]["n"] == 0, within_seconds=120, what="all due steps")
    unfolded = "SELECT count(*)::int AS n FROM figure_changes"
    eventually(lambda: world.rows(unfolded)[0]["n"] == 0, within_seconds=60, what="all changes folded")

    assert kept_now(world) == recount_now(world)
    assert kept_hours(world) == recount_hours(world)
    assert {measure for _, measure, *_ in kept_now(world)} >= {"in_time", "overdue", "paused"}
    assert {measure for _, _, measure, _ in kept_hours(world)} == {"reported", "ended", "met", "late", "red"}
    # They were right by themselves: every start compares them with a recount, and would have put them right.
    assert not any("figures_put_right" in one.log.read_text() for one in started)
