"""Deferral and the standing list through the API, and what happens when nobody reviews."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.cases import worker
from shared import clock, ids
from shared.contracts import dispatch as said
from tests.support import district

ALL = {"limit": 200}


def day(days: int) -> str:
    return (clock.now().astimezone(clock.BEIJING).date() + timedelta(days=days)).isoformat()


def handled(world: Any) -> str:
    case_id: str = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    return case_id


def overdue(world: Any) -> str:
    """A matter whose limit to finish is over."""
    case_id = handled(world)
    clock_set(world, case_id, run=1)
    return case_id


def clock_set(world: Any, case_id: str, *, run: int) -> None:
    world.feed.give(
        said.ClockSet(
            owner_id=case_id,
            case_id=case_id,
            area=district.GRID,
            clock="finish",
            run=run,
            due_at=clock.now() - timedelta(hours=1),
            provisional=False,
        )
    )


def deferred(world: Any, days: int = 5) -> str:
    case_id = handled(world)
    world.step(world.lead, case_id, "defer", review_on=day(days), reason="待材料")
    world.step(world.caller, case_id, "hold/decide", granted=True, words="同意")
    return case_id


def put_on_list(world: Any, days: int = 60) -> str:
    case_id = overdue(world)
    world.step(world.officer, case_id, "list", review_on=day(days), reason="暂无条件")
    world.step(world.supervisor, case_id, "hold/decide", granted=True, words="核实", extension="not_allowed")
    return case_id


def queue(client: Any, **filters: Any) -> dict[str, dict[str, Any]]:
    answer = client.get("/cases/holds", params={**filters, **ALL})
    assert answer.status_code == 200, answer.text
    return {item["case_id"]: item for item in answer.json()["items"]}


def pass_reviews(world: Any) -> int:
    with world.database.transaction() as tx:
        done: int = worker.Worker().pass_reviews(tx)
    return done


def test_a_deferral_is_asked_by_one_and_decided_by_another(world: Any) -> None:
    case_id = handled(world)
    asked = world.step(world.lead, case_id, "defer", review_on=day(5), reason="待材料")
    twice = world.lead.post(f"/cases/{case_id}/defer", json={"review_on": day(6), "reason": "待材料"})
    waiting = queue(world.caller, state="asked")
    granted = world.step(world.caller, case_id, "hold/decide", granted=True, words="同意")
    again = world.caller.post(f"/cases/{case_id}/hold/decide", json={"granted": True, "words": "同意"})

    assert (asked["hold"], granted["hold"], granted["review_on"]) == (None, "deferred", day(5))
    assert case_id in waiting
    assert [one.json()["code"] for one in (twice, again)] == ["hold_asked", "nothing_asked"]
    assert world.events(case_id)[-2:] == ["case_hold_asked", "case_deferred"]
    assert world.actions(case_id)[-2:] == ["hold_asked", "deferred"]


def test_an_approver_is_another_person_high_enough_over_the_matter(world: Any) -> None:
    case_id = handled(world)
    both = world.api.client(roles=["grid_lead", "caller"], areas=[district.SUBDISTRICT], person_id=ids.new())
    low = world.api.client(roles=["caller"], areas=["370102007003"])
    world.step(both, case_id, "defer", review_on=day(5), reason="待材料")
    body = {"granted": True, "words": "同意"}

    answers = [client.post(f"/cases/{case_id}/hold/decide", json=body) for client in (both, low)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (409, "not_your_own_request"),
        (404, "reach_too_small"),
    ]
    assert world.read(case_id)["hold"] is None


def test_a_review_date_out_of_bounds_is_refused(world: Any) -> None:
    case_id = handled(world)

    for days in (-1, 0, 31):
        answer = world.lead.post(f"/cases/{case_id}/defer", json={"review_on": day(days), "reason": "待材料"})
        assert (answer.status_code, answer.json()["code"]) == (422, "review_date_out_of_bounds")


def test_the_standing_list_waits_for_the_limit_and_for_the_centre(world: Any) -> None:
    running, over = handled(world), overdue(world)
    body = {"review_on": day(90), "reason": "暂无条件"}

    early = world.officer.post(f"/cases/{running}/list", json=body)
    world.step(world.officer, over, "list", **body)
    decision = {"granted": True, "words": "核实", "extension": "not_allowed"}
    caller = world.caller.post(f"/cases/{over}/hold/decide", json=decision)
    unused = world.supervisor.post(f"/cases/{over}/hold/decide", json={**decision, "extension": "used_up"})
    listed = world.step(world.supervisor, over, "hold/decide", **decision)

    assert (early.status_code, early.json()["code"]) == (409, "limit_not_used_up")
    assert caller.status_code == 403
    assert (unused.status_code, unused.json()["code"]) == (409, "extension_not_used_up")
    assert (listed["hold"], listed["review_on"]) == ("listed", day(90))
    assert world.events(over)[-1] == "case_listed"


@pytest.mark.parametrize(("approved", "extension"), [(True, "used_up"), (False, "refused")])
def test_what_dispatch_decided_about_more_time_is_on_record_until_the_limit_ends(
    world: Any, approved: bool, extension: str
) -> None:
    case_id, stopped = overdue(world), overdue(world)
    for one in (case_id, stopped):
        world.feed.give(extended(one, approved=approved))
    named = {"owner_id": stopped, "case_id": stopped, "area": district.GRID}
    world.feed.give(
        said.ClockStopped(**named, clock="finish", run=1, stopped_at=clock.now(), overdue_seconds=0)
    )
    clock_set(world, stopped, run=2)
    decision = {"granted": True, "words": "核实", "extension": extension}
    for one in (case_id, stopped):
        world.step(world.officer, one, "list", review_on=day(60), reason="暂无条件")

    listed = world.step(world.supervisor, case_id, "hold/decide", **decision)
    refused = world.supervisor.post(f"/cases/{stopped}/hold/decide", json=decision)

    assert listed["hold"] == "listed"
    assert refused.json()["code"] == "extension_not_used_up"


def extended(case_id: str, *, approved: bool) -> said.ExtensionDecided:
    return said.ExtensionDecided(
        owner_id=case_id,
        extension_id=ids.new(),
        case_id=case_id,
        area=district.GRID,
        clock="finish",
        run=1,
        approved=approved,
        decided_at=clock.now(),
    )


def test_a_review_renews_with_a_reason_or_has_the_matter_handled_again(world: Any) -> None:
    renewed, resumed = deferred(world), deferred(world)

    after = world.step(
        world.caller, renewed, "hold/review", outcome="renew", reason="仍待材料", review_on=day(20)
    )
    again = world.step(world.caller, resumed, "hold/review", outcome="resume", reason="材料已齐")
    undated = world.caller.post(
        f"/cases/{renewed}/hold/review", json={"outcome": "renew", "reason": "仍待材料"}
    )
    nothing = world.caller.post(
        f"/cases/{resumed}/hold/review", json={"outcome": "resume", "reason": "材料已齐"}
    )

    assert (after["hold"], after["review_on"], queue(world.caller)[renewed]["renewals"]) == (
        "deferred",
        day(20),
        1,
    )
    assert (again["hold"], resumed in queue(world.caller)) == (None, False)
    assert (undated.status_code, nothing.json()["code"]) == (422, "not_held")
    assert world.events(renewed)[-1] == "case_hold_renewed"


def test_due_reviews_come_first_in_the_queue(world: Any) -> None:
    later, due = deferred(world, 9), deferred(world, 2)
    world.age(due, "holds", review_on=date.fromisoformat(day(0)))

    order = list(queue(world.caller, state="active"))

    assert order.index(due) < order.index(later)
    assert due in queue(world.caller, due=True)
    assert later not in queue(world.caller, due=True)
    assert queue(world.elsewhere) == {}


def test_nothing_sleeps_past_its_review_date_unseen(world: Any) -> None:
    put_off, listed, today = deferred(world), put_on_list(world), deferred(world)
    for case_id in (put_off, listed):
        world.age(case_id, "holds", review_on=date.fromisoformat(day(-1)))
    world.age(today, "holds", review_on=date.fromisoformat(day(0)))

    pass_reviews(world)
    again = pass_reviews(world)

    assert again == 0
    assert (world.read(put_off)["hold"], world.events(put_off)[-1]) == (None, "case_resumed")
    assert (world.read(listed)["hold"], world.events(listed).count("case_review_missed")) == ("listed", 1)
    assert queue(world.supervisor, hold="listed")[listed]["missed_at"] is not None
    assert world.read(today)["hold"] == "deferred"


def test_a_hold_ends_with_the_handling_and_a_request_lapses_with_the_matter(world: Any) -> None:
    put_off, waiting = deferred(world), handled(world)
    world.step(world.lead, waiting, "defer", review_on=day(5), reason="待材料")

    world.step(world.officer, put_off, "resolve", words="已处理")
    world.step(world.officer, waiting, "resolve", words="已处理")

    states = world.rows("SELECT state FROM holds WHERE case_id = ANY(%(c)s::uuid[])", c=[put_off, waiting])
    assert [row["state"] for row in states] == ["ended", "ended"]
