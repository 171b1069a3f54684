"""What stands still for longer than it may shows up by itself, once, and disappears when it moves."""

from __future__ import annotations

from typing import Any

import pytest

from services.cases.store import progress as store
from services.cases.worker import progress
from shared import metrics
from tests.support import district


@pytest.fixture(autouse=True)
def nothing_else(world: Any) -> None:
    """What other tests left standing is marked already; grids of the district are manned."""
    with world.database.transaction() as tx:
        tx.execute(
            "INSERT INTO posts (post_id, area, kind, person_id, is_held, sequence)"
            " SELECT gen_random_uuid(), area, 'lead', gen_random_uuid(), true, 1"
            " FROM unnest(%s::text[]) AS area",
            ([district.GRID, district.NEXT_GRID],),
        )
    look(world)


def look(world: Any) -> None:
    for _ in range(50):
        with world.database.transaction() as tx:
            if not progress.look_for_stalled(tx):
                return
    raise AssertionError("it finds the same again and again")


def stalled(world: Any, case_id: str) -> str | None:
    rows = world.rows("SELECT stalled_as FROM cases WHERE case_id = %(c)s", c=case_id)
    reason: str | None = rows[0]["stalled_as"]
    return reason


def stand(world: Any, case_id: str, hours: float) -> None:
    """Nothing has happened to the matter for so long."""
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE cases SET moved_at = clock_timestamp() - make_interval(secs => %s) WHERE case_id = %s",
            (hours * 3600, case_id),
        )


def limit(world: Any, about: str) -> int:
    found: int = world.rows("SELECT hours FROM progress_limits WHERE about = %(a)s", a=about)[0]["hours"]
    return found


def tab(world: Any, client: Any) -> list[str]:
    answer = client.get("/cases", params={"tab": "stalled", "limit": 200})
    return [item["case_id"] for item in answer.json()["items"]]


STEPS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "received": [],
    "triaged": [("triage", {})],
    "handling": [("triage", {}), ("begin", {})],
    "resolved": [("triage", {}), ("begin", {}), ("resolve", {"words": "已处理"})],
    "checked": [
        ("triage", {}),
        ("begin", {}),
        ("resolve", {"words": "已处理"}),
        ("check", {"passed": True}),
    ],
}


@pytest.mark.parametrize("state", STEPS)
def test_a_matter_that_stands_in_a_state_shows_up_past_its_limit(world: Any, state: str) -> None:
    cases = []
    for _ in range(2):
        case_id = world.report()["case_id"]
        for step, body in STEPS[state]:
            world.step(world.officer, case_id, step, **body)
        cases.append(case_id)
    late, early = cases
    stand(world, late, limit(world, state) + 0.01)
    stand(world, early, limit(world, state) - 0.01)

    look(world)

    assert (stalled(world, late), stalled(world, early)) == ("no_progress", None)
    assert late in tab(world, world.worker)
    assert late not in tab(world, world.elsewhere)
    assert world.data(late, "case_stalled")["state"] == state
    assert world.events(early).count("case_stalled") == 0


def test_it_is_said_once_and_a_step_ends_it(world: Any) -> None:
    case_id = world.report()["case_id"]
    stand(world, case_id, limit(world, "received") + 1)
    look(world)
    look(world)
    version = world.read(case_id)["version"]

    world.step(world.worker, case_id, "take")

    assert world.events(case_id).count("case_stalled") == 1
    assert stalled(world, case_id) is None
    # Being found is no step: whoever had the matter open may go on.
    assert version == 1


def test_an_order_dispatch_never_opened_shows_up(world: Any) -> None:
    case = world.report()
    world.whistle(case["case_id"], district.MARKET)
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE orders SET whistled_at = whistled_at - interval '61 minutes' WHERE case_id = %s",
            (case["case_id"],),
        )
    look(world)
    before = stalled(world, case["case_id"])

    world.feed.give(world.order_opened(world.read(case["case_id"])))
    look(world)

    assert (before, stalled(world, case["case_id"])) == ("order_not_opened", None)


def test_a_department_that_never_answers_shows_up_until_it_signs(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.whistle(case_id, district.MARKET)
    world.feed.give(world.order_opened(world.read(case_id)))
    hours = limit(world, "task_not_answered")
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE tasks SET changed_at = changed_at - make_interval(hours => %s) WHERE case_id = %s",
            (hours, case_id),
        )
    look(world)
    before = stalled(world, case_id)
    with world.database.transaction() as tx:
        tx.execute("UPDATE tasks SET state = 'signed', changed_at = now() WHERE case_id = %s", (case_id,))

    look(world)

    assert (before, stalled(world, case_id)) == ("task_not_answered", None)


def test_a_department_at_work_is_progress(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.whistle(case_id, district.MARKET)
    world.feed.give(world.order_opened(world.read(case_id)))
    stand(world, case_id, limit(world, "handling") + 1)

    look(world)

    assert stalled(world, case_id) is None


def test_a_grid_nobody_is_assigned_to_shows_up_within_the_hour(world: Any) -> None:
    case_id = world.report()["case_id"]
    stand(world, case_id, 1.01)
    look(world)
    manned = stalled(world, case_id)
    with world.database.transaction() as tx:
        tx.execute("UPDATE posts SET is_held = false WHERE area = %s", (district.GRID,))
    look(world)
    unmanned = stalled(world, case_id)
    with world.database.transaction() as tx:
        tx.execute("UPDATE posts SET is_held = true WHERE area = %s", (district.GRID,))
    look(world)

    assert (manned, unmanned, stalled(world, case_id)) == (None, "nobody_assigned", None)


@pytest.mark.parametrize("hold", ["deferred", "listed"])
def test_what_is_put_off_stands_by_consent(world: Any, hold: str) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    with world.database.transaction() as tx:
        tx.execute("UPDATE cases SET hold = %s WHERE case_id = %s", (hold, case_id))
    stand(world, case_id, 9_999)

    look(world)

    assert stalled(world, case_id) is None


def test_limits_are_the_admins_and_hold_at_once(world: Any) -> None:
    admin = world.api.client(roles=["admin"], areas=[district.DISTRICT])
    usual = limit(world, "triaged")
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    stand(world, case_id, usual + 1)
    look(world)
    before = stalled(world, case_id)

    answer = admin.put("/cases/progress-limits", json={"hours": {"triaged": usual + 2}})
    look(world)
    after = stalled(world, case_id)
    admin.put("/cases/progress-limits", json={"hours": {"triaged": usual}})

    told = {one["about"]: one["hours"] for one in answer.json()["limits"]}
    assert (before, after) == ("no_progress", None)
    assert told["triaged"] == usual + 2
    assert set(told) == set(store.ABOUT)
    for wrong in (
        {},
        {"hours": {}},
        {"hours": {"triaged": 0}},
        {"hours": {"lost": 1}},
        {"hours": {"triaged": "2"}},
    ):
        assert admin.put("/cases/progress-limits", json=wrong).status_code == 422, wrong
    assert world.supervisor.put("/cases/progress-limits", json={"hours": {"triaged": 1}}).status_code == 403


def test_the_metric_counts_what_stands(world: Any) -> None:
    case_id = world.report()["case_id"]
    stand(world, case_id, limit(world, "received") + 1)
    look(world)

    found = world.rows("SELECT stalled_as, count(*) AS n FROM cases WHERE stalled_as IS NOT NULL GROUP BY 1")
    shown = {reason: metrics.stalled_cases.labels(reason)._value.get() for reason in store.REASONS}

    assert shown == dict.fromkeys(store.REASONS, 0) | {row["stalled_as"]: row["n"] for row in found}
