"""Supervision orders, more time, another class; and a sweep in which nothing starves."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.worker import sweep
from shared import clock, ids
from shared.contracts import cases as said
from tests.integration.dispatch.conftest import Running, World, reported
from tests.support import district

LONG_AGO = clock.now() - timedelta(days=60)


def fire_all(world: World) -> None:
    while world.fire():
        pass


def supervisions(world: World, case_id: str) -> list[dict[str, Any]]:
    return world.rows(
        "SELECT * FROM supervisions WHERE case_id = %(c)s ORDER BY clock, department_id, repetition",
        c=case_id,
    )


def triaged(case: said.CaseReported, **changes: Any) -> said.CaseTriaged:
    described: dict[str, Any] = {
        "case_id": case.case_id,
        "area": case.area,
        "category": case.category,
        "level": "grid",
        "scope_class": "general",
        "mechanism": "general",
        "urgency": case.urgency,
        "triaged_at": clock.now(),
        "sla_class": case.sla_class,
    }
    return said.CaseTriaged(**{**described, **changes})


# --- supervision


def test_a_supervision_order_repeats_until_it_is_settled_by_the_end_of_the_work(world: World) -> None:
    case = world.report(reported_at=LONG_AGO)
    fire_all(world)
    first = supervisions(world, case.case_id)
    with world.database.transaction() as tx:
        tx.execute("UPDATE clocks SET next_step_at = clock_timestamp() WHERE next_step = 'supervision'")
    fire_all(world)
    again = supervisions(world, case.case_id)

    world.give(
        said.CaseResolved(case_id=case.case_id, area=case.area, resolved_by="hand", resolved_at=clock.now())
    )

    assert [(row["clock"], row["repetition"], row["state"]) for row in first] == [("finish", 1, "open")]
    assert first[0]["rectify_by"] > first[0]["ordered_at"]
    assert [(row["repetition"], row["state"]) for row in again] == [(1, "open"), (2, "open")]
    assert [row["state"] for row in supervisions(world, case.case_id)] == ["settled", "settled"]
    events = world.events(case.case_id)
    assert events.count("supervision_ordered") == 2
    assert events[-3:] == ["clock_stopped", "supervision_settled", "clock_set"]
    fire_all(world)
    assert len(supervisions(world, case.case_id)) == 2


def test_an_order_noted_before_a_restore_is_not_given_again(world: World) -> None:
    case = world.report(reported_at=LONG_AGO)
    fire_all(world)
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE clocks SET repetition = 0, next_step_at = clock_timestamp() WHERE next_step = 'supervision'"
        )

    fire_all(world)

    assert len(supervisions(world, case.case_id)) == 1
    assert world.events(case.case_id).count("supervision_ordered") == 1


def test_a_clock_of_elapsed_time_runs_from_the_report_to_the_close_and_never_stands(world: World) -> None:
    case = world.report()
    named = {"case_id": case.case_id, "area": case.area}
    seen = []
    for event in (
        said.CaseDeferred(**named, review_on=clock.now().date()),
        said.CaseResumed(**named),
        said.CaseResolved(**named, resolved_by="hand", resolved_at=clock.now()),
        said.CaseReworked(**named, run=2, reason="unhappy"),
        said.CaseClosed(**named, closed_at=clock.now()),
    ):
        world.give(event)
        row = world.clocks(case.case_id)[None, "elapsed"]
        seen.append((row["state"], row["run"]))

    assert seen == [("running", 1)] * 4 + [("stopped", 1)]
    assert world.clocks(case.case_id)[None, "elapsed"]["started_at"] == case.reported_at


def test_rework_keeps_the_handling_time_before_it(world: World) -> None:
    case = world.report()
    named = {"case_id": case.case_id, "area": case.area}
    world.give(said.CaseResolved(**named, resolved_by="hand", resolved_at=clock.now()))

    world.give(said.CaseReworked(**named, run=2, reason="unhappy"))

    kept = world.rows("SELECT * FROM clock_runs WHERE case_id = %(c)s AND name = 'finish'", c=case.case_id)
    assert [(row["run"], row["outcome"], row["started_at"]) for row in kept] == [(1, "met", case.reported_at)]


# --- another class


def test_a_matter_classed_otherwise_and_its_tasks_have_the_limits_of_the_new_class(world: World) -> None:
    case = world.report()
    world.whistle(district.MARKET, case=case)
    before = world.clocks(case.case_id)

    world.give(triaged(case, urgency="emergency", sla_class="emergency"))

    after = world.clocks(case.case_id)
    assert after[None, "finish"]["due_at"] - case.reported_at == timedelta(hours=2)
    assert after[None, "finish"]["started_at"] == case.reported_at
    assert after[None, "finish"]["run"] == 2
    sign = after[district.MARKET, "sign"]
    assert sign["due_at"] - sign["started_at"] == timedelta(minutes=10)
    assert sign["started_at"] == before[district.MARKET, "sign"]["started_at"]
    assert world.rows("SELECT sla_class FROM orders")[0]["sla_class"] == "emergency"


def test_a_triage_that_changes_no_class_touches_no_clock(world: World) -> None:
    case = world.report()
    before = world.clocks(case.case_id)

    world.give(triaged(case), triaged(case, sla_class=None))

    assert world.clocks(case.case_id) == before


def test_a_later_class_does_not_touch_the_first_response(running: Running) -> None:
    case = running.report()
    whistle = running.whistle(district.MARKET, case=case)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    running.step(running.responder(district.MARKET), task_id, "sign")
    signed = running.clocks(case.case_id)[district.MARKET, "sign"]

    running.give(triaged(case, urgency="emergency", sla_class="emergency"))
    running.step(running.responder(district.MARKET), task_id, "assign", handler_id=ids.new())

    assert running.clocks(case.case_id)[district.MARKET, "sign"] == signed


# --- more time


def ask(running: Running, task_id: str, department: str = district.MARKET) -> Any:
    return running.responder(department).post(
        f"/dispatch/tasks/{task_id}/extensions", json={"words": "案情复杂，需要鉴定"}
    )


def test_more_time_is_asked_for_decided_and_moves_task_and_matter_once(running: Running) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    before = running.clocks(whistle.case_id)

    asked = ask(running, task_id)
    again = ask(running, task_id)
    extension_id = asked.json()["extension_id"]
    decision = {"approved": True, "words": "同意"}
    decided = running.supervisor.post(f"/dispatch/extensions/{extension_id}/decision", json=decision)
    twice = running.supervisor.post(f"/dispatch/extensions/{extension_id}/decision", json=decision)
    used_up = ask(running, task_id)

    assert (asked.status_code, asked.json()["state"]) == (201, "asked")
    assert (again.status_code, again.json()["code"]) == (409, "extension_open")
    assert decided.json()["state"] == "approved"
    assert (twice.status_code, twice.json()["code"]) == (409, "extension_decided_already")
    assert (used_up.status_code, used_up.json()["code"]) == (409, "extensions_used_up")
    after = running.clocks(whistle.case_id)
    for key in ((district.MARKET, "finish"), (None, "finish")):
        assert after[key]["due_at"] - before[key]["due_at"] >= timedelta(days=5)
        assert after[key]["run"] == 2
    assert after[district.MARKET, "sign"] == before[district.MARKET, "sign"]
    listed = running.supervisor.get("/dispatch/extensions", params={"state": "approved"}).json()["items"]
    assert extension_id in [row["extension_id"] for row in listed]
    assert [one for one in running.events(whistle.order_id) if one.startswith("extension")] == [
        "extension_requested",
        "extension_decided",
    ]


def test_a_request_for_a_limit_that_was_met_waits_for_nobody(running: Running) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    extension_id = ask(running, task_id).json()["extension_id"]

    def waiting() -> bool:
        seen = [
            client.get("/dispatch/extensions", params={"state": "asked"}).json()["items"]
            for client in (running.supervisor, running.responder(district.MARKET))
        ]
        (found,) = {extension_id in [row["extension_id"] for row in items] for items in seen}
        return found

    before = waiting()
    running.finish(whistle.order_id, district.MARKET)

    assert (before, waiting()) == (True, False)


@pytest.mark.parametrize("by", ["department", "person"])
def test_nobody_decides_what_they_asked_for_themselves(running: Running, by: str) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    extension = ask(running, task_id).json()
    claims = {"department": district.MARKET} if by == "department" else {"person_id": extension["asked_by"]}
    both = running.api.client(roles=["responder", "supervisor"], areas=[district.DISTRICT], **claims)

    answer = both.post(
        f"/dispatch/extensions/{extension['extension_id']}/decision",
        json={"approved": True, "words": "同意"},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "own_request")


def test_a_refused_request_moves_nothing_and_an_expired_limit_takes_none(running: Running) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    before = running.clocks(whistle.case_id)
    refused = running.supervisor.post(
        f"/dispatch/extensions/{ask(running, task_id).json()['extension_id']}/decision",
        json={"approved": False, "words": "不同意"},
    )
    unmoved = running.clocks(whistle.case_id)
    with running.database.transaction() as tx:
        tx.execute(
            "UPDATE clocks SET due_at = clock_timestamp() WHERE task_id = %s AND name = 'finish'", [task_id]
        )

    late = ask(running, task_id)

    assert refused.json()["state"] == "refused"
    assert unmoved == before
    assert (late.status_code, late.json()["code"]) == (409, "extension_too_late")


def test_only_the_department_asks_and_only_a_supervisor_of_the_area_decides(running: Running) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    stranger = ask(running, task_id, district.HEALTH)
    extension_id = ask(running, task_id).json()["extension_id"]
    elsewhere = running.api.client(roles=["supervisor"], areas=[district.ELSEWHERE])
    decision = {"approved": True, "words": "同意"}

    assert stranger.status_code == 404
    assert elsewhere.post(f"/dispatch/extensions/{extension_id}/decision", json=decision).status_code == 404
    assert (
        running.caller.post(f"/dispatch/extensions/{extension_id}/decision", json=decision).status_code == 403
    )


def test_supervision_orders_are_listed_for_the_department_and_the_supervisor(running: Running) -> None:
    whistle = running.whistle(district.MARKET, whistled_at=LONG_AGO, case=running.report())
    fire_all(running)
    mine = {
        row["supervision_id"]: row
        for row in running.responder(district.MARKET).get("/dispatch/supervisions").json()["items"]
        if row["case_id"] == whistle.case_id
    }

    assert {(row["clock"], row["repetition"], row["state"]) for row in mine.values()} == {
        ("sign", 1, "open"),
        ("finish", 1, "open"),
    }
    for supervision_id in mine:
        seen = running.supervisor.get(f"/dispatch/supervisions/{supervision_id}")
        assert seen.status_code == 200
        other = running.responder(district.HEALTH).get(f"/dispatch/supervisions/{supervision_id}")
        assert other.status_code == 404
    running.finish(whistle.order_id, district.MARKET)
    settled = running.supervisor.get("/dispatch/supervisions", params={"state": "settled"}).json()["items"]
    assert mine.keys() <= {row["supervision_id"] for row in settled}


# --- the sweep


def test_due_steps_fire_oldest_first_while_new_ones_keep_coming(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 20)
    cases = [reported(reported_at=LONG_AGO + timedelta(minutes=n), sla_class="urgent_day") for n in range(60)]
    world.give(*reversed(cases))
    order = [case.case_id for case in cases]

    rounds = 0
    while len(yellow := shown(world, "yellow", order)) < len(order):
        # Every round as many new ones fall due as are fired.
        world.give(*(reported(reported_at=LONG_AGO + timedelta(days=1)) for _ in range(20)))
        world.fire()
        rounds += 1
        assert rounds <= 3 * len(order) / 20

    assert [owner for owner in yellow if owner in set(order)] == order


def shown(world: World, step: str, owners: list[str]) -> list[str]:
    rows = world.rows(
        "SELECT c.owner_id FROM fired_steps f JOIN clocks c USING (clock_id)"
        " WHERE f.step = %(s)s AND c.owner_id = ANY(%(o)s::uuid[]) ORDER BY f.fired_at, f.due_at",
        s=step,
        o=owners,
    )
    return [str(row["owner_id"]) for row in rows]


def test_a_whole_batch_that_others_hold_is_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 5)
    held = [world.report(reported_at=LONG_AGO) for _ in range(10)]
    free = world.report(reported_at=LONG_AGO + timedelta(days=1))
    with world.database.transaction() as holding:
        holding.execute(
            "SELECT 1 FROM watched_cases WHERE case_id = ANY(%s::uuid[]) FOR UPDATE",
            [[case.case_id for case in held]],
        )

        fired = world.fire()

    assert fired == 1
    assert [colour for *_, colour in world.cards(free.case_id)] == ["yellow"]
    fire_all(world)
    assert Counter(colour for *_, colour in world.cards(*(case.case_id for case in held))) == {
        "yellow": 10,
        "red": 10,
    }


def test_one_clock_that_fails_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guilty = world.report(reported_at=LONG_AGO)
    others = [world.report(reported_at=LONG_AGO + timedelta(minutes=n)) for n in range(1, 4)]
    fire = sweep.ladder.fire

    def failing(one: Any, **context: Any) -> Any:
        if one.case_id == guilty.case_id:
            raise ValueError("no such limit")
        return fire(one, **context)

    monkeypatch.setattr(sweep.ladder, "fire", failing)
    fire_all(world)

    assert Counter(colour for *_, colour in world.cards(*(case.case_id for case in others))) == {
        "yellow": 3,
        "red": 3,
    }
    assert world.cards(guilty.case_id) == []
    monkeypatch.setattr(sweep.ladder, "fire", fire)
    fire_all(world)
    assert world.cards(guilty.case_id) == []
    # It has its turn again when its time is over.
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE clocks SET next_step_at = next_step_at - interval '10 minutes' WHERE case_id = %s",
            [guilty.case_id],
        )
    fire_all(world)
    assert [colour for *_, colour in world.cards(guilty.case_id)] == ["yellow", "red"]


def test_other_timers_step_back_while_many_steps_are_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 5)
    world.give(*(reported(reported_at=LONG_AGO) for _ in range(6)))
    behind, told = [], []

    for _ in range(20):
        world.fire()
        behind.append(sweep.is_behind())
        with world.database.transaction() as tx:
            told.append(world.feed.worker.fold_figures(tx) > 0)

    assert (behind[0], behind[-1]) == (True, False)
    # Nothing is left out: with steps due it waits for its next turn, without them it runs again at once.
    assert not any(done for done, late in zip(told, behind, strict=True) if late)
