"""An order from whistle to finish, what departments may ask, and who sees what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.store import task_lists
from shared import auth, clock, ids
from shared.contracts import cases as said
from tests.support import district

# Of one test alone.
UTILITIES = "370102-utilities"
BODIES: dict[str, dict[str, Any]] = {
    "sign": {},
    "assign": {"handler_id": ids.new()},
    "arrive": {"place": district.IN_GRID},
    "reply": {"words": "已整改"},
    "finish": {},
    "return": {"ground": "not_our_duty", "words": "应由综合执法办理"},
    "ruling": {"upheld": True, "to_department_id": district.HEALTH},
    "rating": {"score": 5},
}


def told(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def test_a_whistle_opens_an_order_with_a_task_and_running_clocks_for_each_department(running: Any) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN, district.ECOLOGY)

    order = running.caller.get(f"/dispatch/orders/{whistle.order_id}").json()

    assert (order["state"], order["case_id"], order["caller_id"]) == (
        "open",
        whistle.case_id,
        whistle.caller_id,
    )
    assert [(task["department_id"], task["is_main"], task["state"]) for task in order["tasks"]] == [
        (district.MARKET, True, "sent"),
        (district.ECOLOGY, False, "sent"),
        (district.URBAN, False, "sent"),
    ]
    assert running.events(whistle.order_id) == ["order_opened", *["task_sent"] * 3, *["clock_set"] * 9]
    clocks = running.caller.get(f"/dispatch/cases/{whistle.case_id}/clocks").json()["items"]
    assert len(clocks) == 11
    assert {row["state"] for row in clocks} == {"running"}


def test_an_order_goes_the_whole_way_and_each_step_is_announced_once(running: Any) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)

    running.finish(whistle.order_id, district.MARKET)
    half = running.caller.get(f"/dispatch/orders/{whistle.order_id}").json()
    last = running.finish(whistle.order_id, district.URBAN)

    order = running.caller.get(f"/dispatch/orders/{whistle.order_id}").json()
    assert (half["state"], order["state"], last["state"]) == ("open", "finished", "finished")
    assert {row["state"] for row in last["clocks"]} == {"stopped"}
    events = running.events(whistle.order_id)
    assert events[9:] == [
        "task_signed", "clock_stopped",
        "task_assigned",
        "task_arrived", "clock_stopped",
        "task_replied",
        "task_finished", "clock_stopped",
        "task_signed", "clock_stopped",
        "task_assigned",
        "task_arrived", "clock_stopped",
        "task_replied",
        "task_finished", "order_finished", "clock_stopped",
    ]  # fmt: skip


def test_a_reply_and_how_far_away_an_arrival_was_are_on_the_task(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    client, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    running.step(client, task_id, "sign")

    arrived = running.step(client, task_id, "arrive", place={**district.IN_GRID, "latitude": 36.606})
    running.step(client, task_id, "reply", words="净化设施已恢复")
    corrected = running.step(client, task_id, "reply", words="净化设施已更换")

    assert arrived["arrived_metres"] == 111
    assert corrected["reply_words"] == "净化设施已更换"
    assert not any("净化" in str(row["data"]) for row in running.rows("SELECT data FROM outbox"))


# --- returns


def test_a_rejected_return_gives_the_task_back_with_its_clocks_as_they_were(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    client, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    running.step(client, task_id, "sign")
    before = running.clocks(whistle.case_id)

    returned = running.step(client, task_id, "return", **BODIES["return"])
    ruled = running.step(running.supervisor, task_id, "ruling", upheld=False)

    assert (returned["state"], ruled["state"], ruled["department_id"]) == (
        "returned",
        "signed",
        district.MARKET,
    )
    assert running.clocks(whistle.case_id) == before
    assert running.events(whistle.order_id)[-2:] == ["task_returned", "task_redirected"]


def test_an_upheld_return_sends_the_task_to_another_department_with_fresh_clocks(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    first, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    running.step(first, task_id, "return", **BODIES["return"])

    ruled = running.step(running.supervisor, task_id, "ruling", upheld=True, to_department_id=district.HEALTH)

    assert (ruled["state"], ruled["department_id"], ruled["is_main"]) == ("sent", district.HEALTH, True)
    assert {(row["run"], row["state"]) for row in ruled["clocks"]} == {(2, "running")}
    assert first.get(f"/dispatch/tasks/{task_id}").status_code == 404
    assert running.step(running.responder(district.HEALTH), task_id, "sign")["state"] == "signed"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"upheld": True}, (422, "same_department")),
        ({"upheld": True, "to_department_id": district.MARKET}, (422, "same_department")),
        ({"upheld": True, "to_department_id": district.URBAN}, (422, "same_department")),
        ({"upheld": True, "to_department_id": "370102-circus"}, (422, "unknown_department")),
        ({"upheld": "true", "to_department_id": district.HEALTH}, (422, "invalid")),
    ],
)
def test_a_ruling_names_a_department_that_can_take_it(
    running: Any, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    running.step(running.responder(district.MARKET), task_id, "return", **BODIES["return"])

    assert told(running.supervisor.post(f"/dispatch/tasks/{task_id}/ruling", json=body)) == expected


def test_a_task_that_is_not_needed_leaves_the_order_to_the_others(running: Any) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    running.step(
        running.responder(district.MARKET), task_id, "return", ground="duplicate_order", words="已有派单"
    )

    ruled = running.step(running.supervisor, task_id, "ruling", upheld=True, not_needed="duplicate_order")
    order = running.caller.get(f"/dispatch/orders/{whistle.order_id}").json()
    running.finish(whistle.order_id, district.URBAN)

    assert (ruled["state"], {row["state"] for row in ruled["clocks"]}) == ("closed", {"stopped"})
    assert order["state"] == "open"
    assert [(task["department_id"], task["is_main"]) for task in order["tasks"]] == [
        (district.URBAN, True),
        (district.MARKET, False),
    ]
    assert running.caller.get(f"/dispatch/orders/{whistle.order_id}").json()["state"] == "finished"
    assert running.events(whistle.order_id)[-2:] == ["order_finished", "clock_stopped"]


def test_an_order_whose_only_task_is_not_needed_ends_and_its_event_says_so(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    running.step(running.responder(district.MARKET), task_id, "return", **BODIES["return"])

    running.step(running.supervisor, task_id, "ruling", upheld=True, not_needed="streets_own")

    assert running.caller.get(f"/dispatch/orders/{whistle.order_id}").json()["state"] == "closed"
    assert "order_finished" not in running.events(whistle.order_id)
    (said_,) = running.rows(
        "SELECT data FROM outbox WHERE subject = %(o)s AND type LIKE '%%task_redirected%%'",
        o=whistle.order_id,
    )
    assert (said_["data"]["not_needed"], said_["data"]["order_ended"]) == ("streets_own", True)
    # The matter itself goes on.
    assert running.clocks(whistle.case_id)[None, "finish"]["state"] == "running"


@pytest.mark.parametrize(
    "body",
    [
        {"upheld": False, "not_needed": "duplicate_order"},
        {"upheld": True, "not_needed": "duplicate_order", "to_department_id": district.HEALTH},
        {"upheld": True, "not_needed": "too_much_work"},
        {"upheld": False, "to_department_id": district.HEALTH},
    ],
)
def test_a_ruling_has_one_outcome(running: Any, body: dict[str, Any]) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    running.step(running.responder(district.MARKET), task_id, "return", **BODIES["return"])

    assert told(running.supervisor.post(f"/dispatch/tasks/{task_id}/ruling", json=body)) == (422, "invalid")


def test_local_jurisdiction_is_no_ground_of_return_and_the_lists_item_is_shown(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]

    answer = running.responder(district.MARKET).post(
        f"/dispatch/tasks/{task_id}/return", json={"ground": "local_jurisdiction", "words": "属地管理"}
    )

    assert told(answer) == (422, "local_jurisdiction_is_no_ground")
    assert answer.json()["arguments"]["item"] == {
        "code": "HJ01",
        "name": "餐饮油烟扰民",
        "main": "market_supervision",
        "supporting": ["urban_management", "ecology"],
        "law": "《大气污染防治法》第八十一条",
        "subdistrict_duty": "巡查、上报、协助执法",
    }
    assert running.responder(district.MARKET).get(f"/dispatch/tasks/{task_id}").json()["state"] == "sent"


# --- ratings


def test_both_sides_rate_each_other_once_when_the_task_is_finished(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    path, responder = f"/dispatch/tasks/{task_id}/rating", running.responder(district.MARKET)
    early = running.caller.post(path, json={"score": 5})
    running.finish(whistle.order_id, district.MARKET)

    rated = running.caller.post(path, json={"score": 4, "words": "来得快"})
    answered = responder.post(path, json={"score": 5})
    again = running.caller.post(path, json={"score": 1})

    assert told(early) == (409, "not_finished_yet")
    assert (rated.status_code, answered.status_code) == (201, 201)
    assert told(again) == (409, "rated_already")
    assert [(row["rater"], row["score"], row["words"]) for row in answered.json()["ratings"]] == [
        ("caller", 4, "来得快"),
        ("responder", 5, ""),
    ]
    given = running.rows(
        "SELECT data FROM outbox WHERE subject = %(o)s AND type LIKE '%%rating_given%%' ORDER BY sequence",
        o=whistle.order_id,
    )
    assert [(row["data"]["rater"], row["data"]["score"]) for row in given] == [
        ("caller", 4),
        ("responder", 5),
    ]


@pytest.mark.parametrize("score", [0, 6, 2.5, "5", None, True])
def test_a_score_is_a_whole_number_from_one_to_five(running: Any, score: Any) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]

    answer = running.caller.post(f"/dispatch/tasks/{task_id}/rating", json={"score": score})

    assert told(answer) == (422, "invalid")


# --- who may


def test_a_task_is_seen_by_its_department_and_the_staff_of_its_area(running: Any) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)
    path = f"/dispatch/tasks/{running.tasks(whistle.order_id)[district.MARKET]}"

    seen = {
        "department": running.responder(district.MARKET),
        "department of another task": running.responder(district.URBAN),
        "caller": running.caller,
        "supervisor": running.supervisor,
        "elsewhere": running.api.client(roles=["caller"], areas=[district.ELSEWHERE]),
        "resident": running.api.client(roles=["resident"], areas=[district.DISTRICT]),
        "responder without department": running.api.client(roles=["responder"], areas=[district.DISTRICT]),
        "stranger": running.api.stranger(),
    }

    assert {who: client.get(path).status_code for who, client in seen.items()} == {
        "department": 200,
        "department of another task": 404,
        "caller": 200,
        "supervisor": 200,
        "elsewhere": 404,
        "resident": 403,
        "responder without department": 404,
        "stranger": 401,
    }
    order = f"/dispatch/orders/{whistle.order_id}"
    assert seen["department of another task"].get(order).status_code == 200
    assert seen["elsewhere"].get(order).status_code == 404
    clocks = f"/dispatch/cases/{whistle.case_id}/clocks"
    assert len(seen["department"].get(clocks).json()["items"]) == 3
    assert seen["elsewhere"].get(clocks).json()["items"] == []


@pytest.mark.parametrize("step", ["sign", "assign", "arrive", "reply", "finish", "return"])
def test_nobody_moves_another_departments_task_whatever_else_they_are(running: Any, step: str) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    client = running.api.client(
        roles=["responder", "caller", "supervisor"], areas=[district.DISTRICT], department=district.URBAN
    )

    answer = client.post(f"/dispatch/tasks/{task_id}/{step}", json=BODIES[step])

    assert client.get(f"/dispatch/tasks/{task_id}").status_code == 200
    assert told(answer) == (404, "not_found")


def test_a_department_does_not_rule_on_its_own_return(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    both = running.api.client(
        roles=["responder", "supervisor"], areas=[district.ELSEWHERE], department=district.MARKET
    )
    running.step(both, task_id, "return", **BODIES["return"])

    assert told(both.post(f"/dispatch/tasks/{task_id}/ruling", json=BODIES["ruling"])) == (404, "not_found")


@pytest.mark.parametrize(
    ("step", "role"),
    [("sign", "caller"), ("ruling", "caller"), ("ruling", "responder"), ("rating", "supervisor")],
)
def test_a_role_that_does_not_do_a_step_is_forbidden(running: Any, step: str, role: str) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    client = running.api.client(roles=[role], areas=[district.DISTRICT], department=district.MARKET)

    assert told(client.post(f"/dispatch/tasks/{task_id}/{step}", json=BODIES[step])) == (403, "forbidden")


def test_tasks_are_listed_to_their_departments_and_areas_newest_first(running: Any) -> None:
    whistles = [running.whistle(district.ECOLOGY) for _ in range(3)]
    elsewhere = running.whistle(district.ECOLOGY, case=running.report(area=district.GRID_ELSEWHERE))
    made = [running.tasks(w.order_id)[district.ECOLOGY] for w in (*whistles, elsewhere)]

    def listed(client: Any, **query: Any) -> list[str]:
        answer = client.get("/dispatch/tasks", params={"limit": 200, **query})
        assert answer.status_code == 200, answer.text
        return [item["task_id"] for item in answer.json()["items"] if item["task_id"] in made]

    assert listed(running.responder(district.ECOLOGY)) == made[::-1]
    assert listed(running.caller) == made[2::-1]
    assert listed(running.responder(district.HEALTH)) == []
    assert listed(running.caller, state="signed") == []
    first = running.responder(district.ECOLOGY).get("/dispatch/tasks", params={"limit": 1}).json()
    second = running.responder(district.ECOLOGY).get(
        "/dispatch/tasks", params={"limit": 1, "cursor": first["next_cursor"]}
    )
    assert [page["items"][0]["task_id"] for page in (first, second.json())] == [made[3], made[2]]


def test_an_inbox_is_sorted_by_what_is_due_first_across_pages(running: Any) -> None:
    now = clock.now()
    ages = (3, 9, 1, 7, 5)
    whistles = [running.whistle(UTILITIES, whistled_at=now - timedelta(days=age)) for age in ages]
    made = {age: running.tasks(w.order_id)[UTILITIES] for age, w in zip(ages, whistles, strict=True)}
    standing = running.whistle(UTILITIES, whistled_at=now - timedelta(days=20))
    running.give(said.CaseDeferred(case_id=standing.case_id, area=standing.area, review_on=now.date()))
    done = running.whistle(UTILITIES, whistled_at=now - timedelta(days=30))
    running.finish(done.order_id, UTILITIES)
    client, supervisor = running.responder(UTILITIES), running.supervisor

    def paged(of: Any) -> list[str]:
        found, cursor = [], None
        while True:
            page = {"limit": 2, "sort": "due", **({"cursor": cursor} if cursor else {})}
            answer = of.get("/dispatch/tasks", params=page)
            assert answer.status_code == 200, answer.text
            found += [item["task_id"] for item in answer.json()["items"]]
            cursor = answer.json()["next_cursor"]
            if not cursor:
                return found

    wanted = [made[age] for age in sorted(ages, reverse=True)]
    wanted.append(running.tasks(standing.order_id)[UTILITIES])
    assert paged(client) == wanted
    assert [one for one in paged(supervisor) if one in wanted] == wanted
    counted = client.get("/dispatch/tasks/count").json()["items"]
    assert {row["state"]: (row["count"], row["capped"]) for row in counted if row["count"]} == {
        "sent": (6, False),
        "finished": (1, False),
    }
    assert client.get("/dispatch/tasks", params={"sort": "due", "state": "signed"}).json()["items"] == []


def test_counts_stop_at_a_bound_and_say_so(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    department = "370102-education"
    for _ in range(3):
        running.whistle(department)
    monkeypatch.setattr(task_lists, "COUNTED_UP_TO", 2)
    actor = auth.Actor(person_id=ids.new(), roles=frozenset({auth.Role.RESPONDER}), department=department)

    with running.database.transaction(read_only=True) as tx:
        counted = task_lists.counts(tx, task_lists.whose(actor, mine=False))

    assert counted[0] == {"state": "sent", "count": 2, "capped": True}


@pytest.mark.parametrize("state", [None, "sent"])
def test_a_busy_area_lists_the_same_tasks_as_a_quiet_one(
    running: Any, monkeypatch: pytest.MonkeyPatch, state: str | None
) -> None:
    for _ in range(3):
        running.whistle(district.MARKET, district.URBAN)
    actor = auth.Actor(
        person_id=ids.new(),
        roles=frozenset({auth.Role.CALLER}),
        areas=(district.GRID, district.GRID_ELSEWHERE),
    )
    of = task_lists.whose(actor, mine=False)

    def pages() -> list[str]:
        found: list[str] = []
        with running.database.transaction(read_only=True) as tx:
            while page := task_lists.newest(tx, of, state=state, before=found[-1] if found else None, most=2):
                found += [str(row["task_id"]) for row in page]
        return found

    quiet = pages()
    monkeypatch.setattr(task_lists, "_FEW", 0)

    assert pages() == quiet == sorted(quiet, reverse=True)
    assert len(quiet) >= 6


def test_a_handler_of_another_department_is_not_named(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    client, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    running.step(client, task_id, "sign")
    stranger = ids.new()
    running.responder(district.HEALTH, person_id=stranger).get("/dispatch/notices/count")

    answer = client.post(f"/dispatch/tasks/{task_id}/assign", json={"handler_id": stranger})

    assert told(answer) == (422, "not_of_this_department")


# --- what can go wrong


def test_a_step_out_of_turn_is_a_conflict_that_says_what_would_be_possible(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]

    answer = running.responder(district.MARKET).post(f"/dispatch/tasks/{task_id}/finish")

    assert told(answer) == (409, "task_not_in_this_state")
    assert answer.json()["arguments"] == {"state": "sent", "allowed": ["replied"]}


def test_a_stale_version_changes_nothing(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    client, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    etag = client.get(f"/dispatch/tasks/{task_id}").headers["ETag"]
    signed = client.post(f"/dispatch/tasks/{task_id}/sign", headers={"If-Match": etag})

    stale = client.post(
        f"/dispatch/tasks/{task_id}/assign", json=BODIES["assign"], headers={"If-Match": etag}
    )

    assert signed.status_code == 200
    assert told(stale) == (412, "stale")
    assert client.get(f"/dispatch/tasks/{task_id}").json()["state"] == "signed"


def test_a_step_sent_twice_with_one_key_happens_once(running: Any) -> None:
    whistle = running.whistle(district.MARKET)
    client, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    headers = {"Idempotency-Key": ids.new()}

    answers = [client.post(f"/dispatch/tasks/{task_id}/sign", headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert running.events(whistle.order_id).count("task_signed") == 1


@pytest.mark.parametrize("end", ["resolved", "declined", "merged", "withdrawn"])
def test_nothing_moves_in_an_order_whose_matter_is_over(running: Any, end: str) -> None:
    whistle = running.whistle(district.MARKET)
    client, task_id = running.responder(district.MARKET), running.tasks(whistle.order_id)[district.MARKET]
    named = {"case_id": whistle.case_id, "area": whistle.area}
    running.give(
        {
            "resolved": lambda: said.CaseResolved(**named, resolved_by="hand", resolved_at=clock.now()),
            "declined": lambda: said.CaseDeclined(**named, ground="court"),
            "merged": lambda: said.CaseMerged(**named, into_case_id=ids.new()),
            "withdrawn": lambda: said.CaseWithdrawn(**named),
        }[end]()
    )

    answer = client.post(f"/dispatch/tasks/{task_id}/sign")

    assert told(answer) == (409, "order_closed")
    assert client.get(f"/dispatch/tasks/{task_id}").json()["state"] == "closed"
