"""The clocks of matters and tasks: begun, paused, ended by events; cards shown once, whatever happens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.local import processes
from services.dispatch import worker
from services.dispatch.worker import sweep
from shared import clock, db, ids
from shared.contracts import cases as said
from tests.integration.dispatch.conftest import World, reported, whistled
from tests.support import district, feeding
from tests.support.waiting import eventually

LONG_AGO = clock.now() - timedelta(days=60)
MANY = sweep.BATCH + 50


def named(case: said.CaseReported) -> dict[str, str]:
    return {"case_id": case.case_id, "area": case.area}


def states(world: World, case_id: str) -> dict[tuple[str | None, str], str]:
    """Of every clock but that of elapsed time."""
    return {key: row["state"] for key, row in world.clocks(case_id).items() if key[1] != "elapsed"}


# --- begun and ended by events


def test_a_report_begins_the_limit_to_finish_at_the_moment_of_the_report(world: World) -> None:
    case = world.report(sla_class="emergency", urgency="emergency")

    row = world.clocks(case.case_id)[None, "finish"]
    assert (row["run"], row["state"], row["preset"], row["preset_version"]) == (
        1,
        "running",
        "shandong-2020",
        1,
    )
    assert row["started_at"] == case.reported_at
    assert row["due_at"] == case.reported_at + timedelta(hours=2)
    assert world.events(case.case_id) == ["clock_set", "clock_set"]


def test_the_way_of_a_matter_is_the_way_of_its_clocks(world: World) -> None:
    case = world.report()
    at = clock.now()
    seen = [states(world, case.case_id)]
    for event in (
        said.CaseResolved(**named(case), resolved_by="hand", resolved_at=at),
        said.CaseReworked(**named(case), run=2, reason="unhappy"),
        said.CaseResolved(**named(case), resolved_by="hand", resolved_at=at),
        said.CaseCalledBack(
            **named(case), reached=False, met=None, settled=None, satisfaction=None, called_back_at=at
        ),
        said.CaseCalledBack(
            **named(case), reached=True, met=True, settled=True, satisfaction="satisfied", called_back_at=at
        ),
        said.CaseClosed(**named(case), closed_at=at),
    ):
        world.give(event)
        seen.append(states(world, case.case_id))

    finish, call_back = (None, "finish"), (None, "call_back")
    assert seen == [
        {finish: "running"},
        {finish: "stopped", call_back: "running"},
        {finish: "running", call_back: "stopped"},
        {finish: "stopped", call_back: "running"},
        {finish: "stopped", call_back: "running"},
        {finish: "stopped", call_back: "stopped"},
        {finish: "stopped", call_back: "stopped"},
    ]
    runs = world.clocks(case.case_id)
    assert (runs[finish]["run"], runs[call_back]["run"]) == (2, 2)


def test_a_closed_matter_that_is_opened_again_has_a_limit_and_counts_since_its_report(world: World) -> None:
    case = world.report()
    at = clock.now()
    closed = said.CaseClosed(**named(case), closed_at=at)
    for event in (said.CaseResolved(**named(case), resolved_by="hand", resolved_at=at), closed):
        world.give(event)
    refuted = said.CaseReworked(**named(case), run=2, reason="refuted")
    world.give(refuted)

    def elapsed() -> dict[str, Any]:
        (row,) = world.rows(
            "SELECT run, state, started_at FROM clocks WHERE case_id = %(c)s AND name = 'elapsed'",
            c=case.case_id,
        )
        return row

    opened = elapsed()
    assert states(world, case.case_id)[None, "finish"] == "running"
    assert opened == {"run": 2, "state": "running", "started_at": case.reported_at}
    world.give(said.CaseClosed(**named(case), closed_at=clock.now()))
    assert (elapsed()["run"], elapsed()["state"]) == (2, "stopped")


def test_resolving_closes_orders_and_ends_their_clocks(world: World) -> None:
    whistle = world.whistle(district.MARKET, district.URBAN)

    world.give(
        said.CaseResolved(
            case_id=whistle.case_id, area=whistle.area, resolved_by="hand", resolved_at=clock.now()
        )
    )

    assert {name for name, state in states(world, whistle.case_id).items() if state == "running"} == {
        (None, "call_back")
    }
    assert {row["state"] for row in world.rows("SELECT state FROM tasks")} == {"closed"}


def test_deferral_pauses_the_limits_to_finish_and_resuming_moves_them(world: World) -> None:
    case = world.report(sla_class="urgent_day", urgency="urgent")
    whistle = world.whistle(district.MARKET, case=case)
    before = world.clocks(case.case_id)
    deferred_at = clock.now()
    world.give(said.CaseDeferred(**named(case), review_on=deferred_at.date()), time=deferred_at)
    paused = states(world, case.case_id)

    world.give(said.CaseResumed(**named(case)), time=deferred_at + timedelta(hours=3))

    after = world.clocks(case.case_id)
    assert {key for key, state in paused.items() if state == "paused"} == {
        (None, "finish"),
        (district.MARKET, "finish"),
    }
    for key in ((None, "finish"), (district.MARKET, "finish")):
        assert after[key]["state"] == "running"
        assert after[key]["due_at"] - before[key]["due_at"] == timedelta(hours=3)
    assert after[district.MARKET, "sign"] == before[district.MARKET, "sign"]
    assert world.events(whistle.order_id)[-2:] == ["clock_paused", "clock_set"]


def test_events_of_matters_nobody_reported_wait_and_hold_nobody_up(world: World) -> None:
    unknown, known = reported(), world.report()
    closed = [said.CaseClosed(**named(case), closed_at=clock.now()) for case in (unknown, known)]

    outcome = world.feed.apply(*(world.feed.delivery(event) for event in closed))

    assert outcome == {"parked": 1, "applied": 1}
    assert states(world, known.case_id) == {(None, "finish"): "stopped"}


def test_a_batch_of_many_matters_heard_twice_has_each_effect_once(world: World) -> None:
    cases = [reported() for _ in range(30)]
    whistles = [whistled(case, district.MARKET) for case in cases]
    batch = [world.feed.delivery(event) for event in (*cases, *whistles)]

    outcome = world.feed.apply(*batch, *batch)

    assert outcome == {"applied": 60, "seen": 60}
    assert {name: count(world, name) for name in ("watched_cases", "orders", "tasks", "clocks")} == {
        "watched_cases": 30,
        "orders": 30,
        "tasks": 30,
        "clocks": 60 + 90,
    }
    assert all(len(world.events(whistle.order_id)) == 5 for whistle in whistles)


def count(world: World, table: str) -> int:
    number: int = world.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]
    return number


# --- cards


def test_each_card_is_shown_once_yellow_before_red(world: World) -> None:
    case = world.report(reported_at=LONG_AGO)

    fired = [world.fire() for _ in range(4)]

    assert fired == [1, 1, 1, 0]
    assert world.cards(case.case_id) == [
        (case.case_id, "finish", 1, "yellow"),
        (case.case_id, "finish", 1, "red"),
    ]
    assert count(world, "fired_steps") == 3


def test_nothing_is_shown_before_its_time(world: World) -> None:
    case = world.report()
    _next_step_in(world, seconds=60)
    before = world.fire()
    _next_step_in(world, seconds=0)

    assert (before, world.fire()) == (0, 1)
    assert [colour for *_, colour in world.cards(case.case_id)] == ["yellow"]


def _next_step_in(world: World, *, seconds: float) -> None:
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE clocks SET next_step_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE name = 'finish' AND next_step_at IS NOT NULL",
            [seconds],
        )


def test_a_new_run_shows_its_own_cards(world: World) -> None:
    case = world.report(reported_at=LONG_AGO)
    world.fire()
    world.fire()
    world.give(said.CaseResolved(**named(case), resolved_by="hand", resolved_at=LONG_AGO), time=LONG_AGO)
    world.give(said.CaseReworked(**named(case), run=2, reason="unhappy"), time=LONG_AGO)

    while world.fire():
        pass

    finish = [(run, colour) for _, name, run, colour in world.cards(case.case_id) if name == "finish"]
    assert finish == [(1, "yellow"), (1, "red"), (2, "yellow"), (2, "red")]


def test_a_paused_or_stopped_clock_shows_nothing(world: World) -> None:
    paused, stopped = world.report(reported_at=LONG_AGO), world.report(reported_at=LONG_AGO)
    world.give(said.CaseListed(**named(paused), review_on=clock.now().date()))
    world.give(said.CaseWithdrawn(**named(stopped)))

    assert world.fire() == 0


def test_a_step_noted_before_a_restore_is_not_announced_again(world: World) -> None:
    case = world.report(reported_at=LONG_AGO)
    world.fire()
    with world.database.transaction() as tx:
        tx.execute("UPDATE clocks SET next_step = 'yellow', next_step_at = yellow_at")

    world.fire()

    assert [colour for *_, colour in world.cards(case.case_id)] == ["yellow"]


def test_cards_of_owners_somebody_works_on_wait_and_the_others_are_shown(world: World) -> None:
    held, free = world.report(reported_at=LONG_AGO), world.report(reported_at=LONG_AGO)
    with world.database.transaction() as holding:
        holding.execute("SELECT 1 FROM watched_cases WHERE case_id = %s FOR UPDATE", [held.case_id])

        shown = world.fire()

    assert shown == 1
    assert world.cards(held.case_id) == []
    assert [colour for *_, colour in world.cards(free.case_id)] == ["yellow"]
    assert world.fire() == 2


def test_none_starves_and_none_doubles_with_two_workers_at_once(world: World) -> None:
    cases = [reported(reported_at=LONG_AGO + timedelta(seconds=n)) for n in range(MANY)]
    world.give(*cases)
    start = threading.Barrier(2, timeout=20)

    def sweep() -> None:
        start.wait()
        while world.fire():
            pass

    others = [threading.Thread(target=sweep) for _ in range(2)]
    for one in others:
        one.start()
    for one in others:
        one.join(timeout=60)
    # What each skipped because the other held it.
    while world.fire():
        pass

    shown = Counter(world.cards(*(case.case_id for case in cases)))
    assert shown == Counter(
        (case.case_id, "finish", 1, colour) for case in cases for colour in ("yellow", "red")
    )


def test_a_worker_killed_in_the_middle_shows_each_card_once_when_it_is_back(
    database: Callable[[str], db.Database], broker: str, process: Callable[..., processes.Process]
) -> None:
    made = database("dispatch")
    with feeding.feeding(made.url, worker.Worker) as feed:
        world = World(made, feed)
        cases = [reported(reported_at=LONG_AGO + timedelta(seconds=n)) for n in range(MANY)]
        world.give(*cases)
        owners = [case.case_id for case in cases]

        first = process("dispatch", "worker", database_url=made.url, amqp_url=broker)
        eventually(lambda: world.cards(*owners), within_seconds=30, what="the first cards")
        first.kill()
        process("dispatch", "worker", database_url=made.url, amqp_url=broker)
        eventually(
            lambda: len(world.cards(*owners)) >= 2 * MANY, within_seconds=60, what="all cards of all matters"
        )

        shown = Counter(world.cards(*owners))
        assert set(shown.values()) == {1}
        assert len(shown) == 2 * MANY


# --- tasks


@pytest.mark.parametrize(
    ("urgency", "name", "minutes"),
    [("emergency", "sign", 10), ("emergency", "arrive", 30), ("urgent", "sign", 30)],
)
def test_the_limits_of_a_task_are_those_of_its_urgency(
    world: World, urgency: Any, name: str, minutes: int
) -> None:
    whistle = world.whistle(district.MARKET, case=world.report(urgency=urgency))

    due: datetime = world.clocks(whistle.case_id)[district.MARKET, name]["due_at"]

    assert due - whistle.whistled_at == timedelta(minutes=minutes)


def test_a_card_of_a_task_names_its_department(world: World) -> None:
    whistle = world.whistle(district.MARKET, whistled_at=LONG_AGO, case=world.report(case_id=ids.new()))

    world.fire()

    cards = world.rows("SELECT data FROM outbox WHERE type LIKE '%%card_shown%%'")
    assert {(row["data"]["department_id"], row["data"]["owner_id"]) for row in cards} == {
        (district.MARKET, whistle.order_id)
    }
    assert {row["data"]["clock"] for row in cards} == {"sign", "arrive", "finish"}
