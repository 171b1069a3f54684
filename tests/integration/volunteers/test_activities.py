"""Activities through the API, on a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared import ids
from shared.http.schemas import encode_cursor
from tests.integration.volunteers.conftest import COMMUNITY, SUBDISTRICT, World


def test_a_volunteer_signs_up_checks_in_and_out_and_is_credited(world: World) -> None:
    person_id = ids.new()
    volunteer = world.volunteer(person_id=person_id)
    activity = world.published()
    path = f"/volunteers/activities/{activity['activity_id']}"

    signed_up = volunteer.post(f"{path}/sign-up")
    assert (signed_up.status_code, signed_up.json()["part"]) == (201, "signed_up")
    assert volunteer.post(f"{path}/check-in", json={"code": activity["code"]}).json()["part"] == "checked_in"
    left = volunteer.post(f"{path}/check-out", json={"code": activity["code"]})
    assert (left.json()["part"], left.json()["minutes"]) == ("checked_out", 0)
    participation_id = signed_up.json()["participation_id"]
    confirmed = world.lead.post(
        f"/volunteers/participations/{participation_id}/confirm", json={"minutes": 90}
    )

    assert (confirmed.status_code, confirmed.json()["part"]) == (200, "confirmed")
    [event] = world.events(participation_id)
    assert event["type"] == "yiwang.volunteers.participation_confirmed.v1"
    assert event["data"] == {
        "participation_id": participation_id,
        "activity_id": activity["activity_id"],
        "area": COMMUNITY,
        "person_id": person_id,
        "minutes": 90,
        "confirmed_at": confirmed.json()["confirmed_at"].replace("+00:00", "Z"),
        "minutes_said_by": world.lead_id,
    }
    own = volunteer.get("/volunteers/me").json()
    assert (own["minutes"], own["times"]) == (90, 1)
    assert volunteer.get("/volunteers/participations").json()["items"][0]["title"] == "治安巡逻"


def test_publishing_is_announced_once(world: World) -> None:
    activity = world.published(capacity=3)

    again = world.lead.post(f"/volunteers/activities/{activity['activity_id']}/publish")

    assert (again.status_code, again.json()["code"]) == (409, "not_in_this_state")
    [event] = world.events(activity["activity_id"])
    assert (event["type"], event["data"]["capacity"]) == ("yiwang.volunteers.activity_published.v1", 3)


def test_places_are_never_oversold_when_everybody_signs_up_at_once(world: World) -> None:
    activity = world.published(capacity=5)
    path = f"/volunteers/activities/{activity['activity_id']}"
    crowd = [world.volunteer() for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: one.post(f"{path}/sign-up"), crowd))

    assert [answer.status_code for answer in answers] == [201] * 20
    parts = [answer.json()["part"] for answer in answers]
    assert (parts.count("signed_up"), parts.count("waiting")) == (5, 15)
    seen = world.lead.get(path).json()
    assert (seen["taken"], seen["waiting"]) == (5, 15)


def test_places_freed_and_asked_for_at_once_go_to_those_who_waited(world: World) -> None:
    activity = world.published(capacity=4)
    path = f"/volunteers/activities/{activity['activity_id']}"
    placed, waiting, late = ([world.volunteer() for _ in range(4)] for _ in range(3))
    for one in (*placed, *waiting):
        one.post(f"{path}/sign-up")

    with ThreadPoolExecutor(8) as pool:
        leaving = [pool.submit(one.post, f"{path}/withdraw") for one in placed]
        coming = [pool.submit(one.post, f"{path}/sign-up") for one in late]

    assert [answer.result().status_code for answer in leaving] == [200] * 4
    assert [answer.result().json()["part"] for answer in coming] == ["waiting"] * 4
    assert [one.get(path).json()["part"] for one in waiting] == ["signed_up"] * 4
    assert world.lead.get(path).json()["taken"] == 4


def test_one_person_gets_one_place_however_often_they_ask(world: World) -> None:
    activity = world.published()
    path = f"/volunteers/activities/{activity['activity_id']}"
    person_id = ids.new()
    world.volunteer(person_id=person_id)
    impatient = [world.api.client(roles=["volunteer"], person_id=person_id) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: one.post(f"{path}/sign-up"), impatient))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already_signed_up"}
    assert world.lead.get(path).json()["taken"] == 1


def test_who_cancelled_may_come_again(world: World) -> None:
    volunteer = world.volunteer()
    path = f"/volunteers/activities/{world.published()['activity_id']}"
    volunteer.post(f"{path}/sign-up")

    assert volunteer.post(f"{path}/withdraw").json()["part"] == "cancelled"
    assert volunteer.post(f"{path}/withdraw").json()["code"] == "not_signed_up"
    assert volunteer.post(f"{path}/sign-up").json()["part"] == "signed_up"


def test_a_no_show_is_recorded_and_announced(world: World) -> None:
    volunteer = world.volunteer()
    activity = world.published()
    signed_up = volunteer.post(f"/volunteers/activities/{activity['activity_id']}/sign-up").json()
    participation_id = signed_up["participation_id"]

    absent = world.lead.post(f"/volunteers/participations/{participation_id}/no-show")

    assert (absent.status_code, absent.json()["part"]) == (200, "no_show")
    [event] = world.events(participation_id)
    assert event["type"] == "yiwang.volunteers.no_show_recorded.v1"


def test_an_activity_that_is_over_is_settled_in_one_step(world: World) -> None:
    now = datetime.now(UTC)
    activity = world.published()
    path = f"/volunteers/activities/{activity['activity_id']}"
    came, absent = world.volunteer(), world.volunteer()
    came_id = came.post(f"{path}/sign-up").json()["participation_id"]
    absent_id = absent.post(f"{path}/sign-up").json()["participation_id"]
    came.post(f"{path}/check-in", json={"code": activity["code"]})
    came.post(f"{path}/check-out", json={"code": activity["code"]})
    assert world.lead.post(f"{path}/settle").json()["code"] == "too_early"
    with world.api.database.transaction() as tx:
        tx.execute(
            "UPDATE activities SET ends_at = %s WHERE activity_id = %s",
            (now - timedelta(minutes=1), activity["activity_id"]),
        )

    settled = world.lead.post(f"{path}/settle")

    assert (settled.status_code, settled.json()["state"]) == (200, "settled")
    assert world.events(came_id)[0]["type"] == "yiwang.volunteers.participation_confirmed.v1"
    assert world.events(absent_id)[0]["type"] == "yiwang.volunteers.no_show_recorded.v1"


def test_only_the_registered_with_the_right_skills_sign_up(world: World) -> None:
    path = f"/volunteers/activities/{world.published(required_skills=['first_aid'])['activity_id']}"

    unregistered = world.api.client(roles=["resident"]).post(f"{path}/sign-up")
    unskilled = world.volunteer().post(f"{path}/sign-up")
    skilled = world.volunteer(skills=("first_aid",)).post(f"{path}/sign-up")

    assert (unregistered.status_code, unregistered.json()["code"]) == (409, "not_registered")
    assert (unskilled.status_code, unskilled.json()["code"]) == (409, "skills_missing")
    assert skilled.status_code == 201


def test_an_activity_is_run_by_its_own_lead_and_the_staff_of_its_area_only(world: World) -> None:
    activity = world.lead.post("/volunteers/activities", json=world.plan()).json()
    path = f"/volunteers/activities/{activity['activity_id']}"
    other_lead = world.api.client(roles=["team_lead"])
    other_staff = world.api.client(roles=["community_officer"], areas=["370102008"])
    resident = world.api.client(roles=["resident"], areas=[SUBDISTRICT])

    for outsider in (other_lead, other_staff):
        assert outsider.get(path).status_code == 404
        assert outsider.post(f"{path}/publish").status_code == 404
        assert outsider.get(f"{path}/participations").status_code == 404
    # The area of somebody who is no staff counts for nothing.
    assert resident.get(path).status_code == 404
    assert resident.post(f"{path}/publish").status_code == 403
    assert world.staff.post(f"{path}/publish").status_code == 200
    assert other_lead.get(path).json()["code"] is None
    assert world.staff.get(path).json()["code"] == activity["code"]


def test_a_lead_decides_about_their_own_activities_only(world: World) -> None:
    activity = world.published()
    signed_up = world.volunteer().post(f"/volunteers/activities/{activity['activity_id']}/sign-up").json()
    path = f"/volunteers/participations/{signed_up['participation_id']}"
    other = world.api.client(roles=["team_lead"])

    assert other.post(f"{path}/no-show").status_code == 404
    assert other.post(f"{path}/confirm", json={"minutes": 60}).status_code == 404
    assert world.lead.post(f"/volunteers/participations/{ids.new()}/no-show").status_code == 404


def test_two_people_do_not_overwrite_each_others_plan(world: World) -> None:
    planned = world.lead.post("/volunteers/activities", json=world.plan())
    path = f"/volunteers/activities/{planned.json()['activity_id']}"
    change = {name: value for name, value in world.plan(title="清扫").items() if name != "team_id"}

    unconditional = world.lead.put(path, json=change)
    first = world.lead.put(path, json=change, headers={"If-Match": planned.headers["ETag"]})
    second = world.staff.put(path, json=change, headers={"If-Match": planned.headers["ETag"]})

    assert (unconditional.status_code, first.status_code, second.status_code) == (428, 200, 412)
    assert first.json()["title"] == "清扫"


def test_a_plan_outside_the_team_or_time_is_refused(world: World) -> None:
    now = datetime.now(UTC)

    outside = world.lead.post("/volunteers/activities", json=world.plan(area="370102008001"))
    backwards = world.lead.post("/volunteers/activities", json=world.plan(ends_at=world.plan()["starts_at"]))
    past = world.lead.post(
        "/volunteers/activities",
        json=world.plan(
            starts_at=(now - timedelta(hours=3)).isoformat(), ends_at=(now - timedelta(hours=1)).isoformat()
        ),
    )
    over = world.lead.post(f"/volunteers/activities/{past.json()['activity_id']}/publish")

    assert (outside.status_code, outside.json()["code"]) == (422, "outside_the_team")
    assert (backwards.status_code, backwards.json()["code"]) == (422, "window_too_long")
    assert (over.status_code, over.json()["code"]) == (409, "too_late")


def test_open_activities_are_listed_page_by_page_soonest_first(world: World) -> None:
    start = datetime.now(UTC) + timedelta(days=30)
    area = "370102007002"
    team_id = world.founded(area=area)
    made = [
        world.published(
            team_id=team_id,
            area=area,
            starts_at=(start + timedelta(hours=hour)).isoformat(),
            ends_at=(start + timedelta(hours=hour + 1)).isoformat(),
        )["activity_id"]
        for hour in (3, 1, 2)
    ]
    resident = world.api.client(roles=["resident"])

    found, cursor = [], None
    for _ in range(4):
        query = {"area": area, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = resident.get("/volunteers/activities", params=query).json()
        found += [item["activity_id"] for item in page["items"] if item["activity_id"] in made]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == [made[1], made[2], made[0]]
    mine = world.lead.get("/volunteers/activities", params={"mine": "true", "area": area}).json()["items"]
    assert {item["activity_id"] for item in mine} == set(made)


def test_a_lead_who_takes_part_does_not_say_how_long_they_served(world: World) -> None:
    activity = world.published()
    path = f"/volunteers/activities/{activity['activity_id']}"
    world.lead.put("/volunteers/me", json={"areas": [COMMUNITY]})
    own = world.lead.post(f"{path}/sign-up").json()["participation_id"]
    world.lead.post(f"{path}/check-in", json={"code": activity["code"]})
    world.lead.post(f"{path}/check-out", json={"code": activity["code"]})

    claimed = world.lead.post(f"/volunteers/participations/{own}/confirm", json={"minutes": 170})
    measured = world.lead.post(f"/volunteers/participations/{own}/confirm", json={})

    assert (claimed.status_code, claimed.json()["code"]) == (403, "own_hours")
    assert (measured.status_code, measured.json()["minutes"]) == (200, 0)


@pytest.mark.parametrize(
    "path",
    [
        "/volunteers/teams",
        "/volunteers/orders",
        "/volunteers/orders?role=taker",
        "/volunteers/orders?role=runner",
        "/volunteers/participations",
        "/volunteers/activities",
        "/volunteers/activities?mine=true",
    ],
)
@pytest.mark.parametrize(
    "values", [["x"], [7], [None], [True], ["x", "y"], ["2026-01-01", 3], [0, ids.new()]]
)
def test_a_made_up_cursor_is_refused(world: World, path: str, values: list[object]) -> None:
    answer = world.staff.get(path, params={"cursor": encode_cursor(values)})

    assert answer.status_code == 422, answer.text


def test_a_lead_does_not_say_how_long_somebody_of_their_household_served(world: World) -> None:
    household = ids.new()
    lead = world.api.client(roles=["team_lead"], person_id=world.lead_id, household=household)
    child, neighbour = world.volunteer(household=household), world.volunteer(household=ids.new())
    activity = world.published()
    path = f"/volunteers/activities/{activity['activity_id']}"
    parts = {}
    for one in (child, neighbour):
        parts[one] = one.post(f"{path}/sign-up").json()["participation_id"]
        one.post(f"{path}/check-in", json={"code": activity["code"]})

    own = lead.post(f"/volunteers/participations/{parts[child]}/confirm", json={"minutes": 170})
    other = lead.post(f"/volunteers/participations/{parts[neighbour]}/confirm", json={"minutes": 170})
    child.post(f"{path}/check-out", json={"code": activity["code"]})
    measured = lead.post(f"/volunteers/participations/{parts[child]}/confirm", json={})

    assert (own.status_code, own.json()["code"]) == (403, "own_hours")
    assert other.status_code == 200
    assert (measured.status_code, measured.json()["minutes"]) == (200, 0)
