"""Demonstration data, local mode only: the teams around 文东街道 and one published activity. Idempotent."""

from datetime import timedelta
from uuid import UUID, uuid5

from services.volunteers.domain import activities
from services.volunteers.domain.activities import Activity
from services.volunteers.domain.teams import Kind, Team
from services.volunteers.store import activities as activity_store
from services.volunteers.store import teams as team_store
from services.volunteers.store.sql import queries
from shared import db
from shared.bus import outbox

# Demo ids are the same in every service: uuid5 of a name.
NAMESPACE = UUID("6f6b1f0e-3a55-5c0e-9d0a-1c2d3e4f5a6b")
DISTRICT, SUBDISTRICT, COMMUNITY = "370102", "370102007", "370102007001"


def demo_id(name: str) -> str:
    return str(uuid5(NAMESPACE, name))


LEAD, VOLUNTEER = demo_id("teamlead"), demo_id("volunteer")
COMMUNITY_TEAM = demo_id("team.community")
ACTIVITY = demo_id("activity.wendong")
TEAMS = (
    Team(
        team_id=demo_id("team.corps"),
        name="历下区志愿服务总队",
        kind=Kind.CORPS,
        area=DISTRICT,
        lead_id=LEAD,
    ),
    Team(
        team_id=demo_id("team.brigade"),
        name="文东街道志愿服务大队",
        kind=Kind.SUBDISTRICT_BRIGADE,
        area=SUBDISTRICT,
        lead_id=LEAD,
    ),
    Team(
        team_id=COMMUNITY_TEAM,
        name="和平路社区楼道巡逻队",
        kind=Kind.COMMUNITY_TEAM,
        area=COMMUNITY,
        lead_id=LEAD,
    ),
    Team(
        team_id=demo_id("team.professional"),
        name="文东平安志愿队",
        kind=Kind.PROFESSIONAL,
        area=SUBDISTRICT,
        lead_id=LEAD,
    ),
    Team(
        team_id=demo_id("team.organisation"),
        name="文东邻里互助社",
        kind=Kind.SOCIAL_ORGANISATION,
        area=SUBDISTRICT,
        lead_id=LEAD,
    ),
)


def load(database: db.Database) -> None:
    """Adds the demo teams, the demo volunteers' registrations and an activity that is open for three months."""
    with database.transaction() as tx:
        at = db.now(tx)
        if queries.get_team(tx, team_id=COMMUNITY_TEAM) is not None:
            return
        for team in TEAMS:
            team_store.insert(tx, team)
        for person, skills in ((LEAD, ["first_aid"]), (VOLUNTEER, ["first_aid", "haircut"])):
            team_store.register(tx, person, areas=[SUBDISTRICT], skills=skills)
            team_store.join(tx, COMMUNITY_TEAM, person, at=at)
        plan = activities.plan(
            Activity(
                activity_id=ACTIVITY,
                team_id=COMMUNITY_TEAM,
                area=COMMUNITY,
                title="和平路社区治安巡逻",
                description="每天傍晚在社区内巡逻，劝导文明停车、清理楼道杂物。",
                starts_at=at - timedelta(hours=1),
                ends_at=at + timedelta(days=90),
                capacity=50,
                required_skills=(),
                code="WENDONG2",
            ),
            team_area=COMMUNITY,
        )
        published, events = activities.publish(plan, at=at)
        activity_store.insert(tx, published)
        outbox.add(tx, events)
