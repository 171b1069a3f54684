"""Live figures: by area, department and class, the trend, and their agreement with a recount."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any

from services.dispatch.store import figures
from shared import clock
from shared.contracts import cases as said
from tests.integration.dispatch.conftest import Running, World, reported
from tests.support import district

LONG_AGO = clock.now() - timedelta(days=60)


def fold(world: World) -> None:
    folded = 1
    while folded:
        with world.database.transaction() as tx:
            folded = figures.fold(tx)


def differences(world: World) -> list[dict[str, Any]]:
    with world.database.transaction(read_only=True) as tx:
        return figures.differences(tx)


def numbers(world: World, area: str, *, name: str = "finish", subject: str = "case") -> dict[str, int]:
    rows = world.rows(
        "SELECT measure, sum(number)::int AS n FROM figures WHERE area = %(a)s AND clock = %(c)s"
        " AND subject = %(s)s AND number <> 0 GROUP BY measure",
        a=area,
        c=name,
        s=subject,
    )
    return {row["measure"]: row["n"] for row in rows}


def named(case: said.CaseReported) -> dict[str, str]:
    return {"case_id": case.case_id, "area": case.area}


def test_every_area_that_contains_a_matter_counts_it_by_its_phase(world: World) -> None:
    fresh, late, paused = world.report(), world.report(reported_at=LONG_AGO), world.report()
    world.report(area=district.GRID_ELSEWHERE)
    world.give(said.CaseDeferred(**named(paused), review_on=clock.now().date()))
    while world.fire():
        pass
    fold(world)

    assert numbers(world, district.GRID) == {"in_time": 1, "overdue": 1, "paused": 1}
    assert numbers(world, district.SUBDISTRICT) == numbers(world, district.GRID)
    assert numbers(world, district.DISTRICT) == {"in_time": 2, "overdue": 1, "paused": 1}
    assert numbers(world, "3701") == numbers(world, district.DISTRICT)
    for case in (fresh, late, paused):
        world.give(said.CaseWithdrawn(**named(case)))
    fold(world)
    assert numbers(world, district.GRID) == {}
    assert differences(world) == []


def test_a_redirected_or_reclassed_clock_moves_its_figure_along(world: World) -> None:
    case = world.report()
    world.whistle(district.MARKET, case=case)
    fold(world)
    world.give(
        said.CaseTriaged(
            **named(case),
            category=case.category,
            level="grid",
            scope_class="general",
            mechanism="general",
            urgency="ordinary",
            sla_class="two_days",
            triaged_at=clock.now(),
        )
    )
    fold(world)

    rows = world.rows("SELECT DISTINCT sla_class FROM figures WHERE number <> 0 AND clock = 'finish'")
    assert [row["sla_class"] for row in rows] == ["two_days"]
    assert numbers(world, district.GRID, subject="task") == {"in_time": 1}
    assert differences(world) == []


def test_what_was_meddled_with_is_found_and_put_right(world: World) -> None:
    world.report()
    fold(world)
    with world.database.transaction() as tx:
        tx.execute("UPDATE figures SET number = number + 3 WHERE area = %s", [district.DISTRICT])
        tx.execute("DELETE FROM figure_hours WHERE area = %s", [district.GRID])

    found = differences(world)
    with world.database.transaction() as tx:
        repaired = figures.repair(tx)

    assert found
    assert repaired == len(found)
    assert differences(world) == []
    assert numbers(world, district.DISTRICT) == {"in_time": 1}


def test_figures_agree_with_a_recount_after_many_workers_and_changes_at_once(world: World) -> None:
    chance = random.Random(20261121)
    cases = [
        reported(
            reported_at=LONG_AGO + timedelta(days=chance.randrange(60)),
            area=chance.choice([district.GRID, district.NEXT_GRID, district.GRID_ELSEWHERE]),
            sla_class=chance.choice(["five_days", "urgent_day", "emergency"]),
        )
        for _ in range(150)
    ]
    world.give(*cases)
    done = threading.Event()
    repaired: list[int] = []

    def work() -> None:
        while not done.is_set():
            world.fire()
            with world.database.transaction() as tx:
                figures.fold(tx)
            with world.database.transaction() as tx:
                repaired.append(figures.repair(tx) or 0)

    others = [threading.Thread(target=work) for _ in range(3)]
    for one in others:
        one.start()
    looks = []
    for case in chance.sample(cases, 60):
        event: Any = chance.choice(
            [
                said.CaseResolved(**named(case), resolved_by="hand", resolved_at=clock.now()),
                said.CaseDeferred(**named(case), review_on=clock.now().date()),
                said.CaseClosed(**named(case), closed_at=clock.now()),
            ]
        )
        world.give(event)
        looks.append(differences(world))
    done.set()
    for one in others:
        one.join(timeout=60)
    while world.fire():
        pass
    fold(world)

    assert [look for look in looks if look] == []
    assert set(repaired) == {0}
    assert differences(world) == []
    counted = world.rows(
        "SELECT count(*)::int AS n FROM clocks WHERE state <> 'stopped' AND name = 'finish' AND task_id IS NULL"
    )
    assert sum(numbers(world, "3701").values()) == counted[0]["n"]


# --- read through the API


def test_staff_read_figures_of_their_areas_and_no_others(running: Running) -> None:
    case = running.report()
    running.whistle(district.MARKET, case=case)
    fold(running)
    supervisor = running.supervisor

    own = supervisor.get("/dispatch/figures").json()["items"]
    below = supervisor.get("/dispatch/figures", params={"area": district.DISTRICT}).json()["items"]
    grids = supervisor.get("/dispatch/figures", params={"area": district.SUBDISTRICT, "by": "grid"})
    departments = supervisor.get("/dispatch/figures", params={"by": "department", "subject": "task"})
    classes = supervisor.get("/dispatch/figures", params={"by": "class"}).json()["items"]
    elsewhere = supervisor.get("/dispatch/figures", params={"area": "370103"})

    assert [row["key"] for row in own] == [district.DISTRICT]
    assert district.SUBDISTRICT in {row["key"] for row in below}
    assert own[0]["open"] == sum(row["open"] for row in below)
    assert district.GRID in {row["key"] for row in grids.json()["items"]}
    assert district.MARKET in {row["key"] for row in departments.json()["items"]}
    assert "five_days" in {row["key"] for row in classes}
    assert elsewhere.status_code == 404
    row = own[0]
    assert row["open"] == row["in_time"] + row["due_soon"] + row["overdue"] + row["paused"]


def test_the_trend_counts_what_happened_today(running: Running) -> None:
    def today() -> dict[str, int]:
        fold(running)
        answer = running.supervisor.get("/dispatch/figures/trend", params={"by": "day"})
        items = answer.json()["items"]
        return items[-1] if items else dict.fromkeys(("reported", "ended", "met"), 0)

    before = today()
    case = running.report()
    running.give(said.CaseResolved(**named(case), resolved_by="hand", resolved_at=clock.now()))
    running.give(said.CaseClosed(**named(case), closed_at=clock.now()))

    after = today()

    grown = {name: after[name] - before[name] for name in ("reported", "ended", "met")}
    assert grown == {"reported": 1, "ended": 1, "met": 1}
    hours = running.supervisor.get("/dispatch/figures/trend").json()["items"]
    assert sum(row["reported"] for row in hours) == after["reported"]
    assert running.supervisor.get("/dispatch/figures/trend", params={"area": "370103"}).status_code == 404


def test_a_responder_reads_the_figures_of_the_own_department_and_no_others(running: Running) -> None:
    running.whistle(district.MARKET, district.HEALTH)
    fold(running)
    market = running.responder(district.MARKET)

    def read(**query: str) -> Any:
        answer = market.get("/dispatch/figures", params=query)
        return answer.json()["items"] if answer.status_code == 200 else answer.status_code

    open_now = running.rows(
        "SELECT count(*)::int AS n FROM clocks WHERE state <> 'stopped' AND name = 'finish' AND department_id = %(d)s"
        " AND area LIKE '370102%%'",
        d=district.MARKET,
    )[0]["n"]
    departments = read(by="department")
    assert [(row["key"], row["open"]) for row in departments] == [(district.MARKET, open_now)]
    assert sum(row["open"] for row in read(area=district.DISTRICT)) == open_now
    assert sum(row["open"] for row in read(by="class", subject="case")) == open_now
    assert district.GRID in {row["key"] for row in read(by="grid")}
    assert [read(department=district.HEALTH), read(area="370103"), read(area="3701")] == [404] * 3
    assert market.get("/dispatch/figures/trend").status_code == 403
    supervised = running.supervisor.get("/dispatch/figures", params={"department": district.MARKET})
    assert sum(row["open"] for row in supervised.json()["items"]) == open_now
    unknown = running.responder("370102-nobody").get("/dispatch/figures")
    assert unknown.status_code == 404
