"""When grids are re-drawn, what is open of a matter goes to its new grid, and the live figures with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from services.dispatch.store import figures
from shared import clock
from shared.contracts.cases import CaseMoved
from tests.support import district

if TYPE_CHECKING:
    from tests.integration.dispatch.conftest import World


def moved(case_id: str) -> CaseMoved:
    return CaseMoved(case_id=case_id, area=district.NEXT_GRID, from_area=district.GRID, moved_at=clock.now())


def areas(world: World, table: str, case_id: str) -> set[str]:
    return {row["area"] for row in world.rows(f"SELECT area FROM {table} WHERE case_id = %(c)s", c=case_id)}


def differences(world: World) -> list[object]:
    with world.database.transaction() as tx:
        while figures.fold(tx):
            pass
        return list(figures.differences(tx))


def test_matter_order_tasks_and_clocks_go_to_the_new_grid(world: World) -> None:
    case = world.report()
    whistle = world.whistle(case=case)
    stays = world.report()

    world.give(moved(case.case_id))

    for table in ("watched_cases", "orders", "clocks"):
        assert areas(world, table, case.case_id) == {district.NEXT_GRID}
    tasks = world.rows("SELECT area FROM tasks WHERE order_id = %(o)s", o=whistle.order_id)
    assert {row["area"] for row in tasks} == {district.NEXT_GRID}
    assert areas(world, "clocks", stays.case_id) == {district.GRID}


def test_live_figures_follow_and_agree_with_a_recount(world: World) -> None:
    long_ago = clock.now() - timedelta(days=30)
    case = world.report(reported_at=long_ago)
    world.whistle(case=case, whistled_at=long_ago)
    fresh = world.report()
    while world.fire():
        pass
    assert world.rows("SELECT 1 FROM fired_steps WHERE step = 'red'")
    assert differences(world) == []

    world.give(moved(case.case_id), moved(fresh.case_id))

    assert differences(world) == []
    now = world.rows("SELECT sum(number) AS number FROM figures WHERE area = %(a)s", a=district.NEXT_GRID)
    assert now[0]["number"] > 0
    assert world.rows("SELECT 1 FROM figures WHERE area = %(a)s AND number <> 0", a=district.GRID) == []
    reported = world.rows(
        "SELECT area, sum(number)::int AS number FROM figure_hours WHERE measure = 'reported' AND length(area) = 15"
        " GROUP BY area HAVING sum(number) <> 0 ORDER BY area"
    )
    # What was reported before the days a recount looks at stays where it was counted.
    assert {row["area"]: row["number"] for row in reported} == {district.GRID: 1, district.NEXT_GRID: 1}


def test_a_closed_order_stays_where_it_was_done(world: World) -> None:
    case = world.report()
    whistle = world.whistle(case=case)
    with world.database.transaction() as tx:
        tx.execute("UPDATE orders SET state = 'closed' WHERE order_id = %s", [whistle.order_id])

    world.give(moved(case.case_id))

    assert areas(world, "orders", case.case_id) == {district.GRID}
    assert areas(world, "watched_cases", case.case_id) == {district.NEXT_GRID}
