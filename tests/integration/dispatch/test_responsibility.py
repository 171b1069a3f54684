"""The responsibility list through the API: asked, edited, imported, in force; and what rulings teach it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch import seed
from services.dispatch.store import responsibility as store
from shared import clock, ids
from shared.contracts.registry import DepartmentChanged
from tests.integration.dispatch.conftest import Running
from tests.support import district

LISTS = "/dispatch/responsibility/lists"
ITEM = {
    "name": "无人机扰民",
    "theme": "公共安全",
    "main": "public_security",
    "supporting": ["urban_management"],
    "subdistrict_duty": "上报",
    "law": "《无人驾驶航空器飞行管理暂行条例》",
    "procedure": "劝阻→查处",
    "categories": ["safety.drones"],
}


def told(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


class Office:
    """An admin of a district of their own, so that tests do not meet in one draft."""

    def __init__(self, running: Running, area: str) -> None:
        self.running, self.area = running, area
        self.admin = running.api.client(roles=["admin"], areas=[area])

    def draft(self, **body: Any) -> dict[str, Any]:
        answer = self.admin.post(LISTS, json={"area": self.area, **body})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def put(self, list_id: str, code: str, **changes: Any) -> Any:
        return self.admin.put(f"{LISTS}/{list_id}/items/{code}", json={**ITEM, **changes})

    def publish(self, list_id: str, *, days: int = 0) -> Any:
        on = store.today() + timedelta(days=days)
        return self.admin.post(
            f"{LISTS}/{list_id}/publish", json={"effective_on": on.isoformat()}, headers={"If-Match": "*"}
        )

    def ask(self, category: str, **query: Any) -> dict[str, Any]:
        answer = self.running.caller.get(
            "/dispatch/responsibility/proposal",
            params={"category": category, "area": f"{self.area}001001001", **query},
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


_numbers = iter(range(20, 99))


@pytest.fixture
def office(running: Running) -> Office:
    return Office(running, f"3702{next(_numbers)}")


def test_callers_are_told_whom_the_list_names_with_item_and_law(running: Running) -> None:
    answer = running.caller.get(
        "/dispatch/responsibility/proposal", params={"category": "env.cooking_fumes", "area": district.GRID}
    )

    told = answer.json()
    assert (told["item"]["code"], told["item"]["law"]) == ("HJ01", "《大气污染防治法》第八十一条")
    assert told["main"]["department_id"] == district.MARKET
    assert [one["department_id"] for one in told["supporting"]] == [district.URBAN, district.ECOLOGY]
    assert (told["list_area"], told["is_last_resort"]) == ("", False)


def test_what_the_list_does_not_cover_goes_to_the_district_as_last_resort(running: Running) -> None:
    told = running.caller.get(
        "/dispatch/responsibility/proposal", params={"category": "city.unheard_of", "area": district.GRID}
    ).json()

    assert (told["item"], told["is_last_resort"]) == (None, True)
    assert told["main"]["department_id"] == district.URBAN


def test_a_version_is_edited_as_a_draft_and_decides_from_its_day(office: Office) -> None:
    draft = office.draft()

    added = office.put(draft["list_id"], "GA90")
    before = office.ask("safety.drones")
    later = office.publish(draft["list_id"], days=1)
    not_yet = office.ask("safety.drones")
    again = office.put(draft["list_id"], "GA91")

    assert (draft["number"], draft["state"], added.status_code) == (1, "draft", 200)
    assert draft["items"] >= 104
    assert before["is_last_resort"]
    assert (later.status_code, later.json()["state"]) == (200, "published")
    assert not_yet["is_last_resort"]
    assert told(again) == (409, "not_a_draft")
    with office.running.database.transaction() as tx:
        tomorrow = store.in_force(tx, office.area, store.today() + timedelta(days=1))
    assert tomorrow.list_id == draft["list_id"]


def test_what_is_in_force_today_decides_today(office: Office) -> None:
    draft = office.draft(copies=False)
    assert told(office.publish(draft["list_id"])) == (409, "empty_list")
    office.put(draft["list_id"], "GA90", categories=["safety.*"])

    assert office.publish(draft["list_id"]).status_code == 200

    assert office.ask("safety.drones")["item"]["code"] == "GA90"
    assert office.ask("env.cooking_fumes")["is_last_resort"]
    in_force = office.admin.get("/dispatch/responsibility/in-force", params={"area": office.area})
    assert in_force.json()["list_id"] == draft["list_id"]


def test_an_area_has_one_draft_at_a_time_and_a_dropped_one_is_gone(office: Office) -> None:
    draft = office.draft()

    second = office.admin.post(LISTS, json={"area": office.area})
    dropped = office.admin.delete(f"{LISTS}/{draft['list_id']}")

    assert told(second) == (409, "draft_exists")
    assert dropped.status_code == 204
    assert office.admin.get(f"{LISTS}/{draft['list_id']}").status_code == 404


def test_the_list_goes_out_as_csv_and_comes_back_edited(office: Office) -> None:
    draft = office.draft()
    path = f"{LISTS}/{draft['list_id']}/file"
    file = office.admin.get(path)
    assert file.headers["Content-Type"].startswith("text/csv")
    text = file.content.decode("utf-8-sig")

    edited = text.replace("餐饮油烟扰民", "餐饮业油烟扰民")
    imported = office.admin.put(path, data=edited.encode(), headers={"Content-Type": "text/csv"})
    broken = office.admin.put(
        path, data=edited.replace("HJ01,", "HJ 1,").encode(), headers={"Content-Type": "text/csv"}
    )

    assert (imported.status_code, imported.json()["items"]) == (200, draft["items"])
    names = office.admin.get(f"{LISTS}/{draft['list_id']}/items", params={"text": "餐饮业"}).json()["items"]
    assert [one["code"] for one in names] == ["HJ01"]
    assert told(broken) == (422, "rows_wrong")
    assert broken.json()["errors"][0]["pointer"].endswith("/编号")


def test_nobody_edits_the_list_as_delivered_or_that_of_another_area(office: Office) -> None:
    delivered = office.admin.get("/dispatch/responsibility/in-force", params={"area": "500101"}).json()
    draft = office.draft()
    elsewhere = office.running.api.client(roles=["admin"], areas=["500101"])

    assert office.put(delivered["list_id"], "X1").status_code == 404
    assert told(elsewhere.post(LISTS, json={"area": office.area})) == (403, "outside_your_areas")
    assert elsewhere.put(f"{LISTS}/{draft['list_id']}/items/X1", json=ITEM).status_code == 404
    assert elsewhere.get(f"{LISTS}/{draft['list_id']}").status_code == 404
    assert told(office.put(draft["list_id"], "bad code")) == (422, "invalid")


def test_items_are_paged_by_code_and_narrowed_by_unit(running: Running) -> None:
    delivered = running.caller.get("/dispatch/responsibility/in-force", params={"area": "500101"}).json()
    path, codes, cursor = f"{LISTS}/{delivered['list_id']}/items", [], None
    for _ in range(10):
        page = running.caller.get(path, params={"limit": 50, **({"cursor": cursor} if cursor else {})}).json()
        codes += [one["code"] for one in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break

    own = running.caller.get(path, params={"main": "subdistrict"}).json()["items"]

    assert codes == sorted(codes)
    assert len(codes) == delivered["items"] >= 104
    assert [one["code"] for one in own] == ["JD01", "JD02", "JD03"]


def test_seeding_again_leaves_the_deployments_list_and_adds_no_version(office: Office) -> None:
    draft = office.draft(copies=False)
    office.put(draft["list_id"], "GA90")

    seed.load(office.running.database)

    rows = office.running.rows(
        "SELECT area, count(*) AS n FROM responsibility_lists WHERE area IN ('', %(a)s) GROUP BY area",
        a=office.area,
    )
    assert {row["area"]: row["n"] for row in rows} == {"": 1, office.area: 1}
    assert office.admin.get(f"{LISTS}/{draft['list_id']}").json()["items"] == 1


# --- orders


def test_orders_keep_the_ground_they_were_called_on(running: Running) -> None:
    whistle = running.whistle(district.MARKET, district.URBAN, district.HEALTH)

    grounds = {
        department: running.caller.get(f"/dispatch/tasks/{task_id}").json()["ground"]
        for department, task_id in running.tasks(whistle.order_id).items()
    }

    assert {department: (ground["role"], ground["item_code"]) for department, ground in grounds.items()} == {
        district.MARKET: ("main", "HJ01"),
        district.URBAN: ("supporting", "HJ01"),
        district.HEALTH: ("unlisted", "HJ01"),
    }


def returned(running: Running, **report: Any) -> str:
    whistle = running.whistle(district.MARKET, case=running.report(**report))
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    running.step(
        running.responder(district.MARKET), task_id, "return", ground="not_our_duty", words="非我单位职责"
    )
    return task_id


@pytest.mark.parametrize(
    ("category", "to", "reason"),
    [
        ("city.unheard_of", district.HEALTH, "not_covered"),
        ("env.cooking_fumes", district.HEALTH, "differs"),
        ("env.cooking_fumes", district.URBAN, None),
    ],
)
def test_a_ruling_the_list_does_not_know_is_proposed_for_its_next_version(
    running: Running, category: str, to: str, reason: str | None
) -> None:
    task_id = returned(running, category=category)

    proposal = running.supervisor.get(f"/dispatch/tasks/{task_id}/proposal").json()
    ruled = running.step(running.supervisor, task_id, "ruling", upheld=True, to_department_id=to)

    assert proposal["is_last_resort"] is (category == "city.unheard_of")
    assert ruled["department_id"] == to
    found = [
        one
        for one in running.supervisor.get("/dispatch/responsibility/amendments").json()["items"]
        if one["task_id"] == task_id
    ]
    assert [(one["reason"], one["to_unit"]) for one in found] == ([(reason, "health")] if reason else [])


def test_an_accepted_proposal_goes_into_the_draft_once(running: Running) -> None:
    task_id = returned(running, category="city.unheard_of")
    running.step(running.supervisor, task_id, "ruling", upheld=True, to_department_id=district.HEALTH)
    admin = running.api.client(roles=["admin"], areas=[district.DISTRICT])
    amendment = admin.get("/dispatch/responsibility/amendments", params={"state": "open"}).json()["items"][0]
    path = f"/dispatch/responsibility/amendments/{amendment['amendment_id']}"
    body = {**ITEM, "code": "WS90", "main": "health", "supporting": [], "categories": ["city.unheard_of"]}
    for one in admin.get(LISTS, params={"area": district.DISTRICT}).json()["items"]:
        if one["state"] == "draft":
            admin.delete(f"{LISTS}/{one['list_id']}")

    early = admin.post(f"{path}/accept", json=body)
    draft = admin.post(LISTS, json={"area": district.DISTRICT}).json()
    accepted = admin.post(f"{path}/accept", json=body)
    again = admin.post(f"{path}/reject", json={"words": "不列入"})

    assert told(early) == (409, "no_draft")
    assert (accepted.json()["state"], accepted.json()["list_id"]) == ("accepted", draft["list_id"])
    assert told(again) == (409, "decided_already")
    items = admin.get(f"{LISTS}/{draft['list_id']}/items", params={"main": "health"}).json()["items"]
    assert "WS90" in [one["code"] for one in items]
    admin.delete(f"{LISTS}/{draft['list_id']}")


@pytest.mark.parametrize(
    ("category", "ruling", "proposed"),
    [
        # What no item covers stays with the department called: that is to be in the list too.
        ("city.unheard_of", {"upheld": False}, [("not_covered", "market_supervision", district.MARKET)]),
        (
            "city.unheard_of",
            {"upheld": True, "not_needed": "streets_own"},
            [("not_covered", "subdistrict", district.SUBDISTRICT)],
        ),
        (
            "env.cooking_fumes",
            {"upheld": True, "not_needed": "streets_own"},
            [("differs", "subdistrict", district.SUBDISTRICT)],
        ),
        # The list says so already, or nothing about who answers was ruled.
        ("env.cooking_fumes", {"upheld": False}, []),
        ("env.cooking_fumes", {"upheld": True, "not_needed": "duplicate_order"}, []),
    ],
)
def test_a_ruling_of_any_outcome_is_proposed_where_the_list_says_otherwise(
    running: Running, category: str, ruling: dict[str, Any], proposed: list[tuple[str, str, str]]
) -> None:
    task_id = returned(running, category=category)

    running.step(running.supervisor, task_id, "ruling", **ruling)

    found = [
        one
        for one in running.supervisor.get("/dispatch/responsibility/amendments").json()["items"]
        if one["task_id"] == task_id
    ]
    assert [(one["reason"], one["to_unit"], one["to_department_id"]) for one in found] == proposed


def test_a_task_is_not_returned_after_the_presets_days(running: Running) -> None:
    whistle = running.whistle(district.MARKET, whistled_at=clock.now() - timedelta(days=30))
    task_id = running.tasks(whistle.order_id)[district.MARKET]

    answer = running.responder(district.MARKET).post(
        f"/dispatch/tasks/{task_id}/return", json={"ground": "not_our_duty", "words": "非我单位职责"}
    )

    assert told(answer) == (409, "return_too_late")


def test_nobody_rules_on_a_return_of_their_own_department(running: Running) -> None:
    task_id = returned(running)
    both = running.api.client(
        roles=["responder", "supervisor"], areas=[district.DISTRICT], department=district.MARKET
    )

    answer = both.post(f"/dispatch/tasks/{task_id}/ruling", json={"upheld": False})

    assert told(answer) == (409, "own_return")


# --- handlers


def test_a_handler_sees_own_tasks_replies_and_the_responder_approves_or_sends_back(running: Running) -> None:
    whistle = running.whistle(district.MARKET)
    other = running.whistle(district.MARKET)
    task_id = running.tasks(whistle.order_id)[district.MARKET]
    responder, person = running.responder(district.MARKET), ids.new()
    handler = running.responder(district.MARKET, person_id=person)
    running.step(responder, task_id, "sign")
    running.step(responder, task_id, "assign", handler_id=person)

    mine = handler.get("/dispatch/tasks", params={"mine": "true"}).json()["items"]
    first = running.step(handler, task_id, "reply", words="已整改")
    early = responder.post(f"/dispatch/tasks/{task_id}/finish", json={})
    own = handler.post(f"/dispatch/tasks/{task_id}/review", json={"approved": True})
    back = running.step(responder, task_id, "review", approved=False, words="请补照片")
    running.step(handler, task_id, "reply", words="已整改，附照片")
    running.step(responder, task_id, "review", approved=True)
    done = running.step(responder, task_id, "finish", words="复查合格", attachment_ids=[ids.new()])

    assert [one["task_id"] for one in mine] == [task_id]
    assert other.order_id not in str(mine)
    assert (first["reply_review"], back["state"], back["replies_sent_back"]) == ("pending", "assigned", 1)
    assert told(early) == (409, "reply_not_approved")
    assert told(own) == (409, "own_reply")
    assert (done["state"], done["finish_words"], len(done["attachment_ids"])) == ("finished", "复查合格", 1)
    history = responder.get(f"/dispatch/tasks/{task_id}/history").json()["items"]
    assert [one["step"] for one in history] == [
        "signed", "assigned", "replied", "reply_sent_back", "replied", "reply_approved", "finished",
    ]  # fmt: skip
    assert history[2]["by_person"] == person


# --- members of a grid


def test_members_called_by_a_grid_come_and_finish_with_evidence_and_no_duty_is_laid_on_them(
    running: Running,
) -> None:
    members = f"{district.SUBDISTRICT}-party_members"
    running.give(
        DepartmentChanged(
            department_id=members,
            area=district.SUBDISTRICT,
            kind="party_members",
            name="党员服务队",
            active=True,
        )
    )
    whistle = running.whistle(members, kind="grid_calls_members")
    task_id, client = running.tasks(whistle.order_id)[members], running.responder(members)
    running.step(client, task_id, "sign")

    empty = client.post(f"/dispatch/tasks/{task_id}/finish", json={})
    done = running.step(client, task_id, "finish", words="楼道杂物已清理")

    assert told(empty) == (422, "evidence_missing")
    assert (done["state"], done["ground"]) == ("finished", None)
    assert running.events(whistle.order_id).count("order_finished") == 1


# --- rating


def test_only_who_called_or_a_caller_of_the_area_rates_the_department(running: Running) -> None:
    caller = ids.new()
    whistle = running.whistle(district.MARKET, caller_id=caller)
    running.finish(whistle.order_id, district.MARKET)
    path = f"/dispatch/tasks/{running.tasks(whistle.order_id)[district.MARKET]}/rating"

    def rated(**claims: Any) -> Any:
        return running.api.client(areas=[district.GRID], **claims).post(path, json={"score": 5})

    assert told(rated(roles=["grid_worker"])) == (403, "not_your_call")
    assert told(rated(roles=["caller", "responder"], department=district.MARKET, person_id=caller)) == (
        409,
        "own_call",
    )
    assert rated(roles=["grid_worker"], person_id=caller).status_code == 201
    assert told(running.caller.post(path, json={"score": 1})) == (409, "rated_already")
    assert rated(roles=["responder"], department=district.MARKET).status_code == 201
