"""The area and relation axes of matters, generated: what lies outside does not exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared import clock, ids
from tests.support import authority, district, photos

_CATALOGUE = "the catalogue is the deployment's: no area and nobody's relation hides what may be reported"


def test_what_lies_outside_area_and_relation_does_not_exist(world: Any) -> None:
    person = ids.new()
    reporter = world.api.client(roles=["resident"], person_id=person)
    case_id = world.report(reporter)["case_id"]
    attached = reporter.post(f"/cases/{case_id}/attachments", data=photos.photo()).json()
    world.whistle(case_id, district.MARKET)
    gathering = world.report(
        world.api.client(roles=["resident"], person_id=person), category="service.elderly_help"
    )["case_id"]
    insiders = (
        {"roles": ["supervisor"], "areas": [district.DISTRICT]},
        {"roles": ["resident"], "person_id": person},
        {"roles": ["admin"], "areas": [district.DISTRICT]},
    )
    bodies: dict[str, dict[str, Any]] = {
        "POST /cases/<uuid:case_id>/call-back": {"reached": False},
        "POST /cases/<uuid:case_id>/hold/review": {"outcome": "resume", "reason": "材料已齐"},
    }
    approval = authority.Sample(
        paths={"case_id": gathering, "position": "1"},
        insiders=insiders,
        bodies=bodies,
        open_to_all=dict.fromkeys(
            (
                "GET /cases/hearing-rules",
                "GET /cases/rates",
                "GET /cases/progress-limits",
                "GET /cases/catalogue/export",
            ),
            "a position is found in any text with numbers",
        ),
    )
    sample = authority.Sample(
        paths={
            "case_id": case_id,
            "code": "env.cooking_fumes",
            "attachment_id": attached["attachment_id"],
        },
        insiders=insiders,
        bodies=bodies,
        open_to_all=dict.fromkeys(
            (
                "GET /cases/catalogue/<string:code>/versions",
                "PUT /cases/catalogue/<string:code>",
                "POST /cases/catalogue/<string:code>/retire",
                "GET /cases/catalogue/export",
                "GET /cases/open311/questions/<string:code>",
                "PUT /cases/open311/questions/<string:code>",
            ),
            _CATALOGUE,
        ),
    )

    hearing = authority.Sample(
        paths={"hearing_id": str(world.hearing(world.resolved(), "check")["hearing_id"])},
        insiders=({"roles": ["supervisor"], "areas": [district.DISTRICT]},),
    )
    asked = world.responder(district.MARKET).post(
        f"/cases/{case_id}/removals",
        json={
            "month": f"{clock.now().astimezone(clock.BEIJING):%Y-%m}",
            "ground": "force_majeure",
            "words": "雨",
        },
    )
    removal = authority.Sample(
        paths={"removal_id": asked.json()["removal_id"]},
        insiders=({"roles": ["supervisor"], "areas": [district.DISTRICT]},),
    )

    notice = world.officer.post(
        "/cases/notices", json={"area": "370102007003", "title": "通知", "words": "路灯已修复"}
    )
    service = world.resident.post(
        "/cases/services",
        json={"mode": "at_home", "items": ["认证"], "place": district.IN_GRID, "address": "文化东路"},
    )
    officer = ({"roles": ["community_officer"], "areas": [district.SUBDISTRICT]},)
    paths = meeting_of(world)
    later = [
        authority.Sample(paths={"notice_id": notice.json()["notice_id"]}, insiders=officer),
        authority.Sample(paths={"appointment_id": service.json()["appointment_id"]}, insiders=officer),
        authority.Sample(paths={name: paths[name] for name in ("meeting_id", "item_id")}, insiders=officer),
        authority.Sample(paths={"project_id": paths["project_id"]}, insiders=officer),
        authority.Sample(paths=dispute_of(world), insiders=officer),
    ]

    admin = world.api.client(roles=["admin"], areas=[district.DISTRICT])
    key = admin.post("/cases/open311/keys", json={"name": "x", "areas": [district.DISTRICT]}).json()
    name = f"{ids.new()[-12:]}.example"
    served = {"jurisdiction_id": name, "area": district.DISTRICT, "name": "历下区"}
    assert admin.post("/cases/open311/jurisdictions", json=served).status_code == 201
    open311 = authority.Sample(
        paths={"key_id": key["key_id"], "jurisdiction_id": name},
        insiders=({"roles": ["admin"], "areas": [district.DISTRICT]},),
    )

    authority.check(
        world.api, "cases", [sample, approval, hearing, removal, open311, *later], area=district.GRID
    )


def meeting_of(world: Any) -> dict[str, str]:
    """A meeting with one point that became a project."""
    meeting = world.officer.post(
        "/cases/meetings",
        json={
            "kind": "residents",
            "area": "370102007003",
            "title": "问需会",
            "starts_at": clock.rfc3339(clock.now()),
        },
    ).json()
    path = f"/cases/meetings/{meeting['meeting_id']}/items"
    item_id = world.officer.post(path, json={"title": "加装路灯"}).json()["items"][0]["item_id"]
    project = {
        "title": "加装路灯",
        "owner_id": world.staff(),
        "watcher_id": world.staff(),
        "due_on": (clock.now() + timedelta(days=9)).date().isoformat(),
    }
    decided = world.officer.post(f"{path}/{item_id}/decide", json={"decision": "同意", "project": project})
    project_id = decided.json()["items"][0]["project_id"]
    return {"meeting_id": meeting["meeting_id"], "item_id": item_id, "project_id": project_id}


def dispute_of(world: Any) -> dict[str, str]:
    """A dispute at the desk with a session arranged."""
    opened = world.officer.post(
        f"/cases/{world.report()['case_id']}/disputes",
        json={
            "parties": [{"side": "applicant", "name": "甲"}, {"side": "respondent", "name": "乙"}],
            "mediators": [world.staff("mediator")],
        },
    ).json()
    arranged = world.officer.post(
        f"/cases/disputes/{opened['dispute_id']}/sessions", json={"starts_at": clock.rfc3339(clock.now())}
    ).json()
    return {"dispute_id": opened["dispute_id"], "session_id": arranged["sessions"][0]["session_id"]}
