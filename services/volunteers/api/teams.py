"""Registering as a volunteer, and teams."""

from typing import Any

from services.volunteers import schemas
from services.volunteers.domain import errors, teams
from services.volunteers.domain.teams import Kind, Team
from services.volunteers.store import teams as store
from services.volunteers.store.sql import MANAGERS
from shared import auth, db, http, ids
from shared import errors as shared_errors
from shared.auth import Role
from shared.http import Page, Request, get, patch, post, put

PEOPLE = auth.ANYONE - {Role.INTEGRATOR}
RUNNERS = MANAGERS | {Role.TEAM_LEAD}


class Teams:
    @put("/volunteers/me", roles=PEOPLE, body=schemas.Registration, answers=schemas.VolunteerView)
    def register(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Register as a volunteer, or change one's areas and skills."""
        return store.register(tx, request.actor.person_id, **request.body)

    @get("/volunteers/me", roles=PEOPLE, answers=schemas.VolunteerView)
    def read_registration(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Read one's own registration and what was served so far."""
        row = store.registration(tx, request.actor.person_id)
        if row is None:
            raise shared_errors.NotFound()
        return {**row, **store.served(tx, request.actor.person_id)}

    @post(
        "/volunteers/teams",
        roles=MANAGERS,
        body=schemas.NewTeam,
        answers=schemas.TeamView,
        status=201,
        errors=(errors.CorpsExists, errors.TeamNameTaken, errors.WrongLevel, errors.OutsideYourArea),
    )
    def found_team(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Found a team and name its lead."""
        body = request.body
        if not request.actor.sees(body["area"]):
            raise errors.OutsideYourArea()
        team = teams.found(
            Team(
                team_id=ids.new(),
                name=body["name"],
                kind=Kind(body["kind"]),
                area=body["area"],
                lead_id=str(body["lead_id"]),
            )
        )
        store.insert(tx, team)
        request.answer_headers["Location"] = f"/api/volunteers/teams/{team.team_id}"
        return store.view(tx, team.team_id)

    @get("/volunteers/teams", roles=PEOPLE, query=schemas.TeamFilter, answers=schemas.TeamView, page=True)
    def list_teams(self, tx: db.Tx, request: Request, /) -> Page:
        """List active teams, of an area and everything below it when given."""
        cursor = request.cursor(length=1)
        rows = store.listed(
            tx,
            area=request.query["area"],
            kind=request.query["kind"],
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["team_id"])])

    @get("/volunteers/teams/<uuid:team_id>", roles=PEOPLE, answers=schemas.TeamView)
    def read_team(self, tx: db.Tx, request: Request, /, team_id: str) -> dict[str, Any]:
        """Read a team."""
        return store.view(tx, team_id)

    @patch(
        "/volunteers/teams/<uuid:team_id>",
        roles=MANAGERS,
        body=schemas.TeamChange,
        answers=schemas.TeamView,
        if_match=True,
        errors=(errors.CorpsExists, errors.TeamNameTaken),
    )
    def change_team(self, tx: db.Tx, request: Request, /, team_id: str) -> dict[str, Any]:
        """Rename a team, name another lead, close or reopen it."""
        team = store.lock_run(tx, team_id, request.actor)
        request.match(team.version)
        lead_id = request.body["lead_id"]
        store.save(tx, teams.change(team, **{**request.body, "lead_id": str(lead_id) if lead_id else None}))
        return store.view(tx, team_id)

    @post(
        "/volunteers/teams/<uuid:team_id>/join",
        roles=PEOPLE,
        answers=schemas.TeamView,
        errors=(errors.NotRegistered, errors.TeamClosed),
    )
    def join_team(self, tx: db.Tx, request: Request, /, team_id: str) -> dict[str, Any]:
        """Join a team; joining again changes nothing."""
        store.registered(tx, request.actor.person_id)
        store.join(tx, team_id, request.actor.person_id, at=db.now(tx))
        return store.view(tx, team_id)

    @post("/volunteers/teams/<uuid:team_id>/leave", roles=PEOPLE, answers=schemas.TeamView)
    def leave_team(self, tx: db.Tx, request: Request, /, team_id: str) -> dict[str, Any]:
        """Leave a team."""
        store.leave(tx, team_id, request.actor.person_id)
        return store.view(tx, team_id)

    @get(
        "/volunteers/teams/<uuid:team_id>/members",
        roles=RUNNERS,
        query=http.PageQuery,
        answers=schemas.MemberView,
        page=True,
    )
    def list_members(self, tx: db.Tx, request: Request, /, team_id: str) -> Page:
        """List a team's members, for its lead and the staff of its area."""
        store.must_run(tx, team_id, request.actor)
        cursor = request.cursor(length=1)
        rows = store.members(tx, team_id, after=str(cursor[0]) if cursor else None, most=request.limit + 1)
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["person_id"])])
