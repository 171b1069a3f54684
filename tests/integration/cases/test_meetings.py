"""Meetings through the API: agenda from what is open, projects reviewed at the next, confidential points."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared import clock, ids
from tests.support import district

COMMUNITY = "370102008001"
PLACE = district.IN_GRID_ELSEWHERE


def officer(world: Any, person_id: str | None = None) -> Any:
    return world.api.client(roles=["community_officer"], areas=[COMMUNITY], person_id=person_id or ids.new())


def planned(world: Any, client: Any, **changes: Any) -> dict[str, Any]:
    answer = client.post(
        "/cases/meetings",
        json={
            "kind": "residents", "area": COMMUNITY, "title": "居民问需会",
            "starts_at": clock.rfc3339(clock.now() - timedelta(hours=1)), **changes,
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    meeting: dict[str, Any] = answer.json()
    return meeting


def do(client: Any, meeting_id: str, step: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/cases/meetings/{meeting_id}/{step}", json=body or None)
    assert answer.status_code in (200, 201), answer.text
    done: dict[str, Any] = answer.json()
    return done


def attend(world: Any, client: Any, meeting_id: str, *people: str) -> Any:
    people = people or tuple(world.staff("grid_worker", areas=[COMMUNITY]) for _ in range(2))
    return client.put(
        f"/cases/meetings/{meeting_id}/attendance",
        json={
            "people": [
                {"person_id": one, "capacity": "grid_force", "presence": "attended"} for one in people
            ],
            "residents_present": 12,
        },
        headers={"If-Match": "*"},
    )


def agreed(world: Any, client: Any, meeting: dict[str, Any], title: str = "加装路灯") -> dict[str, Any]:
    """A topic of a meeting that became a project."""
    item = do(client, meeting["meeting_id"], "items", title=title)["items"][-1]
    due = (clock.now() + timedelta(days=30)).date().isoformat()
    owner, watcher = world.staff("property", areas=[district.GRID_ELSEWHERE]), world.staff(areas=[COMMUNITY])
    project = {"title": title, "owner_id": owner, "watcher_id": watcher, "due_on": due}
    after = do(
        client, meeting["meeting_id"], f"items/{item['item_id']}/decide", decision="同意", project=project
    )
    (found,) = [one for one in after["items"] if one["item_id"] == item["item_id"]]
    return {**project, "project_id": found["project_id"]}


def test_the_agenda_is_built_from_what_is_open_and_only_once(world: Any) -> None:
    client = officer(world)
    worker = world.api.client(roles=["grid_worker"], areas=[district.GRID_ELSEWHERE])
    open_ = world.report(place=PLACE)["case_id"]
    patrol = world.report(worker, place=PLACE, channel="patrol")["case_id"]
    mine = world.api.client(roles=["resident"], person_id=ids.new())
    gone = world.report(mine, place=PLACE)["case_id"]
    world.step(mine, gone, "withdraw", words="好了")
    notice = client.post(
        "/cases/notices", json={"area": COMMUNITY, "title": "通知", "words": "路灯维修"}
    ).json()
    client.post(f"/cases/notices/{notice['notice_id']}/publish")
    meeting = planned(world, client)["meeting_id"]

    first = do(client, meeting, "agenda")["items"]
    again = do(client, meeting, "agenda")["items"]

    sources = {item["case_id"] or item["notice_id"]: item["source"] for item in first}
    assert (sources[open_], sources[patrol], sources[notice["notice_id"]]) == (
        "case",
        "field_work",
        "notice",
    )
    assert gone not in sources
    assert again == first
    assert [item["position"] for item in first] == list(range(1, len(first) + 1))


def test_what_a_meeting_agreed_on_is_reviewed_by_the_next(world: Any) -> None:
    client = officer(world)
    first = planned(world, client)
    project = agreed(world, client, first)
    attend(world, client, first["meeting_id"])
    do(client, first["meeting_id"], "hold", minutes="纪要")
    second = planned(world, client)["meeting_id"]
    items = do(client, second, "agenda")["items"]
    attend(world, client, second)
    (item,) = [one for one in items if one["reviewed_id"] == project["project_id"]]

    early = client.post(f"/cases/meetings/{second}/hold", json={"minutes": "纪要"})
    for one in items:
        if one["source"] == "project":
            do(client, second, f"items/{one['item_id']}/review", state="doing", words="已立杆")
    held = do(client, second, "hold", minutes="纪要")
    late = client.post(
        f"/cases/meetings/{second}/items/{item['item_id']}/review", json={"state": "done", "words": "好"}
    )
    view = client.get(f"/cases/projects/{project['project_id']}").json()

    assert (early.status_code, early.json()["code"]) == (409, "reviews_missing")
    assert (held["state"], held["residents_present"]) == ("held", 12)
    assert late.json()["code"] == "meeting_over"
    assert (view["state"], [(one["meeting_id"], one["words"]) for one in view["reviews"]]) == (
        "doing",
        [(second, "已立杆")],
    )


def test_owner_and_watcher_see_their_project_wherever_they_are(world: Any) -> None:
    client = officer(world)
    project = agreed(world, client, planned(world, client))
    owner = world.api.client(roles=["property"], person_id=project["owner_id"])
    watcher = world.api.client(roles=["volunteer"], person_id=project["watcher_id"])
    other = world.api.client(roles=["property"], person_id=ids.new())
    path = f"/cases/projects/{project['project_id']}"

    listed = owner.get("/cases/projects", params={"mine": True}).json()["items"]
    done = owner.post(f"{path}/review", json={"state": "done", "words": "已亮灯"})
    again = watcher.post(f"{path}/review", json={"state": "doing", "words": "又坏了"})

    assert [one["project_id"] for one in listed] == [project["project_id"]]
    assert (done.json()["state"], watcher.get(path).status_code, other.get(path).status_code) == (
        "done",
        200,
        404,
    )
    assert again.json()["code"] == "project_over"


def test_a_confidential_point_is_seen_by_those_called_only(world: Any) -> None:
    called, chair = (world.staff("community_officer", areas=[COMMUNITY]) for _ in range(2))
    client, attendee, other = officer(world, chair), officer(world, called), officer(world)
    meeting = planned(world, client, kind="public_concerns")["meeting_id"]
    attend(world, client, meeting, called, chair)
    do(client, meeting, "items", title="涉密议题", is_confidential=True)
    do(client, meeting, "items", title="公开议题")
    path = f"/cases/meetings/{meeting}"
    titles = {
        name: [item["title"] for item in one.get(path).json()["items"]]
        for name, one in (("chair", client), ("attendee", attendee), ("other", other))
    }
    secret = client.get(path).json()["items"][0]["item_id"]

    peek = other.post(f"{path}/items/{secret}/decide", json={"decision": "x"})
    sneak = attend(world, other, meeting)

    assert titles == {
        "chair": ["涉密议题", "公开议题"],
        "attendee": ["涉密议题", "公开议题"],
        "other": ["公开议题"],
    }
    assert (peek.status_code, sneak.status_code) == (404, 404)


def test_a_point_is_filed_as_a_matter_like_any_other_and_stays_linked(world: Any) -> None:
    client = officer(world)
    meeting = planned(world, client)["meeting_id"]
    item = do(client, meeting, "items", title="油烟")["items"][-1]["item_id"]
    body = {"words": "会上反映油烟", "place": PLACE, "category": "env.cooking_fumes", "case_id": ids.new()}

    filed = client.post(f"/cases/meetings/{meeting}/items/{item}/case", json=body)
    retried = client.post(f"/cases/meetings/{meeting}/items/{item}/case", json=body)
    second = client.post(f"/cases/meetings/{meeting}/items/{item}/case", json={**body, "case_id": ids.new()})

    case = filed.json()
    assert (filed.status_code, case["channel"], case["state"]) == (201, "residents_meeting", "received")
    assert case["origin"] == {"kind": "meeting", "id": meeting}
    assert retried.json()["case_id"] == case["case_id"]
    assert (second.status_code, second.json()["code"]) == (409, "item_has_case")
    assert world.events(case["case_id"]) == ["case_reported"]
    linked = client.get(f"/cases/meetings/{meeting}").json()["items"][-1]
    assert (linked["case_id"], linked["case_state"]) == (case["case_id"], "received")


def test_a_meeting_needs_its_people_and_its_time(world: Any) -> None:
    client = officer(world)
    early = planned(world, client, starts_at=clock.rfc3339(clock.now() + timedelta(days=1)))["meeting_id"]
    alone = planned(world, client)["meeting_id"]

    answers = [client.post(f"/cases/meetings/{one}/hold", json={"minutes": "纪要"}) for one in (early, alone)]
    cancelled = do(client, early, "cancel", words="改期")

    assert [one.json()["code"] for one in answers] == ["not_begun", "too_few_attended"]
    assert cancelled["state"] == "cancelled"


def test_figures_for_the_review_are_those_of_the_rows(world: Any) -> None:
    client = officer(world)
    month = f"{clock.now().astimezone(clock.BEIJING):%Y-%m}"
    meeting = planned(world, client, kind="public_concerns")["meeting_id"]
    path = f"/cases/meetings/{meeting}/figures"
    before = client.get(path, params={"month": month}).json()
    world.report(place=PLACE)
    world.report(place=PLACE, category="env.noise")

    after = client.get(path, params={"month": month}).json()

    assert after["reported"] == before["reported"] + 2
    assert sum(one["count"] for one in after["channels"]) == after["reported"]
    assert {"env.cooking_fumes", "env.noise"} <= {one["key"] for one in after["categories"]}
    assert all(rate["definition"] for rate in after["rates"])


def test_which_communities_met_how_often_is_seen_at_a_glance(world: Any) -> None:
    client = officer(world)
    local = clock.now().astimezone(clock.BEIJING)
    params = {"month": f"{local:%Y-%m}", "kind": "residents"}
    before = {
        one["area"]: one
        for one in world.supervisor.get("/cases/meetings/coverage", params=params).json()["items"]
    }
    planned(world, client, starts_at=clock.rfc3339(local.replace(day=15)))

    after = {
        one["area"]: one
        for one in world.supervisor.get("/cases/meetings/coverage", params=params).json()["items"]
    }

    assert after["370102007003"]["expected"] == 2
    assert after[COMMUNITY]["planned"] == before[COMMUNITY]["planned"] + 1


def test_meetings_are_planned_in_ones_own_areas(world: Any) -> None:
    client = officer(world)
    body = {"kind": "residents", "title": "x", "starts_at": clock.rfc3339(clock.now())}

    elsewhere = client.post("/cases/meetings", json={**body, "area": "370102007003"})
    district_ = world.supervisor.post("/cases/meetings", json={**body, "area": district.SUBDISTRICT})

    assert elsewhere.status_code == 404
    assert (district_.status_code, district_.json()["code"]) == (422, "wrong_level")


def test_people_named_work_in_or_for_the_area(world: Any) -> None:
    client = officer(world)
    stranger, neighbour = ids.new(), world.staff("grid_worker", areas=[district.GRID])
    meeting = planned(world, client)["meeting_id"]
    item = do(client, meeting, "items", title="路灯")["items"][0]["item_id"]
    inside, around = world.staff(areas=[district.GRID_ELSEWHERE]), world.staff("responder", areas=["370102"])
    due = (clock.now() + timedelta(days=9)).date().isoformat()
    project = {"title": "路灯", "owner_id": inside, "watcher_id": stranger, "due_on": due}
    body = {"kind": "residents", "area": COMMUNITY, "title": "x", "starts_at": clock.rfc3339(clock.now())}

    chair = client.post("/cases/meetings", json={**body, "chair_id": neighbour})
    called = attend(world, client, meeting, inside, around, stranger)
    decided = client.post(
        f"/cases/meetings/{meeting}/items/{item}/decide", json={"decision": "办", "project": project}
    )
    fine = attend(world, client, meeting, inside, around)

    assert [(a.status_code, a.json()["code"]) for a in (chair, called, decided)] == [
        (422, "unknown_people")
    ] * 3
    assert [a.json()["errors"][0]["pointer"] for a in (chair, called, decided)] == [
        "/chair_id",
        "/people/2/person_id",
        "/project/watcher_id",
    ]
    assert fine.status_code == 200


def test_who_was_called_stays_on_the_record_when_they_work_elsewhere_by_now(world: Any) -> None:
    client = officer(world)
    meeting = planned(world, client)["meeting_id"]
    who, other = (world.staff("grid_worker", areas=[COMMUNITY]) for _ in range(2))
    attend(world, client, meeting, who)
    with world.database.transaction() as tx:
        tx.execute("UPDATE staff SET is_active = false WHERE person_id = %s", [who])

    again = attend(world, client, meeting, who, other)

    assert again.status_code == 200


def test_a_meeting_looks_at_what_earlier_ones_agreed_on_though_its_agenda_was_never_built(world: Any) -> None:
    client = officer(world)
    project = agreed(world, client, planned(world, client))
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE projects SET agreed_at = now() - interval '14 days' WHERE project_id = %s",
            [project["project_id"]],
        )
    meeting = planned(world, client)["meeting_id"]
    attend(world, client, meeting)

    early = client.post(f"/cases/meetings/{meeting}/hold", json={"minutes": "纪要"})
    for item in do(client, meeting, "agenda")["items"]:
        if item["source"] == "project":
            do(client, meeting, f"items/{item['item_id']}/review", state="dropped", words="不再办")
    held = client.post(f"/cases/meetings/{meeting}/hold", json={"minutes": "纪要"})

    assert (early.status_code, early.json()["code"]) == (409, "reviews_missing")
    assert held.status_code == 200


def test_what_a_meeting_left_undecided_is_taken_up_by_the_next_once(world: Any) -> None:
    chair = world.staff("community_officer", areas=[COMMUNITY])
    client, other = officer(world, chair), officer(world)
    first = planned(world, client, kind="four_parties")["meeting_id"]
    for title, secret in (("停车", False), ("涉密", True), ("已议", False)):
        items = do(client, first, "items", title=title, words="详情", is_confidential=secret)["items"]
    do(client, first, f"items/{items[-1]['item_id']}/decide", decision="同意")
    attend(world, client, first, chair, world.staff(areas=[COMMUNITY]))
    do(client, first, "hold", minutes="纪要")
    topics: Any = lambda meeting: [  # noqa: E731
        (item["title"], item["words"], item["carried_from"] is not None)
        for item in meeting["items"]
        if item["source"] == "topic"
    ]

    # Whoever was not called to a confidential point does not bring it to a meeting of their own.
    second = planned(world, other, kind="four_parties")["meeting_id"]
    theirs = topics(do(other, second, "agenda"))
    third = planned(world, client, kind="four_parties")["meeting_id"]
    ours = topics(do(client, third, "agenda"))
    do(other, second, "cancel", words="改期")
    again = topics(do(client, third, "agenda"))

    assert theirs == [("停车", "详情", True)]
    assert ours == [("涉密", "详情", True)]
    assert sorted(again) == [("停车", "详情", True), ("涉密", "详情", True)]


def test_an_agenda_goes_on_with_what_did_not_fit_the_first_time(world: Any) -> None:
    client = officer(world)
    meeting = planned(world, client)["meeting_id"]
    for _ in range(51):
        world.report(place=PLACE)

    first = do(client, meeting, "agenda")["items"]
    second = do(client, meeting, "agenda")["items"]

    cases = [item["case_id"] for item in second if item["case_id"]]
    assert sum(item["case_id"] is not None for item in first) == 50
    assert len(cases) > 50
    assert len(set(cases)) == len(cases)


def test_figures_and_rates_of_a_month_count_the_same_matters(world: Any) -> None:
    client = officer(world)
    meeting = planned(world, client, kind="public_concerns")["meeting_id"]
    moments = {
        # The last minute of January and the first of February in Beijing, the last of February, the first of March.
        "2026-01": "2026-01-31T15:59:00Z",
        "2026-02": "2026-01-31T16:00:00Z",
        "2026-02 too": "2026-02-28T15:59:59Z",
        "2026-03": "2026-02-28T16:00:00Z",
    }
    for at in moments.values():
        case_id = world.report(place=PLACE, category="env.light_pollution")["case_id"]
        with world.database.transaction() as tx:
            tx.execute("UPDATE cases SET reported_at = %s WHERE case_id = %s", [at, case_id])
    world.step(
        world.api.client(roles=["grid_lead"], areas=[COMMUNITY]),
        case_id,
        "decline",
        ground="court",
        words="x",
    )

    seen = {
        month: client.get(f"/cases/meetings/{meeting}/figures", params={"month": month}).json()
        for month in ("2026-01", "2026-02", "2026-03")
    }

    assert [(one["reported"], one["reported_before"]) for one in seen.values()] == [(1, 0), (2, 1), (1, 2)]
    assert seen["2026-03"]["not_taken_on"] == 1
    (february,) = seen["2026-02"]["grids"]
    assert (february["key"], february["count"], february["before"]) == (district.GRID_ELSEWHERE, 2, 1)
    assert february["label"] == "和平路第三社区第1网格"
    for month, one in seen.items():
        rates = world.supervisor.get("/cases/rates", params={"month": month, "area": COMMUNITY}).json()[
            "total"
        ]
        assert (rates["taken_on"] if rates else 0) == one["reported"] - one["not_taken_on"], month


def test_what_came_of_a_confidential_point_is_known_to_those_it_concerns_only(world: Any) -> None:
    chair, called, owner, watcher = (world.staff("community_officer", areas=[COMMUNITY]) for _ in range(4))
    first = planned(world, officer(world, chair), kind="public_concerns", starts_at=ago(3))["meeting_id"]
    client = officer(world, chair)
    attend(world, client, first, chair, called)
    (item,) = do(client, first, "items", title="涉密议题", is_confidential=True)["items"]
    due = (clock.now() + timedelta(days=9)).date().isoformat()
    project = {"title": "涉密议题的办法", "owner_id": owner, "watcher_id": watcher, "due_on": due}
    decided = do(client, first, f"items/{item['item_id']}/decide", decision="办", project=project)
    path = f"/cases/projects/{decided['items'][0]['project_id']}"
    other = officer(world)

    seen = {
        name: (
            one.get(path).status_code,
            project["title"] in one.get("/cases/projects", params={"limit": 200, "area": COMMUNITY}).text,
        )
        for name, one in (
            ("chair", client),
            ("called", officer(world, called)),
            ("owner", officer(world, owner)),
            ("watcher", officer(world, watcher)),
            ("other", other),
            ("supervisor", world.supervisor),
        )
    }
    refused = other.post(f"{path}/review", json={"state": "dropped", "words": "x"})
    # The next meeting reviews it, also under another chair, who learns no more than that there is one.
    second = planned(world, other, kind="public_concerns")["meeting_id"]
    items = [one for one in do(other, second, "agenda")["items"] if one["source"] == "project"]
    for one in items:
        do(other, second, f"items/{one['item_id']}/review", state="done", words="已办")

    assert seen == {
        **dict.fromkeys(("chair", "called", "owner", "watcher"), (200, True)),
        **dict.fromkeys(("other", "supervisor"), (404, False)),
    }
    assert refused.status_code == 404
    assert items
    assert not any("涉密议题" in one["title"] for one in items)
    assert client.get(path).json()["state"] == "done"


def ago(hours: float) -> str:
    return clock.rfc3339(clock.now() - timedelta(hours=hours))


def test_an_area_narrows_also_what_one_was_called_to_or_owns(world: Any) -> None:
    me = world.staff("grid_worker", areas=[COMMUNITY])
    guest = world.api.client(roles=["grid_worker"], areas=[district.GRID], person_id=me)
    client = officer(world)
    meeting = planned(world, client)
    assert attend(world, client, meeting["meeting_id"], me).status_code == 200
    chaired = planned(world, client, chair_id=me)
    item = do(client, meeting["meeting_id"], "items", title="加装扶手")["items"][-1]
    due = (clock.now() + timedelta(days=30)).date().isoformat()
    project = {
        "title": "加装扶手",
        "owner_id": me,
        "watcher_id": world.staff(areas=[COMMUNITY]),
        "due_on": due,
    }
    do(client, meeting["meeting_id"], f"items/{item['item_id']}/decide", decision="同意", project=project)

    def found(path: str, key: str, **query: Any) -> set[str]:
        return {one[key] for one in guest.get(path, params=query).json()["items"]}

    both = {meeting["meeting_id"], chaired["meeting_id"]}
    assert found("/cases/meetings", "meeting_id") >= both
    assert found("/cases/meetings", "meeting_id", area=COMMUNITY) == both
    assert not found("/cases/meetings", "meeting_id", area=district.GRID) & both
    for mine in (True, False):
        assert found("/cases/projects", "owner_id", mine=mine, area=COMMUNITY) == {me}
        assert me not in found("/cases/projects", "owner_id", mine=mine, area=district.GRID)


def test_pages_of_meetings_and_projects_hold_each_once(world: Any) -> None:
    """Whoever is called, chairs and sees the area meets a meeting once, also across pages."""
    me = world.staff("community_officer", areas=[COMMUNITY])
    client = officer(world, me)
    held = [planned(world, client, chair_id=me) for _ in range(5)]
    for meeting in held:
        attend(world, client, meeting["meeting_id"], me)

    met: list[str] = []
    cursor = None
    while True:
        page = client.get("/cases/meetings", params={"limit": 2, "cursor": cursor}).json()
        met += [one["meeting_id"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert len(met) == len(set(met))
    assert {one["meeting_id"] for one in held} <= set(met)
