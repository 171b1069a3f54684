"""Services with appointed times through the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.cases.worker import people
from shared import clock, ids
from tests.support import district

ADDRESS, PHONE = "文化东路 30 号 2 单元 501", "13812345678"


def asked(world: Any, client: Any = None, **changes: Any) -> dict[str, Any]:
    answer = (client or world.resident).post(
        "/cases/services",
        json={
            "mode": "at_home", "items": ["养老金资格认证"], "words": "老人行动不便", "place": district.IN_GRID,
            "address": ADDRESS, "phone": PHONE, **changes,
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    service: dict[str, Any] = answer.json()
    return service


def times(hours: float = 24, lasts: float = 1) -> dict[str, str]:
    starts = clock.now() + timedelta(hours=hours)
    return {
        "starts_at": clock.rfc3339(starts),
        "ends_at": clock.rfc3339(starts + timedelta(hours=lasts)),
    }


def appoint(world: Any, appointment_id: str, worker_id: str, when: dict[str, str]) -> Any:
    return world.lead.post(f"/cases/services/{appointment_id}/appoint", json={"worker_id": worker_id, **when})


def begun(world: Any, appointment_id: str) -> None:
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE appointments SET starts_at = now() - interval '1 hour' WHERE appointment_id = %s",
            [appointment_id],
        )


def test_a_service_is_asked_for_appointed_and_given(world: Any) -> None:
    one = asked(world)
    made = appoint(world, one["appointment_id"], world.staff("grid_worker"), times())
    early = world.lead.post(f"/cases/services/{one['appointment_id']}/keep", json={"words": "已办"})
    begun(world, one["appointment_id"])
    kept = world.lead.post(f"/cases/services/{one['appointment_id']}/keep", json={"words": "已办"})

    assert (one["state"], made.json()["state"], kept.json()["state"]) == ("asked", "appointed", "kept")
    assert (early.status_code, early.json()["code"]) == (409, "not_begun")
    rows = world.rows(
        "SELECT type, data::text AS data FROM outbox WHERE subject = %(s)s ORDER BY sequence",
        s=one["appointment_id"],
    )
    assert [row["type"].split(".")[2] for row in rows] == [
        "appointment_asked",
        "appointment_made",
        "appointment_kept",
    ]
    assert not any("文化" in row["data"] or PHONE in row["data"] for row in rows)


def test_nobody_is_appointed_twice_at_one_time_also_when_many_try_at_once(world: Any) -> None:
    worker, when = world.staff("grid_worker"), times(48)
    services = [asked(world)["appointment_id"] for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: appoint(world, one, worker, when), services))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"worker_busy"}


def test_one_appointment_may_begin_when_another_ends_and_be_moved_within_itself(world: Any) -> None:
    worker, start = world.staff("grid_worker"), clock.now() + timedelta(hours=72)
    hour = timedelta(hours=1)

    def between(first: int, last: int) -> dict[str, str]:
        return {
            "starts_at": clock.rfc3339(start + first * hour),
            "ends_at": clock.rfc3339(start + last * hour),
        }

    one, two = asked(world)["appointment_id"], asked(world)["appointment_id"]
    codes = [
        appoint(world, one, worker, between(0, 2)).status_code,
        appoint(world, two, worker, between(1, 3)).status_code,
        appoint(world, two, worker, between(2, 3)).status_code,
        appoint(world, one, worker, between(1, 2)).status_code,
    ]

    assert codes == [200, 409, 200, 200]


def test_address_and_phone_are_sealed_and_opened_with_a_reason(world: Any) -> None:
    me = ids.new()
    resident = world.api.client(roles=["resident"], person_id=me)
    one = asked(world, resident)["appointment_id"]
    worker_id = world.staff("grid_worker", areas=[district.GRID])
    goes = world.api.client(roles=["grid_worker"], areas=[district.GRID], person_id=worker_id)
    appoint(world, one, worker_id, times(96))

    seen = {
        name: client.get(f"/cases/services/{one}").json()
        for name, client in (("resident", resident), ("worker", goes), ("lead", world.lead))
    }
    opened = world.lead.post(f"/cases/services/{one}/unmask", json={"reason": "电话联系"}).json()

    assert (seen["resident"]["address"], seen["worker"]["address"], seen["lead"]["address"]) == (
        ADDRESS,
        ADDRESS,
        None,
    )
    assert {view["phone_masked"] for view in seen.values()} == {"138****5678"}
    assert opened == {"address": ADDRESS, "phone": PHONE}
    (row,) = world.rows("SELECT * FROM appointments WHERE appointment_id = %(a)s", a=one)
    assert PHONE.encode() not in bytes(row["phone"])
    assert world.rows("SELECT reason FROM unmaskings WHERE subject_id = %(a)s", a=one) == [
        {"reason": "电话联系"}
    ]


def test_residents_see_their_own_services_and_staff_those_of_their_areas(world: Any) -> None:
    resident = world.api.client(roles=["resident"], person_id=ids.new(), home=district.GRID)
    one = asked(world, resident)["appointment_id"]
    neighbour = world.api.client(roles=["resident"], areas=[district.GRID], person_id=ids.new())

    def sees(client: Any) -> bool:
        items = client.get("/cases/services", params={"limit": 200}).json()["items"]
        return one in [item["appointment_id"] for item in items]

    assert [sees(client) for client in (resident, world.lead, neighbour, world.elsewhere)] == [
        True,
        True,
        False,
        False,
    ]
    assert neighbour.post(f"/cases/services/{one}/cancel", json={"words": "x"}).status_code == 404
    assert (
        resident.post(f"/cases/services/{one}/cancel", json={"words": "好了"}).json()["state"] == "cancelled"
    )


def test_staff_ask_for_a_resident_and_a_missed_one_gets_another_time(world: Any) -> None:
    resident = ids.new()
    one = asked(world, world.officer, resident_id=resident, mode="bundled", items=["社保", "医保"])
    appoint(world, one["appointment_id"], world.staff("grid_worker"), times(100))
    begun(world, one["appointment_id"])
    missed = world.lead.post(
        f"/cases/services/{one['appointment_id']}/miss", json={"by": "resident", "words": "不在家"}
    )
    again = appoint(world, one["appointment_id"], world.staff("grid_worker"), times(120))

    assert (one["resident_id"], missed.json()["state"], again.json()["state"]) == (
        resident,
        "missed",
        "appointed",
    )


def test_only_who_works_in_the_area_is_appointed(world: Any) -> None:
    one = asked(world)["appointment_id"]
    elsewhere = world.staff("grid_worker", areas=[district.ELSEWHERE])
    gone = world.staff("grid_worker", areas=[district.GRID], active=False)
    # The lead of the grid is known by the post, without an account.
    posted = district.lead().person_id

    refused = [appoint(world, one, who, times(150)) for who in (ids.new(), elsewhere, gone)]
    taken = appoint(world, one, posted, times(150))

    assert [(a.status_code, a.json()["code"]) for a in refused] == [(422, "unknown_people")] * 3
    assert refused[0].json()["errors"][0]["pointer"] == "/worker_id"
    assert taken.status_code == 200


@pytest.mark.usefixtures("vault")
def test_where_somebody_lives_is_forgotten_some_time_after_the_service(world: Any) -> None:
    kept, young = (asked(world)["appointment_id"] for _ in range(2))
    for one in (kept, young):
        appoint(world, one, world.staff("grid_worker"), times(200))
        begun(world, one)
        world.lead.post(f"/cases/services/{one}/keep", json={"words": "已办，老人住五楼"})
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE appointments SET ended_at = now() - interval '1096 days' WHERE appointment_id = %s",
            [kept],
        )
        people.erase_old(tx)

    shown = {one: world.lead.get(f"/cases/services/{one}").json() for one in (kept, young)}
    read = world.lead.post(f"/cases/services/{kept}/unmask", json={"reason": "回访"}).json()

    assert (shown[kept]["phone_masked"], shown[kept]["resident_id"], shown[kept]["outcome"]) == (
        None,
        None,
        "",
    )
    assert read == {"address": "", "phone": None}
    assert shown[young]["phone_masked"] == "138****5678"
    assert shown[kept]["state"] == "kept"


def test_staff_ask_for_a_resident_in_their_own_areas_only(world: Any) -> None:
    body = {"mode": "at_home", "items": ["认证"], "address": ADDRESS, "resident_id": ids.new()}

    here = world.worker.post("/cases/services", json={**body, "place": district.IN_GRID})
    there = world.worker.post("/cases/services", json={**body, "place": district.IN_GRID_ELSEWHERE})

    assert (here.status_code, here.json()["resident_id"]) == (201, body["resident_id"])
    assert (there.status_code, there.json()["code"]) == (422, "outside_your_areas")


def test_an_area_narrows_also_ones_own_services(world: Any) -> None:
    me = world.api.client(roles=["resident"], person_id=ids.new())
    one = asked(world, me)["appointment_id"]

    def found(**query: Any) -> list[str]:
        return [item["appointment_id"] for item in me.get("/cases/services", params=query).json()["items"]]

    assert found() == [one]
    assert found(area=district.GRID) == [one]
    assert found(area=district.GRID_ELSEWHERE) == []


def test_what_nobody_says_the_end_of_shows_up_by_itself(world: Any) -> None:
    fresh, unanswered, unsaid, done = (asked(world)["appointment_id"] for _ in range(4))
    for one in (unsaid, done):
        appoint(world, one, world.staff("grid_worker"), times(300))
        begun(world, one)
    world.lead.post(f"/cases/services/{done}/keep", json={"words": "已办"})
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE appointments SET asked_at = asked_at - interval '8 days' WHERE appointment_id = %s",
            [unanswered],
        )
        tx.execute(
            "UPDATE appointments SET ends_at = now() - interval '1 second' WHERE appointment_id = ANY(%s::uuid[])",
            [[unsaid, done]],
        )

    listed = world.lead.get("/cases/services", params={"overdue": True, "limit": 200}).json()["items"]

    ours = {one["appointment_id"]: one["is_overdue"] for one in listed}
    assert {unanswered, unsaid} <= ours.keys()
    assert not {fresh, done} & ours.keys()
    assert all(ours.values())
    assert [world.lead.get(f"/cases/services/{one}").json()["is_overdue"] for one in (fresh, unsaid)] == [
        False,
        True,
    ]
