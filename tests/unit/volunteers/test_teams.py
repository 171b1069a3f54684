"""1+4+N: which team belongs to which level (domain.md §5)."""

import pytest

from services.volunteers.domain import errors, teams
from services.volunteers.domain.teams import Kind, Team

DISTRICT, SUBDISTRICT, COMMUNITY = "370102", "370102007", "370102007001"


def team(kind: Kind, area: str) -> Team:
    return Team(team_id="t", name="队", kind=kind, area=area, lead_id="l")


@pytest.mark.parametrize(
    ("kind", "area"),
    [
        (Kind.CORPS, DISTRICT),
        (Kind.SUBDISTRICT_BRIGADE, SUBDISTRICT),
        (Kind.COMMUNITY_TEAM, COMMUNITY),
        (Kind.PROFESSIONAL, DISTRICT),
        (Kind.PROFESSIONAL, COMMUNITY),
        (Kind.SOCIAL_ORGANISATION, SUBDISTRICT),
    ],
)
def test_a_team_is_founded_at_the_level_of_its_kind(kind: Kind, area: str) -> None:
    assert teams.found(team(kind, area)).is_active


@pytest.mark.parametrize(
    ("kind", "area"),
    [
        (Kind.CORPS, SUBDISTRICT),
        (Kind.CORPS, "3701"),
        (Kind.SUBDISTRICT_BRIGADE, DISTRICT),
        (Kind.COMMUNITY_TEAM, SUBDISTRICT),
    ],
)
def test_another_level_is_refused(kind: Kind, area: str) -> None:
    with pytest.raises(errors.WrongLevel):
        teams.found(team(kind, area))


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    changed = teams.change(team(Kind.CORPS, DISTRICT), is_active=False)

    assert (changed.name, changed.lead_id, changed.is_active, changed.version) == ("队", "l", False, 2)
