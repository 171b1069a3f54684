"""The rates from the rows, drilled down to the rows, and removals from their base."""

from __future__ import annotations

from typing import Any

from shared import clock, ids
from shared.contracts import dispatch as said
from tests.support import district

MONTH = f"{clock.now().astimezone(clock.BEIJING):%Y-%m}"


def settled(world: Any, satisfaction: str = "satisfied", *, met: bool | None = True, **report: Any) -> str:
    """A matter of the quiet grid, closed with an answer."""
    case_id: str = filed(world, **report)
    worker = world.api.client(roles=["grid_worker", "community_officer"], areas=[district.GRID_ELSEWHERE])
    world.step(worker, case_id, "triage")
    world.step(worker, case_id, "resolve", words="已处理")
    world.step(worker, case_id, "check", passed=True)
    world.step(worker, case_id, "call-back", reached=True, met=met, settled=True, satisfaction=satisfaction)
    return case_id


def filed(world: Any, **report: Any) -> str:
    case_id: str = world.report(place=district.IN_GRID_ELSEWHERE, **report)["case_id"]
    return case_id


def line(world: Any, client: Any = None, **query: Any) -> dict[str, Any]:
    answer = (client or world.supervisor).get(
        "/cases/rates", params={"month": MONTH, "area": district.GRID_ELSEWHERE, **query}
    )
    assert answer.status_code == 200, answer.text
    total: dict[str, Any] = answer.json()["total"] or {"taken_on": 0, "removed": 0, "rates": []}
    return total


def counts(total: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {rate["code"]: (rate["hits"], rate["base"]) for rate in total["rates"]}


def rows(world: Any, counted: str, **query: Any) -> set[str]:
    found, cursor = set(), None
    while True:
        answer = world.supervisor.get(
            "/cases/rates/rows",
            params={
                "month": MONTH, "area": district.GRID_ELSEWHERE, "counted": counted, "limit": 2,
                "cursor": cursor, **query,
            },
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        found |= {item["case_id"] for item in answer.json()["items"]}
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


def gained(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    return {
        code: (after[code][0] - before.get(code, (0, 0))[0], after[code][1] - before.get(code, (0, 0))[1])
        for code in after
    }


def test_every_figure_counts_what_its_definition_says_and_opens_to_its_rows(world: Any) -> None:
    before = counts(line(world))
    happy, neutral = settled(world), settled(world, "neutral", met=False)
    hidden = settled(world, is_confidential=True, met=True)
    still_open = filed(world)
    resident = world.api.client(roles=["resident"], person_id=ids.new())
    withdrawn = world.report(resident, place=district.IN_GRID_ELSEWHERE)["case_id"]
    world.step(resident, withdrawn, "withdraw", words="好了")

    after = line(world)

    assert gained(before, counts(after)) == {"met": (1, 2), "finished": (3, 3), "satisfied": (2, 3)}
    assert all(rate["definition"] and rate["label"] for rate in after["rates"])
    mine = {happy, neutral, hidden, still_open, withdrawn}
    assert rows(world, "met") & mine == {happy, neutral}
    assert rows(world, "met", hit=True) & mine == {happy}
    assert rows(world, "satisfied", hit=False) & mine == {neutral}
    assert rows(world, "finished") & mine == {happy, neutral, hidden}
    assert rows(world, "resolved", hit=False) & mine == {still_open}
    for rate in after["rates"]:
        assert len(rows(world, rate["code"])) == rate["base"]
        assert len(rows(world, rate["code"], hit=True)) == rate["hits"]


def test_an_answer_changed_later_counts_once(world: Any) -> None:
    before = counts(line(world))
    case_id = settled(world)
    world.step(world.operator, case_id, "answer", settled=True, satisfaction="very_satisfied")
    world.step(world.operator, case_id, "answer", settled=True, satisfaction="neutral")

    assert gained(before, counts(line(world)))["satisfied"] == (0, 1)


def test_what_nobody_reported_is_neither_answered_nor_not_reached(world: Any) -> None:
    before = counts(line(world)), rows(world, "not_reached")
    worker = world.api.client(roles=["grid_worker"], areas=[district.GRID_ELSEWHERE])
    case_id = world.report(
        worker, place=district.IN_GRID_ELSEWHERE, category="city.damaged_road", settled={"words": "已清理"}
    )["case_id"]

    closed = world.step(worker, case_id, "check", passed=True)

    assert closed["state"] == "closed"
    assert gained(before[0], counts(line(world))) == {"met": (0, 0), "finished": (0, 0), "satisfied": (0, 0)}
    assert case_id in rows(world, "resolved", hit=True)
    assert rows(world, "not_reached") == before[1]


def test_an_answer_stays_counted_while_its_matter_is_handled_again(world: Any) -> None:
    before = counts(line(world))
    case_id = settled(world, "unhappy", met=False)

    assert world.read(case_id)["state"] == "handling"
    assert gained(before, counts(line(world))) == {"met": (0, 1), "finished": (1, 1), "satisfied": (0, 1)}
    assert case_id in rows(world, "satisfied", hit=False)


def test_an_answer_counts_in_the_month_it_was_first_given(world: Any) -> None:
    def at(month: str) -> dict[str, tuple[int, int]]:
        return counts(line(world, month=month))

    now, then = at(MONTH), at("2026-01")
    case_id = settled(world)
    with world.database.transaction() as tx:
        # A moment before February begins in Beijing.
        tx.execute(
            "UPDATE answers SET answered_at = '2026-01-31T15:59:59.999999Z' WHERE case_id = %s", [case_id]
        )

    world.step(world.operator, case_id, "answer", settled=True, satisfaction="neutral")

    assert gained(now, at(MONTH))["satisfied"] == (0, 0)
    assert gained(then, at("2026-01"))["satisfied"] == (0, 1)
    with world.database.transaction() as tx:
        tx.execute("UPDATE answers SET answered_at = '2026-01-31T16:00:00Z' WHERE case_id = %s", [case_id])
    assert at("2026-01") == then


def test_figures_are_told_apart_by_area_and_department(world: Any) -> None:
    filed(world)
    whistled = world.report()["case_id"]
    world.whistle(whistled, district.HEALTH)
    query = {"month": MONTH, "area": district.DISTRICT}

    areas = world.supervisor.get("/cases/rates", params=query).json()["lines"]
    departments = world.supervisor.get("/cases/rates", params={**query, "by": "department"}).json()["lines"]
    own = world.responder(district.HEALTH).get("/cases/rates", params={**query, "by": "department"}).json()
    none = world.elsewhere.get("/cases/rates", params={"month": MONTH, "area": district.SUBDISTRICT}).json()

    assert [one["key"] for one in areas] == [district.SUBDISTRICT, district.ELSEWHERE]
    assert district.HEALTH in [one["key"] for one in departments]
    assert [one["key"] for one in own["lines"]] == [district.HEALTH]
    assert (none["lines"], none["total"]) == ([], None)


# --- removal


def called(world: Any) -> str:
    """A matter a department was called to."""
    case_id: str = filed(world)
    worker = world.api.client(roles=["grid_worker", "community_officer"], areas=[district.GRID_ELSEWHERE])
    world.whistle(case_id, district.HEALTH, client=worker)
    return case_id


def ask(
    world: Any,
    case_id: str,
    department: str = district.HEALTH,
    month: str = MONTH,
    ground: str = "unreasonable_demand",
) -> Any:
    return world.responder(department).post(
        f"/cases/{case_id}/removals", json={"month": month, "ground": ground, "words": "诉求超出政策"}
    )


def decide(client: Any, removal_id: str, *, granted: bool = True) -> Any:
    return client.post(f"/cases/removals/{removal_id}/decide", json={"granted": granted, "words": "属实"})


def test_a_removed_matter_stays_visible_outside_the_base(world: Any) -> None:
    removed, kept = called(world), called(world)
    before = line(world)
    asked = ask(world, removed).json()
    refused = ask(world, kept).json()
    waiting = world.operator.get("/cases/removals", params={"state": "asked", "limit": 200}).json()["items"]

    granted = decide(world.operator, asked["removal_id"])
    denied = decide(world.supervisor, refused["removal_id"], granted=False)

    after = line(world)
    assert {asked["removal_id"], refused["removal_id"]} <= {item["removal_id"] for item in waiting}
    assert (granted.json()["state"], denied.json()["state"]) == ("granted", "refused")
    assert (after["taken_on"], after["removed"]) == (before["taken_on"] - 1, before["removed"] + 1)
    assert {removed, kept} & rows(world, "removed") == {removed}
    assert world.read(removed)["state"] == "handling"
    assert world.actions(removed)[-2:] == ["removal_asked", "removal_granted"]
    event = world.data(removed, "case_removed_from_base")
    assert (event["department_id"], event["month"], event["granted"]) == (district.HEALTH, MONTH, True)
    assert world.data(kept, "case_removed_from_base")["granted"] is False


def test_a_department_called_wrongly_leaves_its_own_base_and_not_the_areas(world: Any) -> None:
    case_id = called(world)
    area, department = line(world), line(world, department=district.HEALTH)

    asked = ask(world, case_id, ground="wrong_department").json()
    decide(world.operator, asked["removal_id"])

    after = line(world), line(world, department=district.HEALTH)
    assert [one["taken_on"] for one in after] == [area["taken_on"], department["taken_on"] - 1]
    assert case_id not in rows(world, "removed")
    assert case_id in rows(world, "removed", department=district.HEALTH)
    assert world.data(case_id, "case_removed_from_base")["ground"] == "wrong_department"


def test_only_the_department_called_asks_once_and_the_district_decides_once(world: Any) -> None:
    case_id = called(world)
    stranger = ask(world, case_id, district.ECOLOGY)
    asked = ask(world, case_id)
    twice = ask(world, case_id)
    future = ask(world, called(world), month="2099-01")
    street = world.api.client(roles=["supervisor"], areas=[district.ELSEWHERE])
    low = decide(street, asked.json()["removal_id"])
    done = decide(world.operator, asked.json()["removal_id"])
    again = decide(world.supervisor, asked.json()["removal_id"])

    assert stranger.status_code == 404
    assert (twice.status_code, twice.json()["code"]) == (409, "removal_asked")
    assert (future.status_code, future.json()["code"]) == (422, "month_out_of_bounds")
    assert (low.status_code, done.status_code, again.json()["code"]) == (404, 200, "removal_decided")


def test_nothing_is_removed_once_the_ranking_of_the_month_is_frozen(world: Any) -> None:
    case_id, other = called(world), called(world)
    asked = ask(world, case_id).json()["removal_id"]
    world.feed.give(
        said.RankingFrozen(
            ranking_id=ids.new(),
            area=district.DISTRICT,
            month=MONTH,
            subject_kind="departments",
            ranking_version=1,
            fingerprint="f",
        )
    )

    answers = [decide(world.operator, asked), ask(world, other)]

    with world.database.transaction() as tx:
        tx.execute("DELETE FROM frozen_months")
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "month_frozen")] * 2


def test_an_area_narrows_also_what_ones_department_asked_for(world: Any) -> None:
    removal = ask(world, called(world)).json()["removal_id"]
    department = world.responder(district.HEALTH)

    def found(**query: Any) -> set[str]:
        return {one["removal_id"] for one in department.get("/cases/removals", params=query).json()["items"]}

    assert removal in found()
    assert removal in found(area=district.ELSEWHERE)
    assert removal not in found(area=district.GRID)


def test_the_rows_behind_a_figure_come_page_by_page_each_once(world: Any) -> None:
    for _ in range(3):
        filed(world)
    whole = rows(world, "taken_on")

    met: list[str] = []
    cursor = None
    while True:
        query = {"month": MONTH, "area": district.GRID_ELSEWHERE, "counted": "taken_on", "limit": 2}
        page = world.supervisor.get("/cases/rates/rows", params={**query, "cursor": cursor}).json()
        met += [one["case_id"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert len(met) == len(set(met)) >= 3
    assert set(met) == whole
