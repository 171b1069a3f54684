"""The acts of the integrator: an account for one subdistrict, and the day replayed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from shared import clock
from tests.e2e.story.stage import SUBDISTRICT, Stage
from tests.e2e.story.telling import Differs, Follower, name

# An integrator's stream is ready when a week's history has been copied into it, others' before it.
REGISTRATION_SECONDS = 90.0
EVENT_TYPES = [
    "yiwang.cases.case_reported.v1",
    "yiwang.cases.case_triaged.v1",
    "yiwang.cases.case_whistled.v1",
    "yiwang.cases.case_resolved.v1",
    "yiwang.cases.case_checked.v1",
    "yiwang.cases.case_called_back.v1",
    "yiwang.cases.case_closed.v1",
    "yiwang.dispatch.order_opened.v1",
    "yiwang.dispatch.task_sent.v1",
    "yiwang.dispatch.task_signed.v1",
    "yiwang.dispatch.task_assigned.v1",
    "yiwang.dispatch.task_arrived.v1",
    "yiwang.dispatch.task_replied.v1",
    "yiwang.dispatch.task_finished.v1",
    "yiwang.dispatch.order_finished.v1",
    "yiwang.dispatch.rating_given.v1",
    "yiwang.volunteers.participation_confirmed.v1",
    "yiwang.points.points_earned.v1",
    "yiwang.points.redemption_completed.v1",
]
CASE_EVENTS = [
    "case_reported",
    "case_triaged",
    "case_whistled",
    "case_resolved",
    "case_checked",
    "case_called_back",
    "case_closed",
]


def subscribes(stage: Stage) -> None:
    stage.title("2 对接系统: an integrator gets an account for one subdistrict")
    admin = stage.as_("admin")
    secrets = stage.post(
        admin,
        "/registry/integrators",
        {
            "name": f"story-{uuid.uuid4().hex[:10]}",
            "title": "The story's integrator",
            "event_types": EVENT_TYPES,
            "areas": [SUBDISTRICT],
        },
    )
    stage.until(
        "the integrator's stream is ready",
        lambda: stage.get(admin, f"/registry/integrators/{secrets['integrator_id']}")["state"] == "ready",
        within_seconds=REGISTRATION_SECONDS,
    )
    stage.follower = Follower(
        url=_with_account(stage.amqp_url, secrets["amqp_username"], secrets["amqp_password"]),
        stream=secrets["stream"],
    )
    stage.line("integrator", f"follows {secrets['stream']} with its own restricted account")


def replays(stage: Stage, case: dict[str, Any], elsewhere: dict[str, Any]) -> None:
    stage.title("8 重放: the integrator replays the day")
    assert stage.follower is not None
    midnight = datetime.now(clock.BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    replayed = stage.follower.replay(midnight.isoformat())
    live = [event["id"] for event in stage.follower.seen]
    missing = set(live) - {event["id"] for event in replayed}
    if missing:
        raise Differs(f"{len(missing)} events seen live are missing from the replay")
    strangers = {event["area"] for event in replayed if not event["area"].startswith(SUBDISTRICT)}
    if strangers:
        raise Differs(f"the integrator saw areas that are not its own: {sorted(strangers)}")
    if any(event["subject"] == elsewhere["case_id"] for event in replayed):
        raise Differs("the integrator saw another subdistrict's case")
    told = [name(event) for event in replayed if event["subject"] == case["case_id"]]
    stage.same("the case's events, in order", told, CASE_EVENTS)
    stage.line("integrator", f"replayed {len(replayed)} events; all of its subdistrict, none of another's")


def _with_account(url: str, username: str, password: str) -> str:
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return urlunsplit(parts._replace(netloc=f"{quote(username, safe='')}:{quote(password, safe='')}@{host}"))
