"""Teams and registrations through the API."""

import secrets

from shared import ids
from tests.integration.volunteers.conftest import COMMUNITY, SUBDISTRICT, World


def test_a_district_has_one_corps(world: World) -> None:
    district = f"3799{secrets.randbelow(90) + 10}"
    staff = world.api.client(roles=["supervisor"], areas=["3799"])
    corps = {"kind": "corps", "area": district, "lead_id": ids.new()}

    first = staff.post("/volunteers/teams", json=corps | {"name": "总队"})
    second = staff.post("/volunteers/teams", json=corps | {"name": "第二总队"})
    closed = staff.patch(
        f"/volunteers/teams/{first.json()['team_id']}",
        json={"is_active": False},
        headers={"If-Match": first.headers["ETag"]},
    )
    third = staff.post("/volunteers/teams", json=corps | {"name": "第二总队"})

    assert (first.status_code, closed.status_code, third.status_code) == (201, 200, 201)
    assert (second.status_code, second.json()["code"]) == (409, "corps_exists")


def test_teams_are_founded_inside_ones_own_area(world: World) -> None:
    body = {"name": ids.new(), "kind": "professional", "area": "370102008", "lead_id": ids.new()}

    outside = world.staff.post("/volunteers/teams", json=body)
    wrong_level = world.staff.post("/volunteers/teams", json=body | {"kind": "corps", "area": SUBDISTRICT})
    by_a_lead = world.lead.post("/volunteers/teams", json=body | {"area": SUBDISTRICT})

    assert (outside.status_code, outside.json()["code"]) == (422, "outside_your_area")
    assert (wrong_level.status_code, wrong_level.json()["code"]) == (422, "wrong_level")
    assert by_a_lead.status_code == 403


def test_volunteers_join_and_leave_and_only_those_who_run_a_team_see_its_members(world: World) -> None:
    path = f"/volunteers/teams/{world.team_id}"
    person_id = ids.new()
    volunteer = world.volunteer(person_id=person_id, skills=("haircut",))

    assert volunteer.post(f"{path}/join").json()["members"] == 1
    assert volunteer.post(f"{path}/join").json()["members"] == 1
    [member] = world.lead.get(f"{path}/members").json()["items"]
    assert (member["person_id"], member["skills"]) == (person_id, ["haircut"])
    assert volunteer.get(f"{path}/members").status_code == 403
    assert world.api.client(roles=["team_lead"]).get(f"{path}/members").status_code == 404
    assert volunteer.post(f"{path}/leave").json()["members"] == 0
    assert world.api.client(roles=["resident"]).post(f"{path}/join").json()["code"] == "not_registered"


def test_a_registration_is_changed_by_registering_again(world: World) -> None:
    resident = world.api.client(roles=["resident"])
    assert resident.get("/volunteers/me").status_code == 404

    first = resident.put("/volunteers/me", json={"areas": [COMMUNITY, SUBDISTRICT], "skills": ["sewing"]})
    second = resident.put("/volunteers/me", json={"areas": [COMMUNITY]})

    # A community inside a subdistrict that is named too says nothing of its own.
    assert (first.json()["areas"], first.json()["version"]) == ([SUBDISTRICT], 1)
    assert (second.json()["areas"], second.json()["skills"], second.json()["version"]) == ([COMMUNITY], [], 2)


def test_bad_registrations_name_the_wrong_field(world: World) -> None:
    resident = world.api.client(roles=["resident"])

    for body, pointer in (
        ({"areas": []}, "/areas"),
        ({"areas": ["37010"]}, "/areas/0"),
        ({"areas": [COMMUNITY], "skills": ["First Aid"]}, "/skills/0"),
        ({"areas": [COMMUNITY], "phone": "1"}, "/phone"),
    ):
        answer = resident.put("/volunteers/me", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


def test_without_a_token_only_the_menu_is_read(world: World) -> None:
    stranger = world.api.stranger()

    assert stranger.get("/volunteers/teams").status_code == 401
    services = stranger.get("/volunteers/menu").json()["services"]
    assert {"service": "haircut", "name": "理发", "usual_minutes": 30} in services
