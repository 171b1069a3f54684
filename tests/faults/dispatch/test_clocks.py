"""Every step of every clock fires once: with three workers that are killed, a clock that jumps, and after an outage."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from deploy.local import processes
from services.dispatch import worker
from services.dispatch.store import figures
from shared import clock, db
from tests.integration.dispatch.conftest import World, reported, whistled
from tests.support import district, feeding
from tests.support.waiting import eventually

LONG_AGO = clock.now() - timedelta(days=60)
MATTERS = 700
WORKERS = 3
Start = Callable[[], processes.Process]


@pytest.fixture
def world(database: Callable[[str], db.Database]) -> Iterator[World]:
    made = database("dispatch")
    with feeding.feeding(made.url, worker.Worker) as feed:
        yield World(made, feed)


@pytest.fixture
def start(world: World, broker: str, process: Callable[..., processes.Process]) -> Start:
    """Starts a worker process on the world's database."""
    return lambda: process("dispatch", "worker", database_url=world.database.url, amqp_url=broker)


def file_many(world: World, count: int = MATTERS) -> None:
    """Matters and an order for every fifth, all long overdue."""
    cases = [reported(reported_at=LONG_AGO + timedelta(seconds=n)) for n in range(count)]
    world.give(*cases)
    world.give(*(whistled(case, district.MARKET, whistled_at=case.reported_at) for case in cases[::5]))


def left(world: World) -> int:
    number: int = world.rows("SELECT count(*)::int AS n FROM clocks WHERE next_step_at <= clock_timestamp()")[
        0
    ]["n"]
    return number


def announced(world: World) -> Counter[tuple[Any, ...]]:
    """How often each step was announced."""
    rows = world.rows(
        "SELECT data FROM outbox WHERE type LIKE '%%card_shown%%' OR type LIKE '%%supervision_ordered%%'"
    )
    return Counter(
        (
            row["data"]["owner_id"],
            row["data"]["task_id"],
            row["data"]["clock"],
            row["data"]["run"],
            row["data"].get("colour", "supervision"),
            row["data"].get("repetition", 1),
        )
        for row in rows
    )


def each_once(world: World) -> None:
    """Every step that was fired was announced, once, and the figures agree with a recount."""
    found = announced(world)
    fired = world.rows(
        "SELECT c.owner_id::text, c.task_id::text, c.name, f.run, f.step, f.repetition FROM fired_steps f"
        " JOIN clocks c USING (clock_id)"
    )

    assert set(found.values()) == {1}
    assert set(found) == {tuple(row.values()) for row in fired}
    orders = world.rows("SELECT count(*)::int AS n FROM supervisions")[0]["n"]
    assert orders == sum(1 for row in fired if row["step"] == "supervision")
    with world.database.transaction() as tx:
        assert figures.differences(tx) == []


def test_three_workers_killed_at_random_fire_each_step_once(world: World, start: Start) -> None:
    chance = random.Random(20261121)
    file_many(world)
    running = [start() for _ in range(WORKERS)]

    for _ in range(4):
        before = len(announced(world))
        eventually(
            lambda before=before: left(world) == 0 or len(announced(world)) > before,
            within_seconds=60,
            what="some steps",
        )
        victim = chance.randrange(WORKERS)
        running[victim].kill()
        running[victim] = start()
    eventually(lambda: left(world) == 0, within_seconds=120, what="all due steps")

    each_once(world)
    # Each limit to finish showed both cards and led to one supervision order.
    steps = Counter((name, step) for _, _, name, _, step, _ in announced(world))
    for step in ("yellow", "red", "supervision"):
        assert steps["finish", step] == MATTERS + MATTERS // 5


def test_ten_minutes_down_across_due_times_are_caught_up_oldest_first(world: World, start: Start) -> None:
    file_many(world)
    with world.database.transaction() as tx:
        # Due one after the other while no worker ran.
        tx.execute(
            "UPDATE clocks SET next_step_at = clock_timestamp() - interval '10 minutes'"
            " + interval '10 minutes' * (row_number - 1) / total FROM ("
            "   SELECT clock_id, row_number() OVER (ORDER BY md5(clock_id::text)), count(*) OVER () AS total"
            "   FROM clocks WHERE name = 'finish') AS placed"
            " WHERE clocks.clock_id = placed.clock_id"
        )
        tx.execute("UPDATE clocks SET next_step_at = NULL WHERE name <> 'finish'")
        tx.execute("CREATE TABLE was_due AS SELECT clock_id, next_step_at FROM clocks WHERE name = 'finish'")

    start()
    eventually(lambda: left(world) == 0, within_seconds=120, what="all due steps")

    each_once(world)
    rows = world.rows(
        "SELECT w.next_step_at FROM fired_steps f JOIN was_due w USING (clock_id) WHERE f.step = 'yellow'"
        " ORDER BY f.fired_at"
    )
    order = [row["next_step_at"] for row in rows]
    assert len(order) == MATTERS + MATTERS // 5
    assert order == sorted(order)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_process_whose_clock_jumps_fires_nothing_early_and_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    soon = world.report(sla_class="emergency", urgency="emergency")
    late = world.report(reported_at=LONG_AGO)
    jump = timedelta(hours=hours)
    now, wall, steady = clock.now, time.time, time.monotonic
    seen = []

    for jumped in (timedelta(), jump, timedelta(), jump, jump):
        monkeypatch.setattr(clock, "now", lambda jumped=jumped: now() + jumped)
        monkeypatch.setattr(time, "time", lambda jumped=jumped: wall() + jumped.total_seconds())
        monkeypatch.setattr(time, "monotonic", lambda jumped=jumped: steady() + jumped.total_seconds())
        seen.append(world.fire())

    assert seen == [1, 1, 1, 0, 0]
    assert world.cards(soon.case_id) == []
    assert [colour for *_, colour in world.cards(late.case_id)] == ["yellow", "red"]
    each_once(world)
