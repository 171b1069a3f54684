"""The four mechanisms differ where they should: settled on the spot, discussed, raised at once, gathered for."""

from __future__ import annotations

from typing import Any

import pytest

from shared import ids
from tests.integration.cases.conftest import report
from tests.support import district
from tests.support.clients import Client

GENERAL, EMERGENCY, APPROVAL = "city.exposed_rubbish", "safety.gas_leak", "service.elderly_help"


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- general


def test_a_worker_records_what_was_settled_on_the_spot_in_one_step(world: Any) -> None:
    case = world.report(world.worker, category=GENERAL, settled={"words": "已清走"})

    assert (case["state"], case["version"]) == ("resolved", 3)
    assert case["resolved_at"] is not None
    assert {**world.read(case["case_id"], world.worker), "due_at": None} == case
    assert world.events(case["case_id"]) == ["case_reported", "case_triaged", "case_resolved"]
    assert world.actions(case["case_id"]) == ["reported", "triaged", "resolved"]
    assert world.supervisor.post(f"/cases/{case['case_id']}/timeline/verify").json()["whole"]


def test_a_report_settled_on_the_spot_and_sent_again_is_one_matter(world: Any) -> None:
    body = report(category=GENERAL, settled={"words": "已清走"}, case_id=ids.new())

    first, again = (world.worker.post("/cases", json=body) for _ in range(2))

    assert first.content == again.content
    assert world.events(body["case_id"]).count("case_resolved") == 1


def test_only_general_matters_of_ones_own_area_are_settled_on_the_spot(world: Any) -> None:
    settled = {"settled": {"words": "已处理"}}

    answers = [
        world.worker.post("/cases", json=report(category="env.cooking_fumes", **settled)),
        world.worker.post(
            "/cases", json=report(category=GENERAL, place=district.IN_GRID_ELSEWHERE, **settled)
        ),
        world.operator.post("/cases", json=report(category=GENERAL, **settled)),
    ]

    assert [told(answer) for answer in answers] == [
        (422, "not_on_the_spot"),
        (422, "outside_your_areas"),
        (422, "not_for_residents"),
    ]


# --- emergency


def test_an_emergency_is_reported_upward_at_once_while_the_community_acts(world: Any) -> None:
    case = world.report(category=EMERGENCY)
    case_id = case["case_id"]

    begun = world.step(world.worker, case_id, "begin")

    assert (case["state"], case["level"], case["version"]) == ("received", "subdistrict", 2)
    assert (begun["state"], begun["level"]) == ("handling", "subdistrict")
    assert world.events(case_id) == ["case_reported", "case_escalated", "case_triaged"]
    assert world.data(case_id, "case_escalated") == {
        "case_id": case_id, "area": district.GRID, "from_level": "grid", "to_level": "subdistrict",
    }  # fmt: skip
    entry = world.supervisor.get(f"/cases/{case_id}/timeline").json()["items"][1]
    assert (entry["action"], entry["role"], entry["detail"]["reason"]) == (
        "escalated",
        "platform",
        "突发性事项，立即上报",
    )


def test_an_ordinary_matter_is_taken_on_before_it_is_begun(world: Any) -> None:
    case_id = world.report()["case_id"]

    assert told(world.worker.post(f"/cases/{case_id}/begin")) == (409, "not_in_this_state")


@pytest.mark.parametrize(
    ("classed", "level"),
    [
        ({"scope_class": "overall"}, "subdistrict"),
        ({"scope_class": "major"}, "subdistrict"),
        ({"mechanism": "emergency"}, "subdistrict"),
        ({"scope_class": "major", "level": "district"}, "district"),
        ({"scope_class": "regional"}, "grid"),
        ({"scope_class": "general"}, "grid"),
    ],
)
def test_what_is_classed_as_more_than_the_communitys_is_raised_with_its_class(
    world: Any, classed: dict[str, str], level: str
) -> None:
    case_id = world.report()["case_id"]

    case = world.step(world.lead, case_id, "triage", **classed)

    assert case["level"] == level
    assert ("case_escalated" in world.events(case_id)) is (level == "subdistrict")


# --- approval


def settle(client: Client, case_id: str, position: int, state: str, **more: Any) -> Any:
    return client.post(f"/cases/{case_id}/documents/{position}", json={"state": state, **more})


def checklist(world: Any, case_id: str) -> list[tuple[str, str]]:
    answer = world.resident.get(f"/cases/{case_id}/documents")
    assert answer.status_code == 200, answer.text
    return [(item["name"], item["state"]) for item in answer.json()["items"]]


def test_an_approval_gathers_documents_is_submitted_and_followed_to_the_end(world: Any) -> None:
    case = world.report(category=APPROVAL)
    case_id = case["case_id"]
    before = checklist(world, case_id)
    world.step(world.worker, case_id, "triage")

    early = world.worker.post(f"/cases/{case_id}/resolve", json={"words": "已办"})
    too_early = world.worker.post(f"/cases/{case_id}/submit", json={"to_level": "community"})
    first = settle(world.worker, case_id, 1, "received")
    waived = settle(world.worker, case_id, 2, "waived", words="本人到场")
    submitted = world.step(world.worker, case_id, "submit", to_level="subdistrict")
    resolved = world.step(world.officer, case_id, "resolve", words="已办结")

    assert (case["documents_missing"], before) == (
        2,
        [("老年人身份证", "missing"), ("代办委托书", "missing")],
    )
    assert told(early) == told(too_early) == (409, "documents_missing")
    assert (first.json()["documents_missing"], waived.json()["documents_missing"]) == (1, 0)
    assert checklist(world, case_id) == [("老年人身份证", "received"), ("代办委托书", "waived")]
    assert (submitted["state"], submitted["level"], resolved["state"]) == (
        "handling",
        "subdistrict",
        "resolved",
    )
    assert world.actions(case_id) == [
        "reported", "triaged", "document_received", "document_waived", "submitted", "escalated", "resolved",
    ]  # fmt: skip


def test_a_document_is_asked_for_taken_in_and_given_back(world: Any) -> None:
    case_id = world.report(category=APPROVAL)["case_id"]

    asked = world.step(world.worker, case_id, "documents", name="户口簿")
    double = world.worker.post(f"/cases/{case_id}/documents", json={"name": "户口簿"})
    world.step(world.worker, case_id, "documents/3", state="received")
    again = settle(world.worker, case_id, 3, "waived")
    back = world.step(world.worker, case_id, "documents/3", state="missing", words="已过期")
    twice = settle(world.worker, case_id, 3, "missing")

    assert (asked["documents_missing"], back["documents_missing"]) == (3, 3)
    assert told(double) == (409, "already_exists")
    assert told(again) == (409, "document_not_missing")
    assert told(twice) == (409, "document_missing")
    assert told(settle(world.worker, case_id, 9, "received")) == (404, "document_unknown")


def test_an_approval_with_documents_missing_may_be_declined(world: Any) -> None:
    case_id = world.report(category=APPROVAL)["case_id"]

    assert (
        world.step(world.lead, case_id, "decline", ground="not_a_matter", words="不符合条件")["state"]
        == "declined"
    )


def test_finished_orders_do_not_resolve_an_approval_that_still_gathers(world: Any) -> None:
    case_id = world.report(category=APPROVAL)["case_id"]
    whistled = world.whistle(case_id, district.MARKET)

    world.feed.give(world.order_finished(whistled))

    case = world.read(case_id)
    assert (case["state"], case["orders"][0]["state"]) == ("handling", "finished")
    for position in (1, 2):
        settle(world.worker, case_id, position, "received")
    assert world.step(world.officer, case_id, "resolve", words="已办结")["state"] == "resolved"


def test_what_is_classed_an_approval_gathers_what_the_catalogue_names_and_other_matters_nothing(
    world: Any,
) -> None:
    becomes = world.report()["case_id"]
    leaves = world.report(category=APPROVAL)["case_id"]
    world.step(world.worker, becomes, "triage", mechanism="approval")
    left = world.step(world.worker, leaves, "triage", mechanism="general")

    asked = world.step(world.worker, becomes, "documents", name="申请表")

    assert (left["documents_missing"], asked["documents_missing"]) == (0, 1)
    assert told(settle(world.worker, leaves, 1, "received")) == (409, "not_an_approval")
    assert world.step(world.officer, leaves, "resolve", words="已处理")["state"] == "resolved"


# --- coordination


def discussions(client: Client, **filters: str) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = client.get("/cases/discussions", params={"limit": 200, "cursor": cursor, **filters}).json()
        found += [item["case_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_coordination_matter_is_taken_to_the_community_for_discussion(world: Any) -> None:
    case_id = world.report()["case_id"]
    untaken = discussions(world.officer)
    world.step(world.worker, case_id, "triage")

    open_ = discussions(world.officer)
    elsewhere = discussions(world.elsewhere)
    case = world.step(world.officer, case_id, "discuss", words="商户承诺一周内加装净化器")
    again = world.officer.post(f"/cases/{case_id}/discuss", json={"words": "再议"})

    assert (case_id in untaken, case_id in open_, case_id in elsewhere) == (False, True, False)
    assert (case["level"], world.actions(case_id)[-2:]) == ("community", ["discussed", "escalated"])
    assert told(again) == (409, "nothing_to_discuss")
    assert case_id in discussions(world.officer, state="held")
    assert case_id not in discussions(world.officer)


def test_a_discussion_falls_away_when_its_matter_ends_otherwise(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.step(world.worker, case_id, "triage")
    world.step(world.resident, case_id, "withdraw", words="好了")

    assert case_id in discussions(world.officer, state="dropped")
    assert told(world.officer.post(f"/cases/{case_id}/discuss", json={"words": "议"})) == (
        409,
        "nothing_to_discuss",
    )


def test_other_matters_need_no_discussion(world: Any) -> None:
    case_id = world.report(category=GENERAL)["case_id"]
    world.step(world.worker, case_id, "triage")

    assert case_id not in discussions(world.officer)
