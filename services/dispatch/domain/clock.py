"""A limit that runs: set, paused, resumed, stopped, and the cards it shows on the way.

An edit never resets a clock. `run` counts how often it was set anew (rework, redirection); a card is shown
once per clock and run, whatever restarts or replicas do (the store's unique key on fired steps).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.dispatch.domain.limits import Rules
from shared import calendar
from shared.calendar import Limit
from shared.contracts import Event, dispatch
from shared.contracts.cases import Urgency
from shared.contracts.dispatch import ClockName

Step = Literal["yellow", "red"]


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


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
    limit: Limit
    started_at: datetime
    due_at: datetime
    yellow_at: datetime
    provisional: bool
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    # The card to show next, and when; None when all are shown or the clock stands.
    next_step: Step | None = None
    next_step_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Ticking:
    """A clock after something happened to it, with the events of that."""

    clock: Clock
    events: tuple[Event, ...]
    fired: Step | None = None


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
    sla_class: str,
    urgency: Urgency,
    rules: Rules,
    at: datetime,
) -> Ticking:
    """A limit begins at `at`. Raises NoLimit when the preset has none."""
    limit = rules.limit(name, sla_class=sla_class, urgency=urgency)
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
        next_step="yellow",
        next_step_at=warning.at,
    )
    return Ticking(clock=clock, events=(_set(clock),))


def pause(clock: Clock, *, at: datetime) -> Ticking:
    """The clock stands still from `at`; one that stands or ended stays as it is."""
    if clock.state is not ClockState.RUNNING:
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


def resume(clock: Clock, *, rules: Rules, at: datetime) -> Ticking:
    """The clock runs on with what was left when it was paused."""
    if clock.state is not ClockState.PAUSED or clock.paused_at is None:
        return Ticking(clock=clock, events=())
    # A server's clock may have been set back meanwhile.
    at = max(at, clock.paused_at)
    unit = clock.limit.unit
    due = calendar.resume(
        rules.calendar, due=clock.due_at, paused_at=clock.paused_at, resumed_at=at, unit=unit
    )
    warning = calendar.resume(
        rules.calendar, due=clock.yellow_at, paused_at=clock.paused_at, resumed_at=at, unit=unit
    )
    running = replace(
        clock,
        state=ClockState.RUNNING,
        paused_at=None,
        due_at=due.at,
        yellow_at=warning.at,
        provisional=due.provisional,
        next_step_at=_when(clock.next_step, yellow_at=warning.at, due_at=due.at),
    )
    return Ticking(clock=running, events=(_set(running),))


def stop(clock: Clock, *, at: datetime) -> Ticking:
    """The limit was met, or ended with its owner."""
    if clock.state is ClockState.STOPPED:
        return Ticking(clock=clock, events=())
    stopped = replace(
        clock, state=ClockState.STOPPED, stopped_at=at, paused_at=None, next_step=None, next_step_at=None
    )
    ended_at = clock.paused_at or at
    event = dispatch.ClockStopped(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        stopped_at=at,
        overdue_seconds=max(0, int((ended_at - clock.due_at).total_seconds())),
        task_id=clock.task_id,
    )
    return Ticking(clock=stopped, events=(event,))


def fire(clock: Clock, *, at: datetime) -> Ticking:
    """Shows the card whose time has come, one at a time; nothing when none is due."""
    if clock.state is not ClockState.RUNNING or clock.next_step is None or clock.next_step_at is None:
        return Ticking(clock=clock, events=())
    if clock.next_step_at > at:
        return Ticking(clock=clock, events=())
    following: Step | None = "red" if clock.next_step == "yellow" else None
    event = dispatch.CardShown(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        colour=clock.next_step,
        due_at=clock.due_at,
        task_id=clock.task_id,
        department_id=clock.department_id,
    )
    shown = replace(
        clock,
        next_step=following,
        next_step_at=_when(following, yellow_at=clock.yellow_at, due_at=clock.due_at),
    )
    return Ticking(clock=shown, events=(event,), fired=clock.next_step)


def _when(step: Step | None, *, yellow_at: datetime, due_at: datetime) -> datetime | None:
    return {"yellow": yellow_at, "red": due_at, None: None}[step]


def _set(clock: Clock) -> dispatch.ClockSet:
    return dispatch.ClockSet(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        due_at=clock.due_at,
        provisional=clock.provisional,
        task_id=clock.task_id,
    )
