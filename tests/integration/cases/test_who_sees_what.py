"""Residents see their own matters, staff those of their areas, departments those they were called to."""

from __future__ import annotations

from typing import Any

import pytest

from shared import ids
from tests.support import district
from tests.support.clients import Client

STEPS: dict[str, dict[str, Any]] = {
    "take": {},
    "triage": {},
    "begin": {},
    "whistle": {"kind": "grid_calls_offices", "departments": [district.MARKET]},
    "decline": {"ground": "court", "words": "已起诉"},
    "withdraw": {"words": "好了"},
    "escalate": {"to_level": "community", "reason": "超出能力"},
    "defer": {"review_on": "2026-12-01", "reason": "待材料"},
    "list": {"review_on": "2026-12-01", "reason": "暂无条件"},
    "hold/decide": {"granted": True, "words": "同意"},
    "hold/review": {"outcome": "resume", "reason": "材料已齐"},
    "resume": {},
    "resolve": {"words": "已处理"},
    "check": {"passed": True},
    "call-back": {"reached": True, "settled": True, "satisfaction": "satisfied"},
    "answer": {"settled": True, "satisfaction": "satisfied"},
    "refute": {"words": "没有"},
    "timeline/verify": {},
}
EVERY_ROLE = [
    "resident", "grid_worker", "grid_lead", "community_officer", "caller", "responder", "dispatcher", "operator",
    "supervisor", "mediator", "property", "team_lead", "volunteer", "shopkeeper", "admin",
]  # fmt: skip


def status(client: Client, path: str) -> int:
    return client.get(path).status_code


def test_a_matter_is_seen_by_its_reporter_its_area_and_whom_it_calls(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.whistle(case_id, district.MARKET)
    path = f"/cases/{case_id}"

    seen = {
        "reporter": status(world.resident, path),
        "grid": status(world.worker, path),
        "subdistrict": status(world.caller, path),
        "district": status(world.supervisor, path),
        "department called": status(world.responder(district.MARKET), path),
        "department not called": status(world.responder(district.HEALTH), path),
        "other resident": status(world.api.client(roles=["resident"]), path),
        "other area": status(world.elsewhere, path),
        "integrator": status(world.api.client(roles=["integrator"], areas=[district.DISTRICT]), path),
        "resident with an area": status(
            world.api.client(roles=["resident"], areas=[district.DISTRICT]), path
        ),
        "responder without department": status(
            world.api.client(roles=["responder"], areas=[district.DISTRICT]), path
        ),
        "stranger": status(world.api.stranger(), path),
    }

    assert seen == {
        "reporter": 200,
        "grid": 200,
        "subdistrict": 200,
        "district": 200,
        "department called": 200,
        "department not called": 404,
        "other resident": 404,
        "other area": 404,
        "integrator": 404,
        "resident with an area": 404,
        "responder without department": 404,
        "stranger": 401,
    }


@pytest.mark.parametrize("step", STEPS)
def test_another_areas_matter_is_not_there_for_any_step(world: Any, step: str) -> None:
    case_id = world.report()["case_id"]
    everything_elsewhere = world.api.client(
        roles=EVERY_ROLE, areas=[district.ELSEWHERE], department=district.HEALTH
    )

    answer = everything_elsewhere.post(f"/cases/{case_id}/{step}", json=STEPS[step])

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("step", sorted(set(STEPS) - {"withdraw", "refute", "call-back", "answer"}))
def test_neither_a_report_of_ones_own_nor_ones_department_gives_a_hold_on_another_area(
    world: Any, step: str
) -> None:
    me = ids.new()
    case_id = world.report(world.api.client(roles=["resident"], person_id=me))["case_id"]
    world.whistle(case_id, district.MARKET)
    both = world.api.client(
        roles=EVERY_ROLE, areas=[district.ELSEWHERE], department=district.MARKET, person_id=me
    )

    answer = both.post(f"/cases/{case_id}/{step}", json=STEPS[step])

    assert status(both, f"/cases/{case_id}") == 200
    assert answer.status_code == 404


def test_a_department_that_was_called_does_not_answer_the_call_back(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.whistle(case_id, district.MARKET)
    world.step(world.officer, case_id, "resolve", words="已处理")
    world.step(world.worker, case_id, "check", passed=True)
    responder = world.api.client(roles=["responder", "resident"], department=district.MARKET)

    assert responder.post(f"/cases/{case_id}/call-back", json=STEPS["call-back"]).status_code == 404


@pytest.mark.parametrize("step", ["withdraw", "refute"])
def test_only_reporters_take_back_or_refute(world: Any, step: str) -> None:
    case_id = world.report()["case_id"]
    neighbour = world.api.client(roles=["resident", "grid_worker"], areas=[district.GRID])

    assert neighbour.post(f"/cases/{case_id}/{step}", json=STEPS[step]).status_code == 404


@pytest.mark.parametrize(
    ("step", "role"),
    [
        ("take", "resident"),
        ("take", "responder"),
        ("whistle", "dispatcher"),
        ("decline", "grid_worker"),
        ("list", "grid_lead"),
        ("defer", "operator"),
        ("hold/decide", "community_officer"),
        ("timeline/verify", "caller"),
    ],
)
def test_a_role_that_does_not_do_a_step_is_forbidden(world: Any, step: str, role: str) -> None:
    case_id = world.report()["case_id"]
    client = world.api.client(roles=[role], areas=[district.GRID])

    answer = client.post(f"/cases/{case_id}/{step}", json=STEPS[step])

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_integrator_files_nothing_without_a_number_of_its_own(world: Any) -> None:
    integrator = world.api.client(roles=["integrator"], areas=[district.DISTRICT])

    body = {"words": "油烟", "place": district.IN_GRID, "category": "env.cooking_fumes"}
    answer = integrator.post("/cases", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_your_channel")


# --- confidential reporters


def test_departments_do_not_learn_who_a_confidential_reporter_is(world: Any) -> None:
    me = ids.new()
    reporter = world.api.client(roles=["resident"], person_id=me)
    case_id = world.report(reporter, is_confidential=True)["case_id"]
    world.whistle(case_id, district.MARKET)
    world.step(world.officer, case_id, "resolve", words="已处理")
    world.step(reporter, case_id, "refute", words="没有")
    department = world.responder(district.MARKET)

    told = department.get(f"/cases/{case_id}").text + department.get(f"/cases/{case_id}/timeline").text

    assert me not in told
    assert me in world.worker.get(f"/cases/{case_id}").text
    assert me in reporter.get(f"/cases/{case_id}").text
    assert me not in str(world.rows("SELECT data FROM outbox WHERE subject = %(s)s", s=case_id))


def test_departments_know_an_open_reporter(world: Any) -> None:
    case_id = world.report()["case_id"]
    world.whistle(case_id, district.MARKET)

    assert world.read(case_id, world.responder(district.MARKET))["reporter_id"] is not None


# --- reports of staff


def test_whoever_took_a_report_for_another_area_may_follow_it_but_not_move_it(world: Any) -> None:
    case = world.report(world.worker, place=district.IN_GRID_ELSEWHERE, channel="patrol")

    assert (case["area"], case["channel"], case["reporter_id"]) == (district.GRID_ELSEWHERE, "patrol", None)
    assert world.read(case["case_id"], world.worker)["first_inquiry_by"] == case["first_inquiry_by"]
    assert world.worker.post(f"/cases/{case['case_id']}/take").status_code == 404
    assert world.elsewhere.post(f"/cases/{case['case_id']}/take").status_code == 200


def test_a_resident_reports_as_a_resident_whatever_channel_is_named(world: Any) -> None:
    neighbour = world.api.client(roles=["resident", "volunteer"])

    case = world.report(neighbour, channel="hotline_12345")

    assert case["channel"] == "resident"
    assert world.supervisor.get(f"/cases/{case['case_id']}/timeline").json()["items"][0]["role"] == "resident"


# --- lists


@pytest.fixture(scope="module")
def three(world: Any) -> dict[str, Any]:
    """Matters of one person: in the grid, in the next one, elsewhere; the first one whistled, oldest first."""
    me = ids.new()
    reporter = world.api.client(roles=["resident"], person_id=me)
    cases = [
        world.report(reporter, place=place)["case_id"]
        for place in (district.IN_GRID, district.IN_NEXT_GRID, district.IN_GRID_ELSEWHERE)
    ]
    world.whistle(cases[0], district.ECOLOGY)
    return {"cases": cases, "reporter": reporter, "me": me}


def listed(client: Client, **query: Any) -> list[str]:
    answer = client.get("/cases", params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    return [item["case_id"] for item in answer.json()["items"]]


def test_residents_list_their_own_newest_first(three: dict[str, Any]) -> None:
    assert listed(three["reporter"]) == three["cases"][::-1]


def test_staff_list_those_of_their_areas(world: Any, three: dict[str, Any]) -> None:
    in_grid, in_next, elsewhere = three["cases"]

    assert {in_grid, in_next, elsewhere} & set(listed(world.worker)) == {in_grid}
    assert {in_grid, in_next, elsewhere} & set(listed(world.caller)) == {in_grid, in_next}
    assert {in_grid, in_next, elsewhere} & set(listed(world.elsewhere)) == {elsewhere}
    assert {in_grid, in_next, elsewhere} <= set(listed(world.supervisor))


def test_departments_list_those_they_were_called_to(world: Any, three: dict[str, Any]) -> None:
    assert set(three["cases"]) & set(listed(world.responder(district.ECOLOGY))) == {three["cases"][0]}
    assert not set(three["cases"]) & set(listed(world.responder(district.HEALTH)))


def test_a_list_is_narrowed_by_area_state_and_category_never_widened(
    world: Any, three: dict[str, Any]
) -> None:
    in_grid, in_next, elsewhere = three["cases"]
    mine = set(three["cases"])

    assert mine & set(listed(world.caller, area=district.NEXT_GRID)) == {in_next}
    assert mine & set(listed(world.caller, state="handling")) == {in_grid}
    assert mine & set(listed(world.caller, category="env.noise")) == set()
    assert mine & set(listed(world.caller, area=district.ELSEWHERE)) == set()
    assert mine & set(listed(world.supervisor, area=district.ELSEWHERE)) == {elsewhere}


def test_staff_may_list_what_they_reported_themselves(world: Any, three: dict[str, Any]) -> None:
    lead_too = world.api.client(roles=["resident", "grid_lead"], areas=[district.GRID], person_id=three["me"])

    assert listed(lead_too, mine=True) == three["cases"][::-1]
    assert three["cases"][2] not in listed(lead_too)


def test_pages_follow_each_other_without_gap_or_double_whatever_ids_clients_made(world: Any) -> None:
    reporter = world.api.client(roles=["resident"])
    # Ids that say nothing of time: the newest first would be the last.
    made = [f"{digit * 8}-0000-4000-8000-{ids.new()[-12:]}" for digit in "f0a3"]
    for case_id in made:
        world.report(reporter, case_id=case_id)

    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        page = reporter.get("/cases", params={"limit": 1, "cursor": cursor}).json()
        pages.append([item["case_id"] for item in page["items"]])
        cursor = page["next_cursor"]

    assert pages == [[case_id] for case_id in made[::-1]]


def test_the_catalogue_is_open_to_all(world: Any) -> None:
    answer = world.api.stranger().get("/cases/catalogue", params={"limit": 200})

    codes = [matter["code"] for matter in answer.json()["items"]]
    assert answer.status_code == 200
    assert codes == sorted(codes)
    assert "env.cooking_fumes" in codes
