"""Limits and the calendar are edited by an admin; running clocks move only on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.dispatch import seed, worker
from services.dispatch.worker import recomputing
from shared import clock
from shared.clock import BEIJING
from shared.contracts import cases as said
from tests.integration.dispatch.conftest import Running
from tests.support import clients, district, feeding, run

BUILDING = "city.illegal_building"


class Edited(Running):
    """A deployment of its own, whose limits and calendar may be changed."""

    def __init__(self, api: Any, feed: feeding.Feed) -> None:
        super().__init__(api, feed)
        self.admin = api.client(roles=["admin"], areas=[district.DISTRICT])

    def preset(self, name: str = "shandong-2020") -> tuple[dict[str, Any], dict[str, str]]:
        """A preset's document, with the header to edit it by."""
        answer = self.admin.get(f"/dispatch/presets/{name}")
        document = {
            key: answer.json()[key] for key in ("title", "limits", "ladders", "extension", "return_within")
        }
        return document, {"If-Match": answer.headers["ETag"]}

    def publish(self, finish_amount: int, name: str = "shandong-2020") -> dict[str, Any]:
        """A new version in which ordinary matters are to be finished in so many working days."""
        document, match = self.preset(name)
        for row in document["limits"]:
            if (row["clock"], row["category"], row["sla_class"], row["urgency"]) == ("finish", "*", "*", "*"):
                row["amount"] = finish_amount
        answer = self.admin.put(
            f"/dispatch/presets/{name}", json={**document, "reason": "试行"}, headers=match
        )
        assert answer.status_code == 200, answer.text
        published: dict[str, Any] = answer.json()
        return published

    def enforce(self, name: str) -> None:
        answer = self.admin.post(f"/dispatch/presets/{name}/enforcement", json={"reason": "切换"})
        assert answer.status_code == 200, answer.text

    def recompute(self) -> None:
        """What the worker's timer does until nothing is left."""
        looked_at = 1
        while looked_at:
            with self.database.transaction() as tx:
                looked_at = self.feed.worker.recompute_clocks(tx)

    def finish_of(self, case: said.CaseReported) -> dict[str, Any]:
        return self.clocks(case.case_id)[None, "finish"]

    def calendar(self, year: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
        answer = self.admin.get(f"/dispatch/calendar/{year}")
        return answer.json()["days"], {"If-Match": answer.headers["ETag"]}

    def set_calendar(self, year: int, *days: dict[str, Any]) -> Any:
        """The year's days with these in place of what was."""
        known, match = self.calendar(year)
        kept = [day for day in known if day["day"] not in {one["day"] for one in days}]
        return self.admin.put(
            f"/dispatch/calendar/{year}", json={"days": [*kept, *days], "reason": "国办通知"}, headers=match
        )


@pytest.fixture
def edited(servers: run.TestRun, database: Callable[[str], Any]) -> Iterator[Edited]:
    made = database("dispatch")
    process = servers.start_process(
        "dispatch", "api", database_url=made.url, amqp_url=servers.rabbitmq.add_vhost(f"limits-{id(made):x}")
    )
    with feeding.feeding(made.url, worker.Worker) as feed:
        feed.give(*district.departments())
        yield Edited(clients.Api(process, made, servers.identities), feed)
    process.kill()


def off(day: str, *, is_working: bool = False) -> dict[str, Any]:
    return {"day": day, "is_working": is_working, "note": "调休" if is_working else "放假"}


def test_edited_limits_count_from_the_next_clock_on_and_move_running_ones_only_on_purpose(
    edited: Edited,
) -> None:
    before = edited.report()
    published = edited.publish(2)
    after = edited.report()
    first, second = edited.finish_of(before), edited.finish_of(after)

    asked = edited.admin.post(
        "/dispatch/recomputations",
        json={"area": district.SUBDISTRICT, "clock": "finish", "reason": "统一时限"},
    )
    edited.recompute()

    assert published["version"] == 2
    assert (first["limit_amount"], first["preset_version"]) == (5, 1)
    assert (second["limit_amount"], second["preset_version"]) == (2, 2)
    rebased = edited.finish_of(before)
    assert (rebased["limit_amount"], rebased["preset_version"], rebased["run"]) == (2, 2, 2)
    assert rebased["started_at"] == first["started_at"]
    assert edited.finish_of(after) == second
    told = edited.admin.get(f"/dispatch/recomputations/{asked.json()['recomputation_id']}").json()
    assert (told["looked_at"], told["changed"]) == (2, 1)
    assert told["finished_at"]
    acts = [row["action"] for row in edited.admin.get("/dispatch/limit-acts").json()["items"]]
    assert acts == ["clocks_rebased", "preset_published"]
    # A clock of the same matter that was not named keeps what it began with.
    assert edited.clocks(before.case_id)[None, "elapsed"]["preset_version"] == 1


def test_one_preset_is_in_force_and_running_clocks_keep_theirs(edited: Edited) -> None:
    ordinary = edited.report()
    edited.enforce("beijing")
    beijing = edited.report()
    edited.enforce("digital-city")
    rubbish = edited.report(category="city.exposed_rubbish", sla_class="four_hours")

    presets = edited.admin.get("/dispatch/presets").json()["items"]
    assert [row["name"] for row in presets if row["is_in_force"]] == ["digital-city"]
    found = [
        (row["preset"], row["limit_amount"], row["limit_unit"])
        for row in map(edited.finish_of, (ordinary, beijing, rubbish))
    ]
    assert found == [
        ("shandong-2020", 5, "working_days"),
        ("beijing", 7, "calendar_days"),
        ("digital-city", 4, "working_hours"),
    ]


def test_the_stages_of_a_staged_limit_are_passed_by_the_department_and_the_matter_goes_along(
    edited: Edited,
) -> None:
    edited.enforce("digital-city")
    case = edited.report(category=BUILDING, sla_class="twenty_days")
    whistle = edited.whistle(district.URBAN, case=case)
    task_id = edited.tasks(whistle.order_id)[district.URBAN]
    seen = [edited.finish_of(case)["limit_amount"]]

    wrong = edited.responder(district.URBAN).post(
        f"/dispatch/tasks/{task_id}/stage", json={"stage": "penalty"}
    )
    for stage in ("stop_work", "penalty"):
        edited.step(edited.responder(district.URBAN), task_id, "stage", stage=stage)
        seen.append(edited.finish_of(case)["limit_amount"])
    last = edited.responder(district.URBAN).post(
        f"/dispatch/tasks/{task_id}/stage", json={"stage": "demolition"}
    )

    assert (wrong.status_code, wrong.json()["code"]) == (409, "no_such_stage")
    assert (last.status_code, last.json()["code"]) == (409, "no_such_stage")
    assert seen == [4, 7, 20]
    assert edited.clocks(case.case_id)[district.URBAN, "finish"]["run"] == 3
    assert [one for one in edited.events(whistle.order_id) if one == "stage_passed"] == ["stage_passed"] * 2
    clocks = edited.caller.get(f"/dispatch/cases/{case.case_id}/clocks").json()["items"]
    assert {row["stage"] for row in clocks if row["name"] == "finish"} == {"demolition"}


def test_a_matter_nobody_whistled_for_passes_its_stages_by_who_handles_it(edited: Edited) -> None:
    edited.enforce("digital-city")
    case = edited.report(category=BUILDING, sla_class="twenty_days")

    answer = edited.caller.post(f"/dispatch/cases/{case.case_id}/stage", json={"stage": "stop_work"})

    assert answer.status_code == 200
    assert edited.finish_of(case)["limit_amount"] == 7


def test_incomplete_limits_and_a_stale_edit_are_refused(edited: Edited) -> None:
    document, match = edited.preset()
    incomplete = {**document, "limits": [row for row in document["limits"] if row["clock"] != "sign"]}
    body = {**incomplete, "reason": "试行"}

    refused = edited.admin.put("/dispatch/presets/shandong-2020", json=body, headers=match)
    edited.publish(3)
    stale = edited.admin.put(
        "/dispatch/presets/shandong-2020", json={**document, "reason": "试行"}, headers=match
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "preset_incomplete")
    assert stale.status_code == 412
    versions = edited.admin.get("/dispatch/presets/shandong-2020/versions").json()["items"]
    assert [row["version"] for row in versions] == [2, 1]


def test_a_deployment_adds_a_preset_of_its_own(edited: Edited) -> None:
    document, _ = edited.preset("beijing")

    added = edited.admin.post("/dispatch/presets", json={**document, "name": "lixia", "reason": "本区办法"})
    again = edited.admin.post("/dispatch/presets", json={**document, "name": "lixia", "reason": "本区办法"})

    assert (added.status_code, added.json()["is_in_force"]) == (201, False)
    assert again.status_code == 409


def test_a_day_made_off_moves_the_limits_that_run_over_it_and_no_other(edited: Edited) -> None:
    start = datetime(2026, 11, 20, 10, tzinfo=BEIJING)
    over_it = edited.report(reported_at=start)
    before_it = edited.report(reported_at=start - timedelta(days=30))
    was = edited.finish_of(over_it), edited.finish_of(before_it)

    answer = edited.set_calendar(2026, off("2026-11-24"))
    edited.recompute()

    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2
    now = edited.finish_of(over_it), edited.finish_of(before_it)
    assert (now[0]["due_at"] - was[0]["due_at"], now[0]["run"]) == (timedelta(days=3), 1)
    assert now[1] == was[1]
    assert "calendar_changed" in edited.events("2026")
    (row,) = edited.admin.get("/dispatch/recomputations").json()["items"]
    assert (row["kind"], row["first_day"], row["last_day"]) == ("calendar", "2026-11-24", "2026-11-24")


def test_a_make_up_day_brings_limits_forward(edited: Edited) -> None:
    case = edited.report(reported_at=datetime(2026, 11, 20, 10, tzinfo=BEIJING))
    was = edited.finish_of(case)

    edited.set_calendar(2026, off("2026-11-22", is_working=True))
    edited.recompute()

    assert edited.finish_of(case)["due_at"] - was["due_at"] == timedelta(days=-1)


def test_provisional_limits_are_computed_anew_when_their_year_is_published(edited: Edited) -> None:
    case = edited.report(reported_at=datetime(2026, 12, 30, 10, tzinfo=BEIJING))
    was = edited.finish_of(case)
    unknown = edited.admin.get("/dispatch/calendar/2027").json()

    answer = edited.set_calendar(2027, off("2027-01-01"), off("2027-01-04"))
    edited.recompute()

    assert (unknown["is_published"], unknown["version"]) == (False, 0)
    assert answer.status_code == 200, answer.text
    now = edited.finish_of(case)
    assert (was["provisional"], now["provisional"]) == (True, False)
    assert now["due_at"] - was["due_at"] == timedelta(days=1)


def test_limits_whose_red_card_is_shown_stay_where_they_are(edited: Edited) -> None:
    case = edited.report(reported_at=datetime(2026, 11, 2, 10, tzinfo=BEIJING))
    while edited.fire():
        pass
    was = edited.finish_of(case)

    edited.set_calendar(2026, off("2026-11-03"))
    edited.recompute()

    assert edited.finish_of(case) == was


def test_days_of_another_year_and_twice_the_same_are_refused(edited: Edited) -> None:
    for days in ((off("2027-01-01"),), (off("2026-11-24"), off("2026-11-24", is_working=True))):
        answer = edited.set_calendar(2026, *days)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_year")


def test_a_recomputation_goes_through_many_clocks_batch_by_batch(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "BATCH", 7)
    cases = [edited.report() for _ in range(10)]
    edited.publish(3)

    edited.admin.post("/dispatch/recomputations", json={"area": district.DISTRICT, "reason": "统一时限"})
    edited.recompute()

    assert {edited.finish_of(case)["limit_amount"] for case in cases} == {3}
    (row,) = edited.admin.get("/dispatch/recomputations").json()["items"]
    assert (row["looked_at"], row["changed"]) == (20, 20)


def test_clocks_outside_an_admins_areas_cannot_be_rebased(edited: Edited) -> None:
    answer = edited.admin.post("/dispatch/recomputations", json={"area": "3701", "reason": "统一时限"})

    assert answer.status_code == 404


def test_every_matter_with_limits_of_its_own_is_in_the_delivered_catalogue() -> None:
    catalogue = (seed.PRESETS.parents[2] / "cases" / "data" / "catalogue.csv").read_text(encoding="utf-8")
    codes = {line.split(",")[0] for line in catalogue.splitlines()}
    named = {row["category"] for one in seed.delivered_presets() for row in one["limits"]} - {"*"}

    assert named <= codes


def test_a_task_may_be_returned_as_long_as_the_limits_it_began_with_say(edited: Edited) -> None:
    whistle = edited.whistle(district.MARKET)
    task_id = edited.tasks(whistle.order_id)[district.MARKET]
    document, match = edited.preset()
    document["return_within"] = {"amount": 1, "unit": "calendar_seconds"}
    edited.admin.put("/dispatch/presets/shandong-2020", json={**document, "reason": "收紧"}, headers=match)
    later = edited.whistle(district.MARKET, whistled_at=clock.now() - timedelta(minutes=5))
    body = {"ground": "not_our_duty", "words": "非本单位职责"}

    first, second = (
        edited.responder(district.MARKET).post(f"/dispatch/tasks/{one}/return", json=body)
        for one in (task_id, edited.tasks(later.order_id)[district.MARKET])
    )

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "return_too_late"


@pytest.mark.parametrize("scopes", [[district.SUBDISTRICT], ["370103"], [district.DISTRICT], []])
def test_only_an_admin_of_the_whole_deployment_changes_what_holds_for_all_of_it(
    edited: Edited, scopes: list[str]
) -> None:
    document, match = edited.preset()
    body = {**document, "reason": "试行"}
    # The deployment reaches into another district too.
    edited.give(district.department("370103-ecology", area="370103"))
    narrow = edited.api.client(roles=["admin"], areas=scopes)

    refused = [
        narrow.post("/dispatch/presets", json={**body, "name": "own"}),
        narrow.put("/dispatch/presets/shandong-2020", json=body, headers=match),
        narrow.post("/dispatch/presets/beijing/enforcement", json={"reason": "切换"}),
        narrow.put("/dispatch/calendar/2026", json={"days": [], "reason": "通知"}, headers=match),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
        (403, "not_the_whole_deployment")
    }
    for covering in (["3701"], ["370102", "370103"]):
        admin = edited.api.client(roles=["admin"], areas=covering)
        answer = admin.post("/dispatch/presets/beijing/enforcement", json={"reason": "切换"})
        assert answer.status_code == 200, answer.text
