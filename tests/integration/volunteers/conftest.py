"""People and plans the tests of `volunteers` share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import ids
from tests.support import clients

SUBDISTRICT = "370102007"
COMMUNITY = "370102007001"


class World:
    """One lead with a team of their own, and whoever else a test asks for."""

    def __init__(self, api: clients.Api) -> None:
        self.api = api
        self.staff = api.client(roles=["community_officer"], areas=[SUBDISTRICT])
        self.lead_id = ids.new()
        self.lead = api.client(roles=["team_lead"], person_id=self.lead_id)
        self.team_id = self.founded(name=f"队 {self.lead_id}")

    def founded(self, **changes: Any) -> str:
        body = {"name": ids.new(), "kind": "community_team", "area": COMMUNITY, "lead_id": self.lead_id}
        answer = self.staff.post("/volunteers/teams", json=body | changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["team_id"])

    def volunteer(self, *, skills: tuple[str, ...] = (), **claims: Any) -> clients.Client:
        """Somebody registered in the subdistrict."""
        client = self.api.client(roles=["volunteer"], **claims)
        body = {"areas": [SUBDISTRICT], "skills": list(skills)}
        assert client.put("/volunteers/me", json=body).status_code == 200
        return client

    def plan(self, **changes: Any) -> dict[str, Any]:
        """What an activity going on now looks like when it is planned."""
        now = datetime.now(UTC)
        return {
            "team_id": self.team_id,
            "area": COMMUNITY,
            "title": "治安巡逻",
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat(),
            "capacity": 10,
        } | changes

    def published(self, **changes: Any) -> dict[str, Any]:
        """A published activity as its lead reads it, with the code."""
        planned = self.lead.post("/volunteers/activities", json=self.plan(**changes))
        assert planned.status_code == 201, planned.text
        answer = self.lead.post(f"/volunteers/activities/{planned.json()['activity_id']}/publish")
        assert answer.status_code == 200, answer.text
        activity: dict[str, Any] = answer.json()
        return activity

    def events(self, subject: str) -> list[dict[str, Any]]:
        """What was announced about a subject, oldest first."""
        with self.api.database.transaction(read_only=True) as tx:
            return tx.execute(
                "SELECT type, area, data FROM outbox WHERE subject = %s ORDER BY sequence", (subject,)
            ).fetchall()


@pytest.fixture
def world(api: Callable[[str], clients.Api]) -> World:
    return World(api("volunteers"))
