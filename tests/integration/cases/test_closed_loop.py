"""A matter from report to closed loop, and every way it leaves the straight path."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.contracts import dispatch as said
from tests.support import district
from tests.support.clients import Client

SETTLED = {"reached": True, "met": True, "settled": True, "satisfaction": "very_satisfied"}


def test_the_answer_to_a_report_says_its_number_its_grid_and_who_answers_for_it(world: Any) -> None:
    answer = world.resident.post("/cases", json=_report())

    case = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/cases/{case['case_id']}"
    assert answer.headers["ETag"] == '"1"'
    assert case["number"].startswith(f"370102{clock.now().astimezone(clock.BEIJING):%Y%m%d}")
    assert (case["area"], case["grid_name"], case["community_name"], case["subdistrict_name"]) == (
        district.GRID,
        "第1网格",
        "和平路第三社区",
        "文东街道",
    )
    assert case["responsible"] == [{"kind": "lead", "duty_name": "王网格长", "duty_phone": "0531-81234567"}]
    assert (case["category_name"], case["sla_class"], case["mechanism"]) == (
        "油烟扰民",
        "five_days",
        "coordination",
    )
    assert (case["state"], case["channel"], case["run"], case["orders"]) == ("received", "resident", 1, [])
    read = world.read(case["case_id"], world.resident)
    assert {**read, "due_at": None} == case


def _report(**changes: Any) -> dict[str, Any]:
    return {"words": "油烟直排", "place": district.IN_GRID, "category": "env.cooking_fumes", **changes}


def test_a_matter_goes_the_whole_way_and_each_step_is_announced_once(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "take")
    world.step(world.worker, case_id, "triage", mechanism="coordination")
    whistled = world.whistle(case_id)
    opened = world.order_opened(whistled)
    world.feed.give(opened)
    for task in opened.tasks:
        world.feed.give(*_work(opened, task))
    world.feed.give(world.order_finished(whistled))

    resolved = world.read(case_id)
    checked = world.step(world.worker, case_id, "check", passed=True, words="现场无油烟")
    closed = world.step(world.operator, case_id, "call-back", **SETTLED)

    assert resolved["state"] == "resolved"
    assert resolved["orders"][0]["state"] == "finished"
    assert {task["state"] for task in resolved["orders"][0]["tasks"]} == {"finished"}
    assert [task["is_main"] for task in resolved["orders"][0]["tasks"]] == [True, False, False]
    assert (checked["state"], closed["state"], closed["satisfaction"]) == (
        "checked",
        "closed",
        "very_satisfied",
    )
    assert world.events(case_id) == [
        "case_reported",
        "case_triaged",
        "case_whistled",
        "case_resolved",
        "case_checked",
        "case_called_back",
        "case_closed",
    ]
    assert world.actions(case_id) == [
        "reported",
        "taken",
        "triaged",
        "whistled",
        "order_finished",
        "resolved",
        "checked",
        "called_back",
        "closed",
    ]
    assert world.data(case_id, "case_resolved")["resolved_by"] == "orders"


def _work(opened: said.OrderOpened, task: said.TaskCalled) -> list[Any]:
    """One task from signed to finished."""
    named = {
        "order_id": opened.order_id,
        "task_id": task.task_id,
        "case_id": opened.case_id,
        "area": opened.area,
        "department_id": task.department_id,
    }
    at = clock.now()
    place = said.Place(longitude=117.005, latitude=36.605)
    return [
        said.TaskSigned(**named, signed_at=at),
        said.TaskArrived(**named, place=place, arrived_at=at),
        said.TaskReplied(**named, reviewed=True, replied_at=at),
        said.TaskFinished(**named, finished_at=at),
    ]


def test_no_event_holds_words_or_an_address(world: Any) -> None:
    case_id = world.report(words="秘密的话", address="秘密的地址")["case_id"]
    world.step(world.worker, case_id, "triage")
    world.step(world.officer, case_id, "resolve", words="秘密的话")

    said_of_it = world.rows("SELECT data::text AS data FROM outbox WHERE subject = %(s)s", s=case_id)

    assert len(said_of_it) == 3
    assert not any("秘密" in row["data"] for row in said_of_it)


@pytest.mark.parametrize("name", ["check_failed", "not_settled", "refuted"])
def test_a_result_that_does_not_hold_starts_the_next_run(world: Any, name: str) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    world.step(world.officer, case_id, "resolve", words="已处理")

    if name == "check_failed":
        case = world.step(world.worker, case_id, "check", passed=False)
    elif name == "refuted":
        case = world.step(world.resident, case_id, "refute", words="还在排")
    else:
        world.step(world.worker, case_id, "check", passed=True)
        answer = {**SETTLED, "settled": False}
        case = world.step(world.resident, case_id, "call-back", **answer)

    assert (case["state"], case["run"], case["resolved_at"]) == ("handling", 2, None)
    assert world.data(case_id, "case_reworked") == {
        "case_id": case_id, "area": district.GRID, "run": 2, "reason": name,
    }  # fmt: skip


def test_departments_are_whistled_again_in_the_next_run(world: Any) -> None:
    case_id = world.report()["case_id"]
    first = world.whistle(case_id, district.MARKET)
    world.feed.give(world.order_opened(first))
    world.feed.give(world.order_finished(first))
    world.step(world.worker, case_id, "check", passed=False)

    second = world.whistle(case_id, district.MARKET)
    late = world.order_finished(first)
    world.feed.give(late)

    assert [order["state"] for order in second["orders"]] == ["finished", "called"]
    assert world.read(case_id)["state"] == "handling"


def test_resolving_by_hand_closes_what_departments_have_open(world: Any) -> None:
    case_id = world.report()["case_id"]
    whistled = world.whistle(case_id)
    opened = world.order_opened(whistled)
    world.feed.give(opened)
    world.feed.give(*_work(opened, opened.tasks[0]))

    resolved = world.step(world.officer, case_id, "resolve", words="现场已处理")
    world.feed.give(_work(opened, opened.tasks[1])[0], world.order_finished(whistled))

    assert resolved["orders"][0]["state"] == "closed"
    case = world.read(case_id)
    states = {task["task_id"]: task["state"] for task in case["orders"][0]["tasks"]}
    assert [states[task.task_id] for task in opened.tasks] == ["finished", "closed", "closed"]
    assert (case["state"], world.events(case_id).count("case_resolved")) == ("resolved", 1)


def test_an_order_heard_of_only_after_the_matter_ended_has_closed_tasks(world: Any) -> None:
    case_id = world.report()["case_id"]
    opened = world.order_opened(world.whistle(case_id))
    world.step(world.resident, case_id, "withdraw", words="自己解决了")

    world.feed.give(opened)

    (order,) = world.read(case_id)["orders"]
    assert (order["state"], {task["state"] for task in order["tasks"]}) == ("closed", {"closed"})


def test_a_matter_climbs_with_its_reason_on_the_timeline(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")

    case = world.step(world.worker, case_id, "escalate", to_level="subdistrict", reason="需街道协调")

    assert case["level"] == "subdistrict"
    entry = world.supervisor.get(f"/cases/{case_id}/timeline").json()["items"][-1]
    assert entry["detail"] == {"from": "grid", "to": "subdistrict", "reason": "需街道协调"}


@pytest.mark.parametrize("step", ["decline", "withdraw", "merge"])
def test_a_matter_may_end_otherwise(world: Any, step: str) -> None:
    case_id = world.report()["case_id"]
    other = world.report()["case_id"]

    if step == "decline":
        case = world.step(world.lead, case_id, "decline", ground="petition_channel", words="信访渠道办理")
    elif step == "withdraw":
        case = world.step(world.resident, case_id, "withdraw", words="自己解决了")
    else:
        case = world.step(world.lead, case_id, "merge", into_case_id=other)

    ended = {"decline": "declined", "withdraw": "withdrawn", "merge": "merged"}[step]
    assert case["state"] == ended
    assert case["closed_at"] is not None
    assert world.events(case_id) == ["case_reported", f"case_{ended}"]
    assert case["merged_into"] == (other if step == "merge" else None)


def test_the_limit_to_finish_shows_while_it_runs(world: Any) -> None:
    case = world.report()
    named = {"owner_id": case["case_id"], "case_id": case["case_id"], "area": case["area"]}
    due = clock.now() + timedelta(days=5)

    def clock_set(name: Any, **more: Any) -> said.ClockSet:
        return said.ClockSet(**named, clock=name, run=1, due_at=due, provisional=False, **more)

    world.feed.give(clock_set("finish"))
    world.feed.give(clock_set("call_back"))
    world.feed.give(clock_set("finish", task_id="019f0000-0000-7000-8000-000000000001"))
    running = world.read(case["case_id"])["due_at"]
    world.feed.give(said.ClockPaused(**named, clock="finish", run=1, paused_at=clock.now()))
    paused = world.read(case["case_id"])["due_at"]
    world.feed.give(clock_set("finish"))
    world.feed.give(
        said.ClockStopped(**named, clock="finish", run=1, stopped_at=clock.now(), overdue_seconds=0)
    )
    stopped = world.read(case["case_id"])["due_at"]

    assert running == due.isoformat()
    assert (paused, stopped) == (None, None)


def test_a_card_shows_at_the_task_it_was_shown_to(world: Any) -> None:
    whistled = world.whistle(world.report()["case_id"], district.MARKET, district.URBAN)
    opened = world.order_opened(whistled)
    world.feed.give(opened)
    late = opened.tasks[0]

    for colour in ("yellow", "red"):
        world.feed.give(
            said.CardShown(
                owner_id=opened.order_id,
                case_id=opened.case_id,
                area=opened.area,
                clock="sign",
                run=1,
                colour=colour,
                due_at=clock.now(),
                task_id=late.task_id,
                department_id=late.department_id,
            )
        )

    (order,) = world.read(opened.case_id)["orders"]
    assert [task["card"] for task in order["tasks"]] == ["red", None]


@pytest.mark.parametrize("signed", [False, True])
def test_a_rejected_return_leaves_the_task_where_its_department_left_it(world: Any, signed: bool) -> None:
    opened = world.order_opened(world.whistle(world.report()["case_id"], district.MARKET))
    world.feed.give(opened)
    if signed:
        world.feed.give(_work(opened, opened.tasks[0])[0])

    world.feed.give(_returned(opened))
    returned = world.read(opened.case_id)["orders"][0]["tasks"][0]["state"]
    world.feed.give(_ruled(opened, district.MARKET, upheld=False))
    ruled = world.read(opened.case_id)["orders"][0]["tasks"][0]["state"]

    assert (returned, ruled) == ("returned", "signed" if signed else "sent")


def test_an_upheld_return_calls_another_department_in_place_of_the_first(world: Any) -> None:
    case_id = world.report()["case_id"]
    opened = world.order_opened(world.whistle(case_id, district.MARKET))
    world.feed.give(opened)
    newcomer: Client = world.responder(district.HEALTH)
    before = newcomer.get(f"/cases/{case_id}").status_code

    world.feed.give(_returned(opened))
    world.feed.give(_ruled(opened, district.HEALTH, upheld=True))

    case = world.read(case_id, newcomer)
    assert before == 404
    assert case["orders"][0]["departments"] == [district.HEALTH]
    assert [(t["department_id"], t["state"]) for t in case["orders"][0]["tasks"]] == [
        (district.HEALTH, "sent")
    ]
    again = world.worker.post(f"/cases/{case_id}/whistle", json=_whistle(district.HEALTH))
    first = world.worker.post(f"/cases/{case_id}/whistle", json=_whistle(district.MARKET))
    assert (again.status_code, again.json()["code"]) == (409, "already_called")
    assert first.status_code == 200


def _whistle(*departments: str) -> dict[str, Any]:
    return {"kind": "grid_calls_offices", "departments": departments}


def _returned(opened: said.OrderOpened) -> said.TaskReturned:
    task = opened.tasks[0]
    return said.TaskReturned(
        order_id=opened.order_id,
        task_id=task.task_id,
        case_id=opened.case_id,
        area=opened.area,
        department_id=task.department_id,
        ground="not_our_duty",
    )


def _ruled(opened: said.OrderOpened, to: str, *, upheld: bool) -> said.TaskRedirected:
    return said.TaskRedirected(
        order_id=opened.order_id,
        task_id=opened.tasks[0].task_id,
        case_id=opened.case_id,
        area=opened.area,
        from_department_id=opened.tasks[0].department_id,
        to_department_id=to,
        upheld=upheld,
    )


# --- the timeline


def test_a_timeline_is_whole_until_somebody_edits_or_removes_an_entry(world: Any) -> None:
    whole = world.report()["case_id"]
    edited = world.report()["case_id"]
    shortened = world.report()["case_id"]
    for case_id in (whole, edited, shortened):
        world.step(world.worker, case_id, "take")
        world.step(world.worker, case_id, "triage")
        world.whistle(case_id)
    with world.database.transaction() as tx:
        tx.execute("UPDATE timeline SET role = 'admin' WHERE case_id = %s AND position = 2", [edited])
        tx.execute("DELETE FROM timeline WHERE case_id = %s AND position = 4", [shortened])

    verdicts = [
        world.supervisor.post(f"/cases/{case_id}/timeline/verify").json()
        for case_id in (whole, edited, shortened)
    ]

    assert verdicts == [
        {"whole": True, "broken_at": None, "damages": []},
        {
            "whole": False,
            "broken_at": 2,
            "damages": [{"kind": "edited", "position": 2, "columns": ["role"]}],
        },
        {
            "whole": False,
            "broken_at": 4,
            "damages": [{"kind": "deleted", "position": 4, "columns": []}],
        },
    ]


def test_a_long_timeline_is_read_page_by_page(world: Any) -> None:
    case_id = world.report()["case_id"]
    for _ in range(6):
        world.step(world.worker, case_id, "take")

    pages, cursor = [], None
    while True:
        page = world.worker.get(f"/cases/{case_id}/timeline", params={"limit": 3, "cursor": cursor}).json()
        pages.append([entry["position"] for entry in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert pages == [[1, 2, 3], [4, 5, 6], [7]]


def _not_needed(case: dict[str, Any], task: said.TaskCalled, **changes: Any) -> said.TaskRedirected:
    """A return that was upheld because the task is not needed."""
    described = {
        "order_id": case["orders"][-1]["order_id"],
        "task_id": task.task_id,
        "case_id": case["case_id"],
        "area": case["area"],
        "from_department_id": task.department_id,
        "to_department_id": task.department_id,
        "upheld": True,
        "not_needed": "duplicate_order",
    }
    return said.TaskRedirected(**{**described, **changes})


def test_a_matter_whose_only_order_is_not_needed_is_back_with_its_street(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    whistled = world.whistle(case_id, district.MARKET)
    opened = world.order_opened(whistled)

    world.feed.give(
        opened, _not_needed(whistled, opened.tasks[0], not_needed="streets_own", order_ended=True)
    )

    case = world.read(case_id)
    assert (case["state"], case["orders"][0]["state"], case["orders"][0]["tasks"][0]["state"]) == (
        "handling",
        "closed",
        "closed",
    )
    assert world.actions(case_id)[-1] == "order_ended"
    # The same department may be called again, and the street may settle it.
    assert len(world.whistle(case_id, district.MARKET)["orders"]) == 2
    assert world.step(world.caller, case_id, "resolve", words="街道已清理")["state"] == "resolved"


def test_a_department_that_is_not_needed_leaves_the_order_to_the_others(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    whistled = world.whistle(case_id, district.MARKET, district.URBAN)
    opened = world.order_opened(whistled)
    world.feed.give(opened, _not_needed(whistled, opened.tasks[0]))
    before = world.read(case_id)

    world.feed.give(*_work(opened, opened.tasks[1]), world.order_finished(whistled))

    assert (before["state"], before["orders"][0]["departments"]) == ("handling", [district.URBAN])
    assert world.read(case_id)["state"] == "resolved"


def test_a_duplicate_order_leaves_a_matter_resolved_where_the_other_is_finished(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    first = world.whistle(case_id, district.MARKET)
    world.feed.give(world.order_opened(first))
    second = world.whistle(case_id, district.URBAN)
    opened = world.order_opened(second)
    world.feed.give(opened, world.order_finished(second, first["orders"][0]["order_id"]))

    world.feed.give(_not_needed(second, opened.tasks[0], order_ended=True))

    assert world.read(case_id)["state"] == "resolved"
    assert world.events(case_id)[-1] == "case_resolved"
