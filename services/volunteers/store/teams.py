"""Teams, their members, and registrations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.volunteers.domain import errors as domain_errors
from services.volunteers.domain.teams import Kind, Team
from services.volunteers.store.sql import queries, reach
from shared import auth, db, errors

_NAMES: dict[str, type[errors.Error]] = {
    "teams_corps_key": domain_errors.CorpsExists,
    "teams_name_key": domain_errors.TeamNameTaken,
}


def insert(tx: db.Tx, team: Team) -> None:
    """Founds a team. Raises CorpsExists, TeamNameTaken."""
    with db.translating(_NAMES):
        queries.insert_team(tx, **vars(team))


def lock_run(tx: db.Tx, team_id: str, actor: auth.Actor) -> Team:
    """A team the actor runs, locked. Raises NotFound."""
    own = reach(actor)
    row = queries.lock_team(tx, team_id=team_id, scopes=own.scopes, person_id=own.lead_id)
    if row is None:
        raise errors.NotFound()
    return team_of(row)


def must_run(tx: db.Tx, team_id: str, actor: auth.Actor) -> None:
    """Raises NotFound unless the actor runs the team."""
    own = reach(actor)
    if not queries.runs_team(tx, team_id=team_id, scopes=own.scopes, person_id=own.lead_id):
        raise errors.NotFound()


def save(tx: db.Tx, team: Team) -> None:
    """Raises CorpsExists, TeamNameTaken."""
    with db.translating(_NAMES):
        queries.save_team(
            tx,
            team_id=team.team_id,
            name=team.name,
            lead_id=team.lead_id,
            is_active=team.is_active,
            version=team.version,
        )


def view(tx: db.Tx, team_id: str) -> dict[str, Any]:
    """A team as anybody may see it. Raises NotFound."""
    row: dict[str, Any] | None = queries.get_team(tx, team_id=team_id)
    if row is None:
        raise errors.NotFound()
    return row


def listed(
    tx: db.Tx, *, area: str | None, kind: str | None, after: str | None, most: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.list_teams(tx, area=area, kind=kind, after=after, most=most)
    return rows


def join(tx: db.Tx, team_id: str, person_id: str, *, at: datetime) -> None:
    """Raises NotFound, TeamClosed."""
    row = queries.share_team(tx, team_id=team_id)
    if row is None:
        raise errors.NotFound()
    if not row["is_active"]:
        raise domain_errors.TeamClosed()
    queries.insert_member(tx, team_id=team_id, person_id=person_id, at=at)


def leave(tx: db.Tx, team_id: str, person_id: str) -> None:
    queries.delete_member(tx, team_id=team_id, person_id=person_id)


def members(tx: db.Tx, team_id: str, *, after: str | None, most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.list_members(tx, team_id=team_id, after=after, most=most)
    return rows


def register(tx: db.Tx, person_id: str, *, areas: Sequence[str], skills: Sequence[str]) -> dict[str, Any]:
    """A registration, new or changed, with what was served so far."""
    row = queries.register(tx, person_id=person_id, areas=auth.widest(areas), skills=sorted(set(skills)))
    return {**row, **queries.served(tx, person_id=person_id)}


def registration(tx: db.Tx, person_id: str) -> dict[str, Any] | None:
    """A volunteer's registration, or None for somebody who has none."""
    row: dict[str, Any] | None = queries.get_volunteer(tx, person_id=person_id)
    return row


def registered(tx: db.Tx, person_id: str) -> dict[str, Any]:
    """A volunteer's registration. Raises NotRegistered."""
    row = registration(tx, person_id)
    if row is None:
        raise domain_errors.NotRegistered()
    return row


def served(tx: db.Tx, person_id: str) -> dict[str, Any]:
    """Minutes and times a person has served, confirmed ones only."""
    row: dict[str, Any] = queries.served(tx, person_id=person_id)
    return row


def team_of(row: Mapping[str, Any]) -> Team:
    return Team(
        team_id=str(row["team_id"]),
        name=row["name"],
        kind=Kind(row["kind"]),
        area=row["area"],
        lead_id=str(row["lead_id"]),
        is_active=row["is_active"],
        version=row["version"],
    )
