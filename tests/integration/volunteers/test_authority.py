"""The area and relation axes of volunteering, generated: what lies outside does not exist."""

from __future__ import annotations

from typing import Any

from shared import ids
from tests.support import authority

# Activities and teams are there to be found, wherever one lives: to join one is to come nearer.
OPEN = {
    "GET /volunteers/activities": "published to be found",
    "GET /volunteers/activities/<uuid:activity_id>": "published to be found",
    "POST /volunteers/activities/<uuid:activity_id>/sign-up": "any registered volunteer",
    "POST /volunteers/activities/<uuid:activity_id>/withdraw": "one's own place",
    "POST /volunteers/activities/<uuid:activity_id>/check-in": "whoever is there has the code",
    "POST /volunteers/activities/<uuid:activity_id>/check-out": "whoever is there has the code",
    "GET /volunteers/teams": "published to be found",
    "GET /volunteers/teams/<uuid:team_id>": "published to be found",
    "POST /volunteers/teams/<uuid:team_id>/join": "any registered volunteer",
    "POST /volunteers/teams/<uuid:team_id>/leave": "one's own membership",
    "PUT /volunteers/me": "one's own registration",
    "POST /volunteers/orders": "a service may be ordered for where one's parents live",
}


def test_what_lies_outside_area_and_relation_does_not_exist(world: Any) -> None:
    activity = world.published()
    volunteer_id, resident_id = ids.new(), ids.new()
    volunteer = world.volunteer(person_id=volunteer_id)
    signed_up = volunteer.post(f"/volunteers/activities/{activity['activity_id']}/sign-up")
    assert signed_up.status_code < 300, signed_up.text
    participation = volunteer.get("/volunteers/participations").json()["items"][0]
    resident = world.api.client(roles=["resident"], person_id=resident_id)
    order = resident.post("/volunteers/orders", json={"area": "370102007001", "service": "haircut"})
    assert order.status_code == 201, order.text
    insiders = (
        {"roles": ["community_officer"], "areas": ["370102007"]},
        {"roles": ["team_lead"], "person_id": world.lead_id},
        {"roles": ["volunteer"], "person_id": volunteer_id},
        {"roles": ["resident"], "person_id": resident_id},
    )
    samples = [
        authority.Sample(
            paths=paths,
            insiders=insiders,
            open_to_all=OPEN,
            bodies={
                "PUT /volunteers/activities/<uuid:activity_id>": {
                    name: value for name, value in world.plan().items() if name != "team_id"
                },
            },
        )
        for paths in (
            {"activity_id": activity["activity_id"]},
            {"team_id": world.team_id},
            {"participation_id": participation["participation_id"]},
            {"order_id": order.json()["service_order_id"]},
        )
    ]

    authority.check(world.api, "volunteers", samples, area="370102007001")


def test_a_volunteer_of_elsewhere_takes_no_order_here(world: Any) -> None:
    resident = world.api.client(roles=["resident"])
    order = resident.post("/volunteers/orders", json={"area": "370102007001", "service": "haircut"}).json()
    elsewhere = world.api.client(roles=["volunteer"])
    registered = elsewhere.put("/volunteers/me", json={"areas": [authority.ELSEWHERE], "skills": []})
    assert registered.status_code == 200

    taken = elsewhere.post(f"/volunteers/orders/{order['service_order_id']}/take")
    nothing = elsewhere.post(f"/volunteers/orders/{ids.new()}/take")

    assert authority.outcome(taken) == authority.outcome(nothing)
    assert taken.status_code == 404


def test_what_is_open_to_all_is_declared(world: Any) -> None:
    declared = {authority.label(route) for route in authority.routes("volunteers")}

    assert OPEN.keys() <= declared
