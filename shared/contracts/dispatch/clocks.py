"""Limits that run, the ladder they climb, more time, and the limits and calendar they run by."""

from datetime import datetime
from typing import Literal

from shared.contracts.base import Event, event

ClockName = Literal["sign", "arrive", "finish", "call_back", "elapsed"]


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ClockSet(Event):
    """A limit runs until `due_at`; a later set of the same clock replaces it (a higher `run` is a new limit).

    `owner_id` is the order, or the case for the clocks of a case nobody whistled. `provisional` says that
    the working calendar of the due date is not published yet.
    """

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    due_at: datetime
    provisional: bool
    task_id: str | None = None
    # The stage under way of a staged limit.
    stage: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ClockPaused(Event):
    """The clock stands still since `paused_at`; a `ClockSet` starts it again."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    paused_at: datetime
    task_id: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ClockStopped(Event):
    """The limit was met or lapsed with its owner; `overdue_seconds` is 0 when it was met in time."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    stopped_at: datetime
    overdue_seconds: int
    task_id: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class CardShown(Event):
    """A warning: yellow before a limit, red when it is over (domain.md §4, supervision)."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    colour: Literal["yellow", "red"]
    due_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class SupervisionOrdered(Event):
    """A supervision order 督办单 with a rectification date; repeated orders are numbered from 1."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    repetition: int
    rectify_by: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class SupervisionSettled(Event):
    """What the supervision orders of a clock asked for was done, or its limit was set anew; so many were given."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    repetitions: int
    settled_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class StagePassed(Event):
    """A stage of a staged limit was done (stop work, penalty); a `ClockSet` of the next one follows."""

    owner_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    stage: str
    passed_at: datetime
    task_id: str | None = None


@event(publisher="dispatch", subject="owner_id")
class ExtensionRequested(Event):
    """More time was asked for before a limit ended; a supervisor decides. The reason is read from `dispatch`."""

    owner_id: str
    extension_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    requested_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="owner_id", consumers=("cases",))
class ExtensionDecided(Event):
    """A supervisor decided a request for more time; approved, a `ClockSet` with the new due moment follows."""

    owner_id: str
    extension_id: str
    case_id: str
    area: str
    clock: ClockName
    run: int
    approved: bool
    decided_at: datetime
    task_id: str | None = None
    department_id: str | None = None


@event(publisher="dispatch", subject="preset")
class LimitsChanged(Event):
    """A preset of limits has a new version, or another one is in force. Running clocks keep what they began with."""

    preset: str
    area: str
    preset_version: int
    in_force: bool


@event(publisher="dispatch", subject="calendar_id")
class CalendarChanged(Event):
    """The working calendar of a year was edited; clocks not yet fired are computed again."""

    calendar_id: str
    area: str
    year: int
    calendar_version: int
