"""Assessments through the API: once, corrected with history, appealed, decided, frozen with the month."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch import tabling
from shared import clock, ids
from tests.integration.dispatch.conftest import Running
from tests.integration.dispatch.months import office
from tests.support import clients, district

POINTS = {"speed": 20, "result": 40, "attitude": 10}
BODY = {"points": POINTS, "is_negative": True, "words": "到场迟"}

__all__ = ["office"]


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", answer.json().get("state", ""))


class Desk:
    """A finished task of market supervision, and who has to do with it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        whistle = running.whistle(district.MARKET, district.URBAN)
        running.finish(whistle.order_id, district.MARKET)
        self.order_id = whistle.order_id
        self.task_id = running.tasks(whistle.order_id)[district.MARKET]
        self.path = f"/dispatch/tasks/{self.task_id}/assessment"
        self.responder = running.responder(district.MARKET)
        self.supervisor = running.supervisor
        self.caller = running.caller

    def assess(self) -> Any:
        return self.caller.post(self.path, json=BODY)


@pytest.fixture
def desk(running: Running) -> Desk:
    return Desk(running)


def test_a_response_is_assessed_once(desk: Desk) -> None:
    made, again = desk.assess(), desk.assess()

    assert told(made) == (201, "standing")
    assert (made.json()["score"], made.json()["department_id"]) == (70, district.MARKET)
    assert told(again) == (409, "assessed_already")
    assert desk.running.events(desk.order_id).count("assessment_given") == 1
    listed = desk.responder.get("/dispatch/assessments").json()["items"]
    assert desk.task_id in {one["task_id"] for one in listed}


def test_there_must_be_a_response_and_points_for_every_criterion(desk: Desk) -> None:
    unanswered = desk.running.tasks(desk.order_id)[district.URBAN]

    early = desk.caller.post(f"/dispatch/tasks/{unanswered}/assessment", json=BODY)
    wrong = desk.caller.post(desk.path, json={**BODY, "points": {"speed": 31, "result": 1, "attitude": 1}})

    assert told(early) == (409, "no_response_yet")
    assert told(wrong) == (422, "points_wrong")


def test_nobody_assesses_the_department_they_act_for(desk: Desk) -> None:
    both = desk.running.api.client(
        roles=["caller", "responder"], areas=[district.SUBDISTRICT], department=district.MARKET
    )

    assert told(both.post(desk.path, json=BODY)) == (409, "own_response")


def test_a_correction_needs_the_version_and_leaves_the_earlier_one(desk: Desk) -> None:
    etag = desk.assess().headers["ETag"]
    better = {"points": {**POINTS, "attitude": 30}, "words": "已说明"}

    bare = desk.caller.put(desk.path, json=better)
    done = desk.caller.put(desk.path, json=better, headers={"If-Match": etag})
    stale = desk.caller.put(desk.path, json=better, headers={"If-Match": etag})

    assert [answer.status_code for answer in (bare, done, stale)] == [428, 200, 412]
    assert (done.json()["score"], done.json()["version"], done.json()["is_negative"]) == (90, 2, False)
    assert [(one["version"], one["act"], one["score"], one["words"]) for one in done.json()["versions"]] == [
        (1, "assessed", 70, "到场迟"),
        (2, "corrected", 90, "已说明"),
    ]


def test_an_appeal_is_the_departments_and_the_decision_a_supervisors(desk: Desk) -> None:
    desk.assess()
    stranger = desk.running.responder(district.URBAN)

    unasked = desk.supervisor.post(f"{desk.path}/ruling", json={"upheld": True, "words": "x"})
    others = stranger.post(f"{desk.path}/appeal", json={"words": "x"})
    appealed = desk.responder.post(f"{desk.path}/appeal", json={"words": "堵车"})
    again = desk.responder.post(f"{desk.path}/appeal", json={"words": "堵车"})
    ruled = desk.supervisor.post(f"{desk.path}/ruling", json={"upheld": True, "words": "属实"})

    assert told(unasked) == (409, "not_appealed")
    assert others.status_code == 404
    assert told(appealed) == (200, "appealed")
    assert told(again) == (409, "appealed_already")
    assert told(ruled) == (200, "void")
    assert [one["act"] for one in ruled.json()["versions"]] == ["assessed", "appealed", "ruled"]
    events = desk.running.events(desk.order_id)
    assert [one for one in events if one.startswith("assessment_")] == [
        "assessment_given",
        "assessment_appealed",
        "assessment_ruled",
    ]


def test_a_frozen_month_takes_neither_corrections_nor_appeals(office: Running) -> None:
    desk = Desk(office)
    etag = desk.assess().headers["ETag"]
    later = clock.now() + timedelta(days=32)
    with office.database.transaction() as tx:
        while tabling.keep(tx, at=later):
            pass
    with office.database.transaction() as tx:
        while tabling.keep(tx, at=later + timedelta(days=8)):
            pass
    (table,) = [
        one
        for one in office.supervisor.get(
            "/dispatch/rankings", params={"kind": "departments", "state": "frozen"}
        ).json()["items"]
        if one["month"] == f"{clock.now().astimezone(clock.BEIJING):%Y-%m}"
    ]

    corrected = desk.caller.put(desk.path, json=BODY, headers={"If-Match": etag})
    appealed = desk.responder.post(f"{desk.path}/appeal", json={"words": "x"})

    assert told(corrected) == (409, "month_frozen")
    assert told(appealed) == (409, "window_closed")
    lines = office.supervisor.get(f"/dispatch/rankings/{table['ranking_id']}").json()["lines"]
    market = next(line for line in lines if line["organisation_id"] == district.MARKET)
    figure = next(one for one in market["figures"] if one["indicator"] == "assessed")
    assert (figure["numerator"], figure["denominator"], figure["percent"]) == (70, 1, 70.0)


def test_outsiders_find_nothing(desk: Desk) -> None:
    desk.assess()
    elsewhere: clients.Client = desk.running.api.client(roles=["caller"], areas=[district.ELSEWHERE])

    assert elsewhere.get(desk.path).status_code == 404
    assert elsewhere.post(desk.path, json=BODY).status_code == 404
    assert elsewhere.get("/dispatch/assessments").json()["items"] == []
    assert desk.caller.get(f"/dispatch/tasks/{ids.new()}/assessment").status_code == 404


def test_a_caller_finds_the_responses_still_to_assess_oldest_first(desk: Desk) -> None:
    def to_assess(client: clients.Client = desk.caller) -> list[str]:
        found, query = [], {"limit": "2"}
        while True:
            page = client.get("/dispatch/unassessed-tasks", params=query).json()
            found += [one["task_id"] for one in page["items"]]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    running = desk.running
    later = Desk(running)
    waiting = to_assess()
    unanswered = running.tasks(desk.order_id)[district.URBAN]
    first = desk.caller.get("/dispatch/unassessed-tasks", params={"limit": "1"}).json()

    assert waiting.index(desk.task_id) < waiting.index(later.task_id)
    assert unanswered not in waiting
    assert (first["total"], first["total_is_capped"]) == (len(waiting), False)
    desk.assess()
    assert to_assess() == [one for one in waiting if one != desk.task_id]
    elsewhere = running.api.client(roles=["caller"], areas=[district.ELSEWHERE])
    grid = running.api.client(roles=["caller"], areas=[district.GRID])
    assert to_assess(elsewhere) == []
    assert later.task_id in to_assess(grid)
    with running.database.transaction() as tx:
        tx.execute(
            "UPDATE tasks SET finished_at = finished_at - interval '60 days' WHERE task_id = %s",
            [later.task_id],
        )
    assert later.task_id not in to_assess()
