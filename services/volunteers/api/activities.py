"""Planning, publishing and settling activities."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.volunteers import schemas
from services.volunteers.api.teams import PEOPLE, RUNNERS
from services.volunteers.domain import activities, errors
from services.volunteers.domain.activities import Activity
from services.volunteers.store import activities as store
from services.volunteers.store import teams as team_store
from shared import db, http, ids
from shared.bus import outbox
from shared.contracts.base import Event
from shared.http import Page, Request, get, post, put

# Letters and digits nobody confuses when reading them from a poster; 40 bits, so that guessing is hopeless.
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 8


class Activities:
    @post(
        "/volunteers/activities",
        roles=RUNNERS,
        body=schemas.NewActivity,
        answers=schemas.ActivityView,
        status=201,
        errors=(errors.TeamClosed, errors.WindowTooLong, errors.OutsideTheTeam),
    )
    def plan_activity(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Plan an activity of a team one runs."""
        body = request.body
        team = team_store.lock_run(tx, str(body["team_id"]), request.actor)
        if not team.is_active:
            raise errors.TeamClosed()
        activity = activities.plan(
            Activity(
                activity_id=ids.new(),
                team_id=team.team_id,
                code="".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH)),
                **_planned(body),
            ),
            team_area=team.area,
        )
        store.insert(tx, activity)
        request.answer_headers["Location"] = f"/api/volunteers/activities/{activity.activity_id}"
        return store.view(tx, activity.activity_id, request.actor)

    @get(
        "/volunteers/activities",
        roles=PEOPLE,
        query=schemas.ActivityFilter,
        answers=schemas.ActivitySummary,
        page=True,
    )
    def list_activities(self, tx: db.Tx, request: Request, /) -> Page:
        """List published activities that are not over, soonest first; with `mine` those one runs."""
        query = request.query
        cursor = request.cursor(length=2)
        after = (str(cursor[0]), str(cursor[1])) if cursor else None
        rows = (
            store.listed_run(
                tx,
                request.actor,
                area=query["area"],
                state=query["state"],
                after=after,
                most=request.limit + 1,
            )
            if query["mine"]
            else store.listed_open(tx, area=query["area"], at=db.now(tx), after=after, most=request.limit + 1)
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [row["starts_at"].isoformat(), str(row["activity_id"])],
        )

    @get("/volunteers/activities/<uuid:activity_id>", roles=PEOPLE, answers=schemas.ActivityView)
    def read_activity(self, tx: db.Tx, request: Request, /, activity_id: str) -> dict[str, Any]:
        """Read an activity with one's own part in it; whoever runs it also reads the code."""
        return store.view(tx, activity_id, request.actor)

    @put(
        "/volunteers/activities/<uuid:activity_id>",
        roles=RUNNERS,
        body=schemas.Plan,
        answers=schemas.ActivityView,
        if_match=True,
        errors=(errors.NotInThisState, errors.WindowTooLong, errors.OutsideTheTeam),
    )
    def change_plan(self, tx: db.Tx, request: Request, /, activity_id: str) -> dict[str, Any]:
        """Change a plan before it is published."""
        activity, team_area, _ = store.lock_run(tx, activity_id, request.actor)
        request.match(activity.version)
        changed = replace(activity, **_planned(request.body))
        store.save(tx, activities.replan(activity, changed, team_area=team_area))
        return store.view(tx, activity_id, request.actor)

    @post(
        "/volunteers/activities/<uuid:activity_id>/publish",
        roles=RUNNERS,
        answers=schemas.ActivityView,
        errors=(errors.NotInThisState, errors.TooLate),
    )
    def publish_activity(self, tx: db.Tx, request: Request, /, activity_id: str) -> dict[str, Any]:
        """Open an activity for sign-up."""
        return _step(tx, request, activity_id, lambda activity, at: activities.publish(activity, at=at))

    @post(
        "/volunteers/activities/<uuid:activity_id>/cancel",
        roles=RUNNERS,
        answers=schemas.ActivityView,
        errors=(errors.NotInThisState,),
    )
    def call_off_activity(self, tx: db.Tx, request: Request, /, activity_id: str) -> dict[str, Any]:
        """Call an activity off; nobody counts as absent."""
        return _step(tx, request, activity_id, lambda activity, at: (activities.call_off(activity), []))

    @post(
        "/volunteers/activities/<uuid:activity_id>/settle",
        roles=RUNNERS,
        answers=schemas.ActivityView,
        errors=(errors.NotInThisState, errors.TooEarly),
    )
    def settle_activity(self, tx: db.Tx, request: Request, /, activity_id: str) -> dict[str, Any]:
        """Close an activity that is over: confirm who checked out, record who never came."""
        activity, _, _ = store.lock_run(tx, activity_id, request.actor)
        request.match(activity.version)
        undecided = store.lock_undecided(tx, activity_id)
        settled, changed, events = activities.settle(activity, undecided, at=db.now(tx))
        store.save(tx, settled)
        store.save_participations(tx, *changed)
        outbox.add(tx, events)
        return store.view(tx, activity_id, request.actor)


def _planned(body: dict[str, Any]) -> dict[str, Any]:
    """What a plan says, as the activity holds it."""
    return {
        "area": body["area"],
        "title": body["title"],
        "description": body["description"],
        "starts_at": body["starts_at"],
        "ends_at": body["ends_at"],
        "capacity": body["capacity"],
        "required_skills": tuple(sorted(set(body["required_skills"]))),
    }


def _step(
    tx: db.Tx,
    request: Request,
    activity_id: str,
    step: Callable[[Activity, datetime], tuple[Activity, list[Event]]],
) -> dict[str, Any]:
    activity, _, at = store.lock_run(tx, activity_id, request.actor)
    request.match(activity.version)
    changed, events = step(activity, at)
    store.save(tx, changed)
    outbox.add(tx, events)
    return store.view(tx, activity_id, request.actor)
