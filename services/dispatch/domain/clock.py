"""A limit that runs: set, paused, stopped. What moves it is in `moving`, the steps it climbs are in `ladder`.

An edit never resets a clock. `run` counts how often it was set anew (rework, redirection, extension, another class,
the next stage).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.dispatch.domain.limits import ANY, Rules, Stage
from shared.calendar import Limit
from shared.contracts import Event, dispatch
from shared.contracts.cases import Urgency
from shared.contracts.dispatch import ClockName

Step = Literal["yellow", "red", "supervision"]
Outcome = Literal["met", "late", "extended", "staged", "reclassed", "rebased"]


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Pause:
    """The clock stood still from one moment to the other."""

    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Extended:
    """The due moment was moved by so much."""

    by: Limit


Move = Pause | Extended


@dataclass(frozen=True, kw_only=True)
class Clock:
    clock_id: str
    # The order, or the case for clocks of the case itself.
    owner_id: str
    task_id: str | None
    case_id: str
    area: str
    department_id: str | None
    name: ClockName
    run: int
    state: ClockState
    # Of the stage under way.
    limit: Limit
    started_at: datetime
    due_at: datetime
    yellow_at: datetime
    provisional: bool
    category: str = ANY
    sla_class: str = ANY
    urgency: Urgency = "ordinary"
    # The version of the limits it began with, and keeps.
    preset: str = ""
    preset_version: int = 0
    stages: tuple[Stage, ...] = ()
    # Which of the stages is under way.
    stage: int = 0
    # What moved the due moment since the start, in order: with these it can be computed anew.
    moves: tuple[Move, ...] = ()
    extensions: int = 0
    # Supervision orders given in this run.
    repetition: int = 0
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    # The step to climb next, and when; None when there is none or the clock stands.
    next_step: Step | None = None
    next_step_at: datetime | None = None

    @property
    def stage_name(self) -> str | None:
        """The stage under way, None for a limit without stages."""
        return (self.stages[self.stage].name or None) if self.stages else None


@dataclass(frozen=True, kw_only=True)
class EndedRun:
    """A run of a clock that is over, kept for good: a later run does not lose the earlier handling time."""

    clock: Clock
    ended_at: datetime
    outcome: Outcome
    overdue_seconds: int


@dataclass(frozen=True, kw_only=True)
class Supervision:
    """A supervision order 督办单: put it right by a date."""

    clock: Clock
    repetition: int
    ordered_at: datetime
    rectify_by: datetime


@dataclass(frozen=True, kw_only=True)
class Ticking:
    """A clock after something happened to it, with the events of that."""

    clock: Clock
    events: tuple[Event, ...]
    fired: Step | None = None
    ended: EndedRun | None = None
    supervision: Supervision | None = None
    # Open supervision orders of the run before are settled with this.
    settles: bool = False


def start(
    *,
    clock_id: str,
    owner_id: str,
    task_id: str | None,
    case_id: str,
    area: str,
    department_id: str | None,
    name: ClockName,
    run: int,
    category: str = ANY,
    sla_class: str,
    urgency: Urgency,
    rules: Rules,
    at: datetime,
) -> Ticking:
    """A limit begins at `at`. Raises NoLimit when the preset has none."""
    stages = rules.preset.stages_of(name, category=category, sla_class=sla_class, urgency=urgency)
    limit = stages[0].limit
    due = rules.due(at, limit)
    warning = rules.warning(at, due.at, limit)
    clock = Clock(
        clock_id=clock_id,
        owner_id=owner_id,
        task_id=task_id,
        case_id=case_id,
        area=area,
        department_id=department_id,
        name=name,
        run=run,
        state=ClockState.RUNNING,
        limit=limit,
        started_at=at,
        due_at=due.at,
        yellow_at=warning.at,
        provisional=due.provisional,
        category=category,
        sla_class=sla_class,
        urgency=urgency,
        preset=rules.preset.name,
        preset_version=rules.preset.version,
        stages=stages,
        next_step="yellow",
        next_step_at=warning.at,
    )
    return Ticking(clock=clock, events=(announced(clock),))


def pause(clock: Clock, *, at: datetime) -> Ticking:
    """The clock stands still from `at`; one that stands or ended stays as it is, and elapsed time never stands."""
    if clock.state is not ClockState.RUNNING or clock.name == "elapsed":
        return Ticking(clock=clock, events=())
    paused = replace(clock, state=ClockState.PAUSED, paused_at=at, next_step_at=None)
    event = dispatch.ClockPaused(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        paused_at=at,
        task_id=clock.task_id,
    )
    return Ticking(clock=paused, events=(event,))


def stop(clock: Clock, *, at: datetime) -> Ticking:
    """The limit was met, or ended with its owner. What stopped stays so: no later step changes a first response."""
    if clock.state is ClockState.STOPPED:
        return Ticking(clock=clock, events=())
    stopped = replace(
        clock, state=ClockState.STOPPED, stopped_at=at, paused_at=None, next_step=None, next_step_at=None
    )
    ended = ended_run(clock, at=at)
    event = dispatch.ClockStopped(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        stopped_at=at,
        overdue_seconds=ended.overdue_seconds,
        task_id=clock.task_id,
    )
    settles, settled = settlement(clock, at=at)
    return Ticking(clock=stopped, events=(event, *settled), ended=ended, settles=settles)


def announced(clock: Clock) -> dispatch.ClockSet:
    """The event that says until when a clock runs."""
    return dispatch.ClockSet(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        due_at=clock.due_at,
        provisional=clock.provisional,
        task_id=clock.task_id,
        stage=clock.stage_name,
    )


def ended_run(clock: Clock, *, at: datetime) -> EndedRun:
    """The run of a clock that ends now; one that stands ended when it was paused."""
    ended_at = clock.paused_at or at
    overdue_seconds = max(0, int((ended_at - clock.due_at).total_seconds()))
    return EndedRun(
        clock=clock,
        ended_at=at,
        outcome="late" if overdue_seconds else "met",
        overdue_seconds=overdue_seconds,
    )


def settlement(clock: Clock, *, at: datetime) -> tuple[bool, tuple[Event, ...]]:
    """Whether supervision orders are settled with the run of a clock, and the event of that."""
    if not clock.repetition:
        return False, ()
    event = dispatch.SupervisionSettled(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        repetitions=clock.repetition,
        settled_at=at,
        task_id=clock.task_id,
        department_id=clock.department_id,
    )
    return True, (event,)
