"""Duplicates: suggested before filing, merged, and every reporter answered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared import ids
from tests.support import district
from tests.support.clients import Client

NORTH_EDGE = {"longitude": 117.0025, "latitude": 36.6025}


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def suggested(client: Client, **changes: Any) -> list[dict[str, Any]]:
    body = {"place": NORTH_EDGE, **changes}
    answer = client.post("/cases/duplicates", json=body)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.fixture
def category(world: Any) -> str:
    """A category nobody else of the run reports."""
    admin = world.api.client(roles=["admin"], areas=[district.DISTRICT])
    code = f"test.d{ids.new().replace('-', '')[-12:]}"
    made = {
        "code": code,
        "name": "试验",
        "theme": "environment",
        "mechanism": "general",
        "scope_class": "general",
        "sla_class": "five_days",
        "filing_standard": "有",
        "closing_standard": "无",
    }
    assert admin.post("/cases/catalogue", json=made).status_code == 201
    return code


def near(metres_north: float = 0.0, metres_east: float = 0.0) -> dict[str, float]:
    return {
        "longitude": NORTH_EDGE["longitude"] + metres_east / 89_360,
        "latitude": NORTH_EDGE["latitude"] + metres_north / 111_195,
    }


def test_what_is_near_and_of_one_category_is_suggested_the_nearest_first(world: Any, category: str) -> None:
    far = world.report(category=category, place=near(150))
    close = world.report(category=category, place=near(0, 40))
    world.report(category=category, place=near(210))

    found = suggested(world.worker, category=category)

    assert [(one["number"], one["distance_metres"]) for one in found] == [
        (close["number"], 40),
        (far["number"], 150),
    ]
    assert found[0]["same_category"] is True
    assert [one["number"] for one in suggested(world.worker, category=category, within_metres=100)] == [
        close["number"]
    ]


def test_similar_words_of_another_category_are_suggested_too(world: Any) -> None:
    marked = f"幸福路烧烤店{ids.new()[-8:]}半夜营业太吵睡不着"
    case = world.report(words=marked, place=near(), category="env.noise")

    found = suggested(world.worker, words=f"{marked}，请处理", category="city.street_vending")

    assert found[0]["number"] == case["number"]
    assert (found[0]["same_category"], found[0]["similarity"] > 0.7) == (False, True)


def test_residents_learn_number_category_state_and_distance_and_nobodys_words(
    world: Any, category: str
) -> None:
    mine = world.report(category=category, place=near(), words="我自己说的话")
    theirs = world.report(
        world.api.client(roles=["resident"]), category=category, place=near(), words="别人的话"
    )

    seen = {one["number"]: one for one in suggested(world.resident, category=category)}

    assert (seen[mine["number"]]["case_id"], seen[mine["number"]]["words"]) == (
        mine["case_id"],
        "我自己说的话",
    )
    assert (seen[theirs["number"]]["case_id"], seen[theirs["number"]]["words"]) == (None, None)
    assert seen[theirs["number"]]["state"] == "received"
    staff = {one["number"]: one for one in suggested(world.worker, category=category)}
    assert staff[theirs["number"]]["words"] == "别人的话"
    elsewhere = {one["number"]: one for one in suggested(world.elsewhere, category=category)}
    assert elsewhere[theirs["number"]]["words"] is None


def test_what_was_told_in_confidence_is_suggested_to_staff_only(world: Any, category: str) -> None:
    case = world.report(category=category, place=near(), is_confidential=True)

    assert suggested(world.api.client(roles=["resident"]), category=category) == []
    assert [one["number"] for one in suggested(world.worker, category=category)] == [case["number"]]


def test_what_ended_otherwise_or_long_ago_is_no_duplicate(world: Any, category: str) -> None:
    withdrawn = world.report(category=category, place=near())["case_id"]
    world.step(world.resident, withdrawn, "withdraw", words="好了")
    old = world.report(category=category, place=near())["case_id"]
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE cases SET reported_at = reported_at - %s WHERE case_id = %s", [timedelta(days=31), old]
        )

    assert suggested(world.worker, category=category) == []
    assert [one["case_id"] for one in suggested(world.worker, category=category, days=40)] == [old]


def test_neighbours_across_a_boundary_are_found_and_a_filed_matter_is_not_its_own_duplicate(
    world: Any, category: str
) -> None:
    here = world.report(category=category, place={"longitude": 117.0095, "latitude": 36.605})
    across = world.report(category=category, place={"longitude": 117.0105, "latitude": 36.605})
    assert here["area"] != across["area"]

    answer = world.supervisor.get(f"/cases/{here['case_id']}/duplicates")

    assert [one["case_id"] for one in answer.json()["items"]] == [across["case_id"]]


def test_a_matter_of_a_grid_that_was_redrawn_since_is_still_found_where_it_lies(
    world: Any, category: str
) -> None:
    case_id = world.report(category=category, place=near())["case_id"]
    world.age(case_id, "cases", area="370102007003777")

    assert [one["case_id"] for one in suggested(world.supervisor, category=category)] == [case_id]


def test_the_neighbourhood_is_found_by_its_index(world: Any) -> None:
    with world.database.transaction() as tx:
        tx.execute("SET LOCAL enable_seqscan = off")
        plan = tx.execute(
            "EXPLAIN SELECT 1 FROM cases c WHERE square_of(c.longitude, c.latitude) = 2970212660"
            " AND c.reported_at >= now() - interval '30 days'"
        ).fetchall()

    assert "cases_square_idx" in str(plan)


@pytest.mark.parametrize(
    "wrong",
    [
        {"within_metres": 0},
        {"within_metres": 1001},
        {"days": 91},
        {"place": {"longitude": 181, "latitude": 0}},
    ],
)
def test_the_neighbourhood_has_its_bounds(world: Any, wrong: dict[str, Any]) -> None:
    answer = world.resident.post("/cases/duplicates", json={"place": NORTH_EDGE, **wrong})

    assert told(answer) == (422, "invalid")


def test_places_at_the_ends_of_the_world_have_no_duplicates(world: Any) -> None:
    for longitude, latitude in ((180, 90), (-180, -90), (0, 0)):
        assert suggested(world.resident, place={"longitude": longitude, "latitude": latitude}) == []


# --- merging


def merged(world: Any, *, times: int = 1) -> tuple[str, list[str], list[Client]]:
    """A matter, the matters merged into it, each into the one before, and whose those are."""
    target = world.report()["case_id"]
    people = [world.api.client(roles=["resident"]) for _ in range(times)]
    cases = [world.report(person)["case_id"] for person in people]
    into = [target, *cases][:times]
    for case_id, one in reversed(list(zip(cases, into, strict=True))):
        world.step(world.lead, case_id, "merge", into_case_id=one)
    return target, cases, people


def tellings(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": "200", "cursor": cursor, "kind": "tell"}
        page = client.get("/cases/hearings", params=params).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def of(found: list[dict[str, Any]], *case_ids: str) -> list[tuple[str, str, int]]:
    return [(one["case_id"], one["about_state"], one["run"]) for one in found if one["case_id"] in case_ids]


def test_reporters_of_merged_matters_read_the_outcome_and_nothing_of_others(world: Any) -> None:
    target, (case_id, *_), (person, *_) = merged(world, times=2)
    world.step(world.worker, target, "triage")
    world.step(world.officer, target, "resolve", words="已整改")

    mine = world.read(case_id, person)

    number = world.read(target)["number"]
    assert (mine["state"], mine["outcome"]["number"], mine["outcome"]["state"]) == (
        "merged",
        number,
        "resolved",
    )
    assert mine["outcome"]["resolved_at"] is not None
    assert person.get(f"/cases/{target}").status_code == 404
    assert world.read(target)["outcome"] is None


def test_a_chain_of_merged_matters_shows_the_outcome_of_the_last(world: Any) -> None:
    target, cases, people = merged(world, times=3)

    numbers = {
        world.read(one, person)["outcome"]["number"] for one, person in zip(cases, people, strict=True)
    }

    assert numbers == {world.read(target)["number"]}


def test_the_lead_has_every_reporter_of_merged_matters_to_tell_once_it_is_resolved(world: Any) -> None:
    target, cases, _ = merged(world, times=3)
    world.step(world.worker, target, "triage")
    before = of(tellings(world.lead), *cases)

    world.step(world.officer, target, "resolve", words="已整改")

    assert before == []
    assert sorted(of(tellings(world.lead), *cases)) == sorted((one, "resolved", 1) for one in cases)
    assert of(tellings(world.elsewhere), *cases) == []
    (first, *_) = [one for one in tellings(world.lead) if one["case_id"] in cases]
    path = f"/cases/hearings/{first['hearing_id']}/told"
    done = world.lead.post(path, json={"how": "phone", "words": "已告知"})
    assert done.status_code == 200, done.text
    again = world.lead.post(path, json={"how": "visit"})
    elsewhere = world.elsewhere.post(path, json={"how": "visit"})
    assert (done.json()["is_open"], done.json()["about_case_id"]) == (False, target)
    assert told(again) == (409, "hearing_over")
    assert told(elsewhere) == (404, "not_found")
    assert len(of(tellings(world.lead), *cases)) == 2
    assert world.actions(first["case_id"])[-1] == "told"


def test_a_result_that_did_not_hold_is_not_told_but_the_next_one_is(world: Any) -> None:
    target, (case_id,), _ = merged(world)
    world.step(world.worker, target, "triage")
    world.step(world.officer, target, "resolve", words="已整改")
    world.step(world.worker, target, "check", passed=False)
    between = of(tellings(world.lead), case_id)
    world.step(world.officer, target, "resolve", words="这次真的")

    assert between == []
    assert of(tellings(world.lead), case_id) == [(case_id, "resolved", 2)]


def test_reporters_follow_their_matter_through_a_chain_whatever_became_of_each_link(world: Any) -> None:
    middle, (first,), (person,) = merged(world)
    world.step(world.worker, middle, "triage")
    world.step(world.officer, middle, "resolve", words="已整改")
    world.step(world.worker, middle, "check", passed=False)
    last = world.report()["case_id"]
    world.step(world.lead, middle, "merge", into_case_id=last)
    waiting = of(tellings(world.lead), first, middle)

    world.step(world.worker, last, "triage")
    world.step(world.officer, last, "resolve", words="一并整改")

    assert waiting == []
    owed = [one for one in tellings(world.lead) if one["case_id"] in (first, middle)]
    assert {one["case_id"]: one["about_case_id"] for one in owed} == {first: last, middle: last}
    assert world.read(first, person)["outcome"]["state"] == "resolved"


def test_the_reporter_of_a_merged_matter_opens_a_closed_one_again(world: Any) -> None:
    target, (case_id,), (person,) = merged(world)
    world.step(world.worker, target, "triage")
    world.step(world.officer, target, "resolve", words="已整改")
    world.step(world.worker, target, "check", passed=True)
    world.step(world.resident, target, "call-back", reached=True, settled=True, satisfaction="satisfied")
    owed = of(tellings(world.lead), case_id)

    mine = world.step(person, case_id, "refute", words="我家还有")

    assert owed == [(case_id, "closed", 1)]
    assert (mine["outcome"]["state"], world.read(target)["run"]) == ("handling", 2)
    assert of(tellings(world.lead), case_id) == []


def test_finished_orders_bring_the_word_to_reporters_of_merged_matters_too(world: Any) -> None:
    target, (case_id,), _ = merged(world)
    whistled = world.whistle(target, district.MARKET)

    world.feed.give(world.order_finished(whistled))

    assert of(tellings(world.lead), case_id) == [(case_id, "resolved", 1)]


def test_a_decline_is_told_to_its_reporter_and_to_those_of_merged_matters(world: Any) -> None:
    target, (case_id,), _ = merged(world)
    found_on_patrol = world.report(world.worker, channel="patrol")["case_id"]
    for one in (target, found_on_patrol):
        world.step(world.lead, one, "decline", ground="court", words="已起诉")

    assert sorted(of(tellings(world.lead), target, case_id, found_on_patrol)) == sorted(
        [(target, "declined", 1), (case_id, "declined", 1)]
    )


def test_a_reporter_does_not_withdraw_what_others_wait_for(world: Any) -> None:
    target, (case_id,), (person,) = merged(world)

    answer = world.resident.post(f"/cases/{target}/withdraw", json={"words": "不用了"})

    assert told(answer) == (409, "others_reported")
    assert world.read(case_id, person)["outcome"]["state"] == "received"


def test_a_whole_district_reads_what_is_owed_page_by_page_as_its_grids_do(world: Any) -> None:
    declined = [world.report()["case_id"] for _ in range(3)]
    for one in declined:
        world.step(world.lead, one, "decline", ground="court", words="已起诉")

    def pages(client: Client) -> list[str]:
        shown: list[str] = []
        cursor = None
        while True:
            answer = client.get(
                "/cases/hearings", params={"kind": "tell", "limit": 200, "cursor": cursor}
            ).json()
            shown += [one["case_id"] for one in answer["items"]]
            cursor = answer["next_cursor"]
            if cursor is None:
                return [one for one in shown if one in declined]

    assert pages(world.supervisor) == pages(world.lead) == declined


def test_a_whole_district_reads_its_discussions(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")

    answer = world.supervisor.get("/cases/discussions", params={"area": district.DISTRICT, "limit": 200})
    narrowed = world.supervisor.get("/cases/discussions", params={"area": district.GRID, "limit": 200})

    shown = {one["case_id"] for one in answer.json()["items"]}
    assert case_id in shown
    assert {one["case_id"] for one in narrowed.json()["items"]} <= shown


def test_the_reporter_of_a_merged_matter_may_refute_the_result_without_being_named_there(world: Any) -> None:
    target, cases, people = merged(world, times=2)
    world.step(world.worker, target, "triage")
    early = people[1].post(f"/cases/{cases[1]}/refute", json={"words": "没有处理"})
    world.step(world.officer, target, "resolve", words="已整改")

    mine = world.step(people[1], cases[1], "refute", words="我家窗外还有油烟")

    assert told(early) == (409, "not_in_this_state")
    assert (mine["state"], mine["outcome"]["state"]) == ("merged", "handling")
    reworked = world.read(target)
    assert (reworked["state"], reworked["run"]) == ("handling", 2)
    assert world.data(target, "case_reworked")["reason"] == "refuted"
    read_there = world.resident.get(f"/cases/{target}/timeline").json()["items"]
    (entry,) = [one for one in read_there if one["action"] == "refuted"]
    assert (entry["person_id"], entry["detail"]) == (None, {"words": f"并案事项 {mine['number']}"})
    assert world.actions(cases[1])[-1] == "refuted"
    assert world.supervisor.post(f"/cases/{target}/timeline/verify").json()["whole"]
    assert of(tellings(world.lead), *cases) == []


def test_opposite_merges_at_the_same_moment_leave_one_matter_to_handle(world: Any) -> None:
    for _ in range(4):
        one, other = (world.report()["case_id"] for _ in range(2))

        answers = at_once(
            lambda a=one, b=other: world.lead.post(f"/cases/{a}/merge", json={"into_case_id": b}),
            lambda a=one, b=other: world.officer.post(f"/cases/{b}/merge", json={"into_case_id": a}),
        )

        assert sorted(answers) == [200, 409]
        assert sorted(world.read(case_id)["state"] for case_id in (one, other)) == ["merged", "received"]


def test_a_refutation_and_a_merge_of_the_same_matters_do_not_wait_for_each_other_for_ever(world: Any) -> None:
    for _ in range(4):
        target, (case_id,), (person,) = merged(world)
        world.step(world.worker, target, "triage")
        world.step(world.officer, target, "resolve", words="已整改")

        refuted, refused = at_once(
            lambda one=case_id, who=person: who.post(f"/cases/{one}/refute", json={"words": "没有"}),
            lambda a=target, b=case_id: world.lead.post(f"/cases/{a}/merge", json={"into_case_id": b}),
        )

        assert (refuted, refused) == (200, 409)
        assert world.read(target)["run"] == 2


def test_two_who_settle_and_decline_at_once_do_one_of_both(world: Any) -> None:
    for _ in range(4):
        case_id = world.report()["case_id"]
        world.step(world.worker, case_id, "triage")

        answers = at_once(
            lambda one=case_id: world.officer.post(f"/cases/{one}/resolve", json={"words": "已处理"}),
            lambda one=case_id: world.lead.post(
                f"/cases/{one}/decline", json={"ground": "court", "words": "已起诉"}
            ),
        )

        assert sorted(answers) == [200, 409]
        assert of(tellings(world.lead), case_id) == [(case_id, world.read(case_id)["state"], 1)]


def at_once(*calls: Callable[[], Any]) -> list[int]:
    """The statuses of calls made at the same moment, in their order."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result().status_code for future in [pool.submit(call) for call in calls]]
