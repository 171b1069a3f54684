"""Meetings: 居民问需会, 网格员例会, 民情分析会, 四方议事; one model with kinds (domain.md §3).

A meeting is planned, its agenda built from what is open, held with minutes, or cancelled. What it decides becomes a
project 项目服务清单 with an owner and a watcher; the next meeting of the kind in the area reviews it.
"""

import calendar
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from services.cases.domain import errors
from shared import areas
from shared.contracts import Event, cases
from shared.contracts.cases import MeetingKind, ProjectState

Capacity = Literal[
    "chair",
    "officer",
    "grid_force",
    "joint_committee",
    "department",
    "property",
    "owners_committee",
    "party_inn",
    "volunteer",
    "resident",
]
# Those who come without working for the area.
NOT_STAFF: frozenset[Capacity] = frozenset({"volunteer", "resident"})
Presence = Literal["invited", "attended", "leave", "absent"]
# A meeting of one is none.
FEWEST_ATTENDING = 2
LONGEST_PROJECT = timedelta(days=730)
_WEDNESDAY = 2
_COMMUNITY = areas.Level.COMMUNITY
_LEVELS: dict[str, frozenset[areas.Level]] = {
    "residents": frozenset({_COMMUNITY}),
    "workers": frozenset({_COMMUNITY, areas.Level.SUBDISTRICT}),
    "public_concerns": frozenset({_COMMUNITY, areas.Level.SUBDISTRICT, areas.Level.DISTRICT}),
    "four_parties": frozenset({_COMMUNITY, areas.Level.GRID}),
}


@dataclass(frozen=True, kw_only=True)
class Meeting:
    meeting_id: str
    kind: MeetingKind
    area: str
    title: str
    room: str
    is_online: bool
    starts_at: datetime
    chair_id: str
    state: Literal["planned", "held", "cancelled"] = "planned"
    residents_present: int = 0
    minutes: str = ""
    ended_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Item:
    """One point of the agenda."""

    item_id: str
    meeting_id: str
    source: Literal["case", "field_work", "notice", "project", "topic"]
    is_confidential: bool
    case_id: str | None
    # The earlier project this point reviews.
    reviewed_id: str | None
    decision: str
    # The project it became 立项.
    project_id: str | None


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a meeting agreed on."""

    project_id: str
    meeting_id: str
    kind: MeetingKind
    area: str
    title: str
    owner_id: str
    watcher_id: str
    due_on: date
    # Came of a confidential point: known to who does it, who watches and who was called there.
    is_confidential: bool
    state: ProjectState
    agreed_at: datetime
    ended_at: datetime | None = None
    version: int = 1


def expected(kind: MeetingKind, month: str) -> int:
    """How many meetings of a kind a month (`2026-11`) should see: two with residents, one of workers each Wednesday,
    one on public concerns; the four parties meet when there is something to discuss."""
    if kind == "workers":
        weeks = calendar.monthcalendar(int(month[:4]), int(month[5:]))
        return sum(1 for week in weeks if week[_WEDNESDAY])
    return {"residents": 2, "public_concerns": 1}.get(kind, 0)


def month_before(month: str) -> str:
    """`2025-12` for `2026-01`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def plan(meeting: Meeting) -> tuple[Meeting, tuple[Event, ...]]:
    """Raises WrongLevel where such a meeting is not held for such an area."""
    if areas.level(meeting.area) not in _LEVELS[meeting.kind]:
        raise errors.WrongLevel()
    return meeting, (
        cases.MeetingPlanned(
            meeting_id=meeting.meeting_id,
            area=meeting.area,
            kind=meeting.kind,
            starts_at=meeting.starts_at,
        ),
    )


def hold(
    meeting: Meeting, *, minutes: str, attended: int, unreviewed: int, at: datetime
) -> tuple[Meeting, tuple[Event, ...]]:
    """The meeting took place; its minutes are fixed.

    Raises MeetingOver, NotBegun, TooFewAttended, ReviewsMissing: what was agreed before is looked at first.
    """
    require_planned(meeting)
    if at < meeting.starts_at:
        raise errors.NotBegun()
    if attended < FEWEST_ATTENDING:
        raise errors.TooFewAttended()
    if unreviewed:
        raise errors.ReviewsMissing(count=unreviewed)
    held = replace(meeting, state="held", minutes=minutes, ended_at=at, version=meeting.version + 1)
    return held, (
        cases.MeetingHeld(
            meeting_id=meeting.meeting_id,
            area=meeting.area,
            kind=meeting.kind,
            attended=attended,
            residents_present=meeting.residents_present,
            held_at=at,
        ),
    )


def cancel(meeting: Meeting, *, words: str, at: datetime) -> tuple[Meeting, tuple[Event, ...]]:
    """The meeting does not take place; the reason stands in place of minutes."""
    require_planned(meeting)
    cancelled = replace(meeting, state="cancelled", minutes=words, ended_at=at, version=meeting.version + 1)
    return cancelled, (
        cases.MeetingCancelled(meeting_id=meeting.meeting_id, area=meeting.area, kind=meeting.kind),
    )


def decide(
    meeting: Meeting, item: Item, *, decision: str, project: Project | None, today: date
) -> tuple[Item, tuple[Event, ...]]:
    """What the meeting decided about a point; with a project, the topic is registered 立项.

    Raises MeetingOver, ItemDecided where a project came of it before, SamePerson, DueOutOfBounds.
    """
    require_planned(meeting)
    if item.project_id is not None:
        raise errors.ItemDecided()
    if project is None:
        return replace(item, decision=decision), ()
    if project.owner_id == project.watcher_id:
        raise errors.SamePerson()
    if not today <= project.due_on <= today + LONGEST_PROJECT:
        raise errors.DueOutOfBounds()
    event = cases.ProjectAgreed(
        project_id=project.project_id,
        area=project.area,
        meeting_id=meeting.meeting_id,
        owner_id=project.owner_id,
        watcher_id=project.watcher_id,
        due_on=project.due_on,
    )
    return replace(item, decision=decision, project_id=project.project_id), (event,)


def review(
    project: Project, *, state: ProjectState, meeting_id: str | None, at: datetime
) -> tuple[Project, tuple[Event, ...]]:
    """Somebody looked how far a project is. Raises ProjectOver for one that was done or dropped."""
    if project.state in ("done", "dropped"):
        raise errors.ProjectOver()
    event = cases.ProjectReviewed(
        project_id=project.project_id, area=project.area, state=state, reviewed_at=at, meeting_id=meeting_id
    )
    ended_at = at if state in ("done", "dropped") else None
    return replace(project, state=state, ended_at=ended_at, version=project.version + 1), (event,)


def require_planned(meeting: Meeting) -> None:
    """Raises MeetingOver."""
    if meeting.state != "planned":
        raise errors.MeetingOver()
