"""Teams: 1+4+N (domain.md §5): one corps per district, four kinds of team, N teams in all."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.volunteers.domain import errors
from shared import areas
from shared.areas import Level


class Kind(StrEnum):
    CORPS = "corps"
    PROFESSIONAL = "professional"
    SUBDISTRICT_BRIGADE = "subdistrict_brigade"
    COMMUNITY_TEAM = "community_team"
    SOCIAL_ORGANISATION = "social_organisation"


# The level a kind belongs to; professional teams and social organisations work at any.
LEVELS: dict[Kind, Level] = {
    Kind.CORPS: Level.DISTRICT,
    Kind.SUBDISTRICT_BRIGADE: Level.SUBDISTRICT,
    Kind.COMMUNITY_TEAM: Level.COMMUNITY,
}


@dataclass(frozen=True, kw_only=True)
class Team:
    team_id: str
    name: str
    kind: Kind
    # It works here and in everything below.
    area: str
    # Plans its activities, confirms hours.
    lead_id: str
    is_active: bool = True
    version: int = 1


def found(team: Team) -> Team:
    """A new team. Raises WrongLevel."""
    wanted = LEVELS.get(team.kind)
    if wanted is not None and areas.level(team.area) is not wanted:
        raise errors.WrongLevel(kind=team.kind, level=wanted)
    return team


def change(
    team: Team, *, name: str | None = None, lead_id: str | None = None, is_active: bool | None = None
) -> Team:
    """Rename a team, give it another lead, close or reopen it; None leaves a thing as it is."""
    return replace(
        team,
        name=team.name if name is None else name,
        lead_id=team.lead_id if lead_id is None else lead_id,
        is_active=team.is_active if is_active is None else is_active,
        version=team.version + 1,
    )
