"""The acts after the matter: points for the report and for a volunteer's service, and an egg for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.story.stage import SUBDISTRICT, Stage


def points(stage: Stage, case: dict[str, Any]) -> None:
    stage.title("7 积分: the report and the volunteer's service are credited; an egg is exchanged")
    resident = stage.as_("resident")
    earned = stage.moved("points_earned", cause=f"case:{case['case_id']}")
    stage.line("points", f"credited the household {earned['data']['points']} points for a valid report")
    volunteer_serves(stage)
    shops = stage.get(resident, f"/points/shops?area={SUBDISTRICT}")["items"]
    goods = stage.get(resident, f"/points/shops/{shops[0]['id']}/goods")["items"]
    egg = next(good for good in goods if good["name"] == "鸡蛋")
    stage.same("the price of an egg", egg["price"], 5)
    before = stage.get(resident, "/points/passbooks/mine")["available"]
    order = stage.post(
        resident,
        "/points/redemptions",
        {"shop_id": shops[0]["id"], "lines": [{"good_id": egg["id"], "quantity": 1}]},
    )
    stage.line("resident", f"ordered an egg for 5 points; pick-up code {order['pickup_code']}")
    handed = stage.post(
        stage.as_("shopkeeper"),
        f"/points/redemptions/{order['id']}/hand-over",
        {"pickup_code": order["pickup_code"]},
    )
    stage.same("state of the order", handed["state"], "completed")
    stage.same("points left", stage.get(resident, "/points/passbooks/mine")["available"], before - 5)
    stage.line("shopkeeper", "handed the egg over")
    stage.moved("redemption_completed", redemption_id=order["id"])


def volunteer_serves(stage: Stage) -> None:
    lead, volunteer = stage.as_("teamlead"), stage.as_("volunteer")
    teams = stage.get(lead, "/volunteers/teams?limit=200")["items"]
    team = next(team for team in teams if team["area"].startswith(SUBDISTRICT))
    starts_at = datetime.now(UTC) + timedelta(minutes=5)
    activity = stage.post(
        lead,
        "/volunteers/activities",
        {
            "team_id": team["team_id"],
            "area": team["area"],
            "title": "楼道清扫",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
            "capacity": 10,
        },
    )
    path = f"/volunteers/activities/{activity['activity_id']}"
    stage.post(lead, f"{path}/publish")
    part = stage.post(volunteer, f"{path}/sign-up")
    code = {"code": stage.get(lead, path)["code"]}
    stage.post(volunteer, f"{path}/check-in", code)
    stage.post(volunteer, f"{path}/check-out", code)
    confirmed = stage.post(
        lead, f"/volunteers/participations/{part['participation_id']}/confirm", {"minutes": 90}
    )
    stage.same("minutes served", confirmed["minutes"], 90)
    stage.line("volunteer", f"served in {activity['title']}; the team lead confirmed 90 minutes")
    stage.moved("participation_confirmed", participation_id=part["participation_id"])
    credited = stage.moved("points_earned", person_id=part["person_id"])
    stage.line("points", f"credited the volunteer's household {credited['data']['points']} points")
