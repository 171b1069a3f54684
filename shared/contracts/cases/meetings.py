"""Meetings and the projects they agree on."""

from datetime import date, datetime
from typing import Literal

from shared.contracts.base import Event, event

MeetingKind = Literal["residents", "workers", "public_concerns", "four_parties"]
ProjectState = Literal["planned", "doing", "done", "dropped"]


@event(publisher="cases", subject="meeting_id")
class MeetingPlanned(Event):
    """A meeting 居民问需会、例会、民情分析会、四方议事 is to take place; its agenda is read from `cases`."""

    meeting_id: str
    area: str
    kind: MeetingKind
    starts_at: datetime


@event(publisher="cases", subject="meeting_id")
class MeetingHeld(Event):
    """The meeting took place with so many people; its minutes are read from `cases`."""

    meeting_id: str
    area: str
    kind: MeetingKind
    attended: int
    residents_present: int
    held_at: datetime


@event(publisher="cases", subject="meeting_id")
class MeetingCancelled(Event):
    """The meeting does not take place."""

    meeting_id: str
    area: str
    kind: MeetingKind


@event(publisher="cases", subject="project_id")
class ProjectAgreed(Event):
    """A meeting put something on its project service list 项目服务清单, with who does it and who watches."""

    project_id: str
    area: str
    meeting_id: str
    owner_id: str
    watcher_id: str
    due_on: date


@event(publisher="cases", subject="project_id")
class ProjectReviewed(Event):
    """Somebody, or a meeting where `meeting_id` is given, looked how far the project is."""

    project_id: str
    area: str
    state: ProjectState
    reviewed_at: datetime
    meeting_id: str | None = None
