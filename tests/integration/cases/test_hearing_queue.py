"""Who must check, tell and call back by when; what came of each handling."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.cases import worker
from shared import clock, ids
from shared.contracts import dispatch as said
from tests.support import district

SETTLED = {"reached": True, "met": True, "settled": True, "satisfaction": "very_satisfied"}


def listed(client: Any, **filters: Any) -> list[dict[str, Any]]:
    """Every page of the queue."""
    found, cursor = [], None
    while True:
        answer = client.get("/cases/hearings", params={**filters, "limit": 200, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


def kinds(world: Any, case_id: str) -> set[str]:
    rows = world.rows("SELECT kind FROM hearings WHERE case_id = %(c)s AND is_open", c=case_id)
    return {row["kind"] for row in rows}


def test_the_queue_follows_the_matter_from_resolved_to_closed(world: Any) -> None:
    case_id = world.resolved()
    resolved = kinds(world, case_id)
    world.step(world.worker, case_id, "check", passed=True)
    checked = kinds(world, case_id)
    world.step(world.operator, case_id, "call-back", **SETTLED)

    assert (resolved, checked, kinds(world, case_id)) == ({"check", "tell"}, {"call_back", "tell"}, set())


def test_a_matter_resolved_by_its_orders_is_queued_too_and_a_rework_empties_the_queue(world: Any) -> None:
    case = world.whistle(world.report()["case_id"], district.MARKET)
    world.feed.give(world.order_opened(case))
    world.feed.give(world.order_finished(case))
    queued = kinds(world, case["case_id"])

    world.step(world.worker, case["case_id"], "check", passed=False)

    assert (queued, kinds(world, case["case_id"])) == ({"check", "tell"}, set())


def test_the_list_shows_ones_own_areas_first_due_first_across_pages(world: Any) -> None:
    mine = [world.resolved() for _ in range(3)]
    for hours, case_id in zip((3, 1, 2), mine, strict=True):
        world.age(case_id, "hearings", due_at=clock.now() - timedelta(days=9, hours=hours))

    pages, cursor = [], None
    while True:
        page = world.lead.get(
            "/cases/hearings", params={"kind": "check", "limit": 1, "cursor": cursor}
        ).json()
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or len(pages) > 500:
            break

    order = [item["case_id"] for item in pages]
    assert [case_id for case_id in order if case_id in mine] == [mine[0], mine[2], mine[1]]
    assert [item["due_at"] for item in pages] == sorted(item["due_at"] for item in pages)
    assert page["total"] == len(pages)
    assert all(item["is_overdue"] for item in pages if item["case_id"] in mine)
    assert listed(world.elsewhere) == []


def test_of_many_who_claim_at_once_one_gets_it(world: Any) -> None:
    hearing_id = world.hearing(world.resolved(), "check")["hearing_id"]
    people = [
        world.api.client(roles=["grid_worker"], areas=[district.GRID], person_id=ids.new()) for _ in range(6)
    ]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: one.post(f"/cases/hearings/{hearing_id}/claim"), people))

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200, 409, 409, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"taken_by_another"}


def test_what_one_claimed_others_do_not_check_until_it_is_released(world: Any) -> None:
    case_id = world.resolved()
    hearing_id = world.hearing(case_id, "check")["hearing_id"]
    first, second = (
        world.api.client(roles=["grid_worker"], areas=[district.GRID], person_id=ids.new()) for _ in range(2)
    )
    claimed = first.post(f"/cases/hearings/{hearing_id}/claim").json()
    mine = [item["hearing_id"] for item in listed(first, mine=True)]
    ready = [item["hearing_id"] for item in listed(second, ready=True)]
    refused = second.post(f"/cases/{case_id}/check", json={"passed": True})
    freed = world.supervisor.post(f"/cases/hearings/{hearing_id}/release")
    done = second.post(f"/cases/{case_id}/check", json={"passed": True})

    assert claimed["claimed_by"] is not None
    assert (mine, str(hearing_id) in ready) == ([str(hearing_id)], False)
    assert (refused.status_code, refused.json()["code"]) == (409, "taken_by_another")
    assert (freed.json()["claimed_by"], done.status_code) == (None, 200)


def test_a_role_claims_only_what_it_does(world: Any) -> None:
    hearing_id = world.hearing(world.resolved(), "check")["hearing_id"]

    assert world.operator.post(f"/cases/hearings/{hearing_id}/claim").status_code == 403
    assert world.elsewhere.post(f"/cases/hearings/{hearing_id}/claim").status_code == 404


def test_after_the_last_fruitless_call_the_matter_closes_outside_the_base(world: Any) -> None:
    case_id = world.checked()
    states = []
    for outcome in ("busy", "switched_off", "no_answer"):
        case = world.step(world.operator, case_id, "call-back", reached=False, outcome=outcome)
        states.append(case["state"])
        world.by_day(case_id)

    hearing = world.rows(
        "SELECT hearing_id FROM hearings WHERE kind = 'call_back' AND case_id = %(c)s", c=case_id
    )
    tries = world.operator.get(f"/cases/hearings/{hearing[0]['hearing_id']}/attempts").json()["items"]
    assert states == ["checked", "checked", "closed"]
    assert world.events(case_id)[-4:] == ["case_called_back"] * 3 + ["case_closed"]
    assert [(one["number"], one["outcome"]) for one in tries] == [
        (1, "busy"), (2, "switched_off"), (3, "no_answer"),
    ]  # fmt: skip


def test_a_second_call_moments_after_the_first_counts_for_nothing(world: Any) -> None:
    case_id = world.checked()
    world.step(world.operator, case_id, "call-back", reached=False)

    again = world.operator.post(f"/cases/{case_id}/call-back", json={"reached": False})
    answered = world.step(world.operator, case_id, "call-back", **SETTLED)

    assert (again.status_code, again.json()["code"]) == (409, "not_yet_again")
    assert answered["state"] == "closed"


def test_a_fruitless_visit_or_telling_is_noted_and_put_off(world: Any) -> None:
    case_id = world.resolved()
    world.by_day(case_id)
    outcomes = {"check": "no_access", "tell": "no_answer"}

    for kind, outcome in outcomes.items():
        hearing_id = world.hearing(case_id, kind)["hearing_id"]
        path = f"/cases/hearings/{hearing_id}/attempts"
        wrong = world.lead.post(path, json={"outcome": "refused" if kind == "check" else "no_access"})
        tried = world.lead.post(path, json={"outcome": outcome, "words": "没人"})

        assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_outcome")
        assert (tried.status_code, tried.json()["attempts"]) == (200, 1)
        assert tried.json()["ready_at"] > clock.rfc3339(clock.now())
    assert world.actions(case_id)[-2:] == ["check_tried", "tell_tried"]


def test_the_lead_tells_the_resident_once(world: Any) -> None:
    case_id = world.resolved()
    tell, check = (world.hearing(case_id, kind)["hearing_id"] for kind in ("tell", "check"))

    told = world.lead.post(f"/cases/hearings/{tell}/told", json={"how": "phone"})
    again = world.lead.post(f"/cases/hearings/{tell}/told", json={"how": "visit"})
    wrong = world.lead.post(f"/cases/hearings/{check}/told", json={"how": "visit"})

    assert (told.status_code, told.json()["is_open"]) == (200, False)
    assert [one.json()["code"] for one in (again, wrong)] == ["hearing_over", "not_of_this_kind"]
    assert world.events(case_id)[-1] == "case_result_told"


def test_the_limit_to_call_back_is_the_one_dispatch_set(world: Any) -> None:
    case_id = world.resolved()
    case = world.read(case_id)
    due = clock.now() + timedelta(days=2)
    named = {"owner_id": case_id, "case_id": case_id, "area": case["area"]}

    world.feed.give(said.ClockSet(**named, clock="call_back", run=1, due_at=due, provisional=False))
    world.step(world.worker, case_id, "check", passed=True)
    first = world.hearing(case_id, "call_back")["due_at"]
    world.feed.give(
        said.ClockSet(**named, clock="call_back", run=2, due_at=due + timedelta(days=1), provisional=False)
    )

    assert (first, world.hearing(case_id, "call_back")["due_at"]) == (due, due + timedelta(days=1))


def test_matters_no_queue_knows_of_are_found_and_queued_once(world: Any) -> None:
    resolved, checked = world.resolved(), world.checked()
    gone = world.resolved()
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM hearings WHERE case_id = ANY(%s)", [[resolved, checked]])
        tx.execute("UPDATE cases SET state = 'handling' WHERE case_id = %s", [gone])
    for _ in range(2):
        with world.database.transaction() as tx:
            worker.Worker().queue_hearings(tx)

    assert kinds(world, resolved) == {"check", "tell"}
    assert kinds(world, checked) == {"call_back", "tell"}
    assert kinds(world, gone) == set()


# --- handlings


def test_a_rework_never_loses_the_time_of_the_handling_before(world: Any) -> None:
    case_id = world.checked()
    world.step(world.resident, case_id, "call-back", **{**SETTLED, "satisfaction": "unhappy"})
    world.step(world.officer, case_id, "resolve", words="再次处理")
    world.step(world.worker, case_id, "check", passed=False)
    world.step(world.officer, case_id, "resolve", words="第三次处理")
    world.step(world.resident, case_id, "refute", words="还没好")
    world.step(world.officer, case_id, "resolve", words="第四次处理")
    world.step(world.worker, case_id, "check", passed=True)
    world.step(world.resident, case_id, "call-back", **SETTLED)

    runs = world.supervisor.get(f"/cases/{case_id}/handlings").json()["items"]

    assert [(one["run"], one["ended_as"], one["satisfaction"], one["passed"]) for one in runs] == [
        (1, "unhappy", "unhappy", True),
        (2, "check_failed", None, False),
        (3, "refuted", None, None),
        (4, "closed", "very_satisfied", True),
    ]
    for earlier, later in itertools.pairwise(runs):
        assert earlier["began_at"] < earlier["resolved_at"] < earlier["ended_at"] == later["began_at"]
        assert earlier["handling_seconds"] is not None


# --- an answer that changes


@pytest.mark.parametrize("who", ["reporter", "operator"])
def test_an_answer_may_change_after_closing(world: Any, who: str) -> None:
    reporter = world.api.client(roles=["resident"], person_id=ids.new())
    case_id = world.checked(reporter)
    world.step(world.operator, case_id, "call-back", **SETTLED)
    client = reporter if who == "reporter" else world.operator

    case = world.step(client, case_id, "answer", settled=True, satisfaction="neutral")

    assert (case["state"], case["satisfaction"], case["calls_made"]) == ("closed", "neutral", 1)
    (run,) = world.supervisor.get(f"/cases/{case_id}/handlings").json()["items"]
    assert (run["satisfaction"], run["calls"], run["ended_as"]) == ("neutral", 1, "closed")
    assert world.data(case_id, "case_called_back")["is_change"] is True
    assert world.worker.post(f"/cases/{case_id}/answer", json={}).status_code == 403
    other = world.api.client(roles=["resident"], person_id=ids.new())
    refused = other.post(f"/cases/{case_id}/answer", json={"settled": True, "satisfaction": "neutral"})
    assert refused.status_code == 404


@pytest.mark.parametrize("who", ["reporter", "operator"])
def test_a_closed_matter_its_reporter_is_unhappy_with_is_opened_again(world: Any, who: str) -> None:
    reporter = world.api.client(roles=["resident"], person_id=ids.new())
    case_id = world.checked(reporter)
    closed = world.step(world.operator, case_id, "call-back", **SETTLED)
    client = reporter if who == "reporter" else world.operator

    case = world.step(client, case_id, "answer", settled=True, satisfaction="unhappy")

    assert (case["state"], case["run"], case["closed_at"], case["satisfaction"]) == (
        "handling",
        2,
        None,
        None,
    )
    assert world.events(case_id)[-2:] == ["case_called_back", "case_reworked"]
    first, second = world.supervisor.get(f"/cases/{case_id}/handlings").json()["items"]
    assert (first["ended_as"], first["ended_at"], first["satisfaction"]) == (
        "closed",
        closed["closed_at"],
        "unhappy",
    )
    assert second["began_at"] > first["ended_at"]
    world.step(world.officer, case_id, "resolve", words="已复查处理")
    assert kinds(world, case_id) == {"check", "tell"}


def test_a_closed_matter_is_refuted_within_its_days_only(world: Any) -> None:
    mine, late = world.checked(), world.checked()
    for case_id in (mine, late):
        world.step(world.operator, case_id, "call-back", **SETTLED)
    world.age(mine, "cases", closed_at=clock.now() - timedelta(days=14, hours=23))
    world.age(late, "cases", closed_at=clock.now() - timedelta(days=15, hours=1))

    opened = world.resident.post(f"/cases/{mine}/refute", json={"words": "又冒烟了"})
    refused = world.resident.post(f"/cases/{late}/refute", json={"words": "又冒烟了"})
    answered = world.step(world.resident, late, "answer", settled=False, satisfaction="unhappy")

    assert (opened.status_code, opened.json()["state"]) == (200, "handling")
    assert (refused.status_code, refused.json()["code"]) == (409, "refuted_too_late")
    assert (answered["state"], answered["settled"]) == ("closed", False)


# --- what nobody reported


def test_what_nobody_reported_closes_with_its_check_outside_the_satisfaction_base(world: Any) -> None:
    case_id = world.resolved(world.worker, channel="patrol")
    queued = kinds(world, case_id)

    case = world.step(world.worker, case_id, "check", passed=True)

    assert (queued, kinds(world, case_id)) == ({"check"}, set())
    assert (case["state"], case["satisfaction"], case["calls_made"]) == ("closed", None, 0)
    assert world.events(case_id)[-2:] == ["case_checked", "case_closed"]
    assert world.data(case_id, "case_checked")["passed"] is True


def test_what_a_patrol_found_and_a_resident_reported_too_is_called_back(world: Any) -> None:
    found = world.report(world.worker, channel="patrol")["case_id"]
    reported = world.report()["case_id"]
    world.step(world.lead, reported, "merge", into_case_id=found)
    world.step(world.worker, found, "triage")
    world.step(world.officer, found, "resolve", words="已处理")

    case = world.step(world.worker, found, "check", passed=True)

    assert (case["state"], kinds(world, found), kinds(world, reported)) == (
        "checked",
        {"call_back"},
        {"tell"},
    )


@pytest.mark.parametrize(
    ("said_of_them", "state"),
    [
        ({"caller": {"phone": "13800005678"}}, "checked"),
        ({"outside_number": "12345-1"}, "checked"),
        ({}, "closed"),
    ],
)
def test_an_anonymous_call_is_not_called_back(world: Any, said_of_them: dict[str, Any], state: str) -> None:
    case_id = world.resolved(world.operator, channel="hotline_12345", **said_of_them)

    assert world.step(world.worker, case_id, "check", passed=True)["state"] == state


# --- the rules


RULES = {
    "tries": 2, "hours_between_tries": 1, "call_from": "07:30", "call_until": "22:00", "claim_minutes": 5,
    "check_hours": 12, "call_back_hours": 24, "tell_hours": 6, "answer_days": 10, "refute_days": 7,
    "rate_set": "hotline", "deferral_days": 10, "listing_days": 60,
}  # fmt: skip


def test_an_admin_changes_the_rules_and_two_admins_do_not_overwrite_each_other(world: Any) -> None:
    admin = world.api.client(roles=["admin"], areas=[district.DISTRICT])
    before = admin.get("/cases/hearing-rules")
    tag = {"If-Match": before.headers["ETag"]}

    bare = admin.put("/cases/hearing-rules", json=RULES)
    changed = admin.put("/cases/hearing-rules", json=RULES, headers=tag)
    stale = admin.put("/cases/hearing-rules", json=RULES, headers=tag)
    night = admin.put(
        "/cases/hearing-rules", json={**RULES, "call_until": "07:00"}, headers={"If-Match": "*"}
    )
    back = {name: value for name, value in before.json().items() if name != "version"}
    restored = admin.put("/cases/hearing-rules", json=back, headers={"If-Match": changed.headers["ETag"]})

    assert (bare.status_code, stale.status_code, night.status_code) == (428, 412, 422)
    assert {**changed.json()} == {**RULES, "version": before.json()["version"] + 1}
    assert restored.status_code == 200
