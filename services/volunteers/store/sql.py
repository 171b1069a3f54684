"""The named queries, and the two axes of authority they filter by."""

from dataclasses import dataclass
from pathlib import Path

from shared import auth, db
from shared.auth import Role

queries = db.load_folder(Path(__file__).parents[1] / "queries")

# Staff who answer for volunteering in their areas.
MANAGERS = frozenset({Role.COMMUNITY_OFFICER, Role.CALLER, Role.SUPERVISOR, Role.ADMIN})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a caller runs: everything in `scopes`, and what belongs to the teams this person leads."""

    scopes: list[str]
    # None for somebody who is no team lead.
    lead_id: str | None


def reach(actor: auth.Actor) -> Reach:
    return Reach(
        scopes=actor.scopes if actor.has(*MANAGERS) else [],
        lead_id=actor.person_id if actor.has(Role.TEAM_LEAD) else None,
    )


def text(value: object) -> str | None:
    return None if value is None else str(value)
