"""A limit that runs: set, paused, resumed, extended, stopped, and the ladder it climbs on the way.

    yellow card → red card when overdue → supervision order 1, 2, 3 … until it is settled

An edit never resets a clock. `run` counts how often it was set anew (rework, redirection, extension, another class,
the next stage); each step of the ladder is climbed once per clock, run and repetition, whatever restarts or replicas
do (the store's unique key on fired steps).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.dispatch.domain import errors
from services.dispatch.domain.limits import ANY, Preset, Rules, Stage
from shared import calendar
from shared.calendar import Due, Limit
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
    return Ticking(clock=clock, events=(_set(clock),))


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


def resume(clock: Clock, *, rules: Rules, at: datetime) -> Ticking:
    """The clock runs on with what was left when it was paused."""
    if clock.state is not ClockState.PAUSED or clock.paused_at is None:
        return Ticking(clock=clock, events=())
    # A server's clock may have been set back meanwhile.
    pause_taken = Pause(clock.paused_at, max(at, clock.paused_at))
    due, yellow_at = _moved(rules, clock.limit, pause_taken, due_at=clock.due_at, yellow_at=clock.yellow_at)
    running = replace(
        clock,
        state=ClockState.RUNNING,
        paused_at=None,
        due_at=due.at,
        yellow_at=yellow_at,
        provisional=due.provisional,
        moves=(*clock.moves, pause_taken),
    )
    running = replace(running, next_step_at=_when(running, rules, at=pause_taken.ended_at))
    return Ticking(clock=running, events=(_set(running),))


def stop(clock: Clock, *, at: datetime) -> Ticking:
    """The limit was met, or ended with its owner. What stopped stays so: no later step changes a first response."""
    if clock.state is ClockState.STOPPED:
        return Ticking(clock=clock, events=())
    stopped = replace(
        clock, state=ClockState.STOPPED, stopped_at=at, paused_at=None, next_step=None, next_step_at=None
    )
    ended = _ended(clock, at=at)
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
    settles, settled = _settled(clock, at=at)
    return Ticking(clock=stopped, events=(event, *settled), ended=ended, settles=settles)


def fire(clock: Clock, *, rules: Rules, at: datetime) -> Ticking:
    """Climbs the step whose time has come, one at a time; nothing when none is due."""
    if clock.state is not ClockState.RUNNING or clock.next_step is None or clock.next_step_at is None:
        return Ticking(clock=clock, events=())
    if clock.next_step_at > at:
        return Ticking(clock=clock, events=())
    if clock.next_step == "supervision":
        return _supervise(clock, rules=rules, at=at)
    card = dispatch.CardShown(
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
    ladder = rules.begun_with(clock.preset, clock.preset_version).ladders.get(clock.name)
    following: Step | None = (
        "red" if clock.next_step == "yellow" else "supervision" if ladder is not None else None
    )
    shown = replace(clock, next_step=following)
    shown = replace(shown, next_step_at=_when(shown, rules, at=at))
    return Ticking(clock=shown, events=(card,), fired=clock.next_step)


# --- A limit set anew ---


def extend(clock: Clock, *, by: Limit, rules: Rules, at: datetime) -> Ticking:
    """An approved extension moves the due moment; what the limit was before stays on record as a run.

    Raises ClockEnded when the limit was met meanwhile.
    """
    if clock.state is ClockState.STOPPED:
        raise errors.ClockEnded()
    due, yellow_at = _moved(rules, clock.limit, Extended(by), due_at=clock.due_at, yellow_at=clock.yellow_at)
    extended = replace(
        clock,
        due_at=due.at,
        yellow_at=yellow_at,
        provisional=due.provisional,
        moves=(*clock.moves, Extended(by)),
        extensions=clock.extensions + 1,
    )
    return _anew(clock, extended, outcome="extended", at=at)


def pass_stage(clock: Clock, *, stage: str, rules: Rules, at: datetime) -> Ticking:
    """A stage of a staged limit is done (stop work, penalty, …): the next one's limit runs, counted from the start.

    Raises NoSuchStage unless it is the stage under way and not the last one, which finishing ends.
    """
    if clock.state is ClockState.STOPPED:
        raise errors.ClockEnded()
    if clock.stage_name != stage or clock.stage + 1 >= len(clock.stages):
        raise errors.NoSuchStage(stage=stage, under_way=clock.stage_name)
    limit = clock.stages[clock.stage + 1].limit
    pauses = tuple(move for move in clock.moves if isinstance(move, Pause))
    due, yellow_at = replay(rules, start=clock.started_at, limit=limit, moves=pauses)
    passed = replace(
        clock,
        limit=limit,
        stage=clock.stage + 1,
        moves=pauses,
        extensions=0,
        due_at=due.at,
        yellow_at=yellow_at,
        provisional=due.provisional,
    )
    event = dispatch.StagePassed(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        stage=stage,
        passed_at=at,
        task_id=clock.task_id,
    )
    following = _anew(clock, passed, outcome="staged", at=at)
    return replace(following, events=(event, *following.events))


def reclass(
    clock: Clock, *, category: str, sla_class: str, urgency: Urgency, rules: Rules, at: datetime
) -> Ticking:
    """The matter is classed otherwise: the limit of its new class counts, from the clock's own start.

    The limits are those of the version it began with; pauses and extensions stay; what ended stays as it is.
    """
    preset = rules.begun_with(clock.preset, clock.preset_version)
    classed = replace(clock, category=category, sla_class=sla_class, urgency=urgency)
    return _under(clock, classed, preset=preset, rules=rules, outcome="reclassed", at=at)


def rebase(clock: Clock, *, rules: Rules, at: datetime) -> Ticking:
    """An admin puts a running clock under the limits in force now, counted from its own start."""
    return _under(clock, clock, preset=rules.preset, rules=rules, outcome="rebased", at=at)


def recompute(clock: Clock, *, rules: Rules) -> Ticking:
    """The working calendar changed: a clock whose red card is not shown yet is due when the new one says."""
    if clock.state is ClockState.STOPPED or clock.next_step not in ("yellow", "red"):
        return Ticking(clock=clock, events=())
    due, yellow_at = replay(rules, start=clock.started_at, limit=clock.limit, moves=clock.moves)
    if (due.at, due.provisional, yellow_at) == (clock.due_at, clock.provisional, clock.yellow_at):
        return Ticking(clock=clock, events=())
    moved = replace(clock, due_at=due.at, yellow_at=yellow_at, provisional=due.provisional)
    if moved.state is ClockState.RUNNING:
        moved = replace(moved, next_step_at=yellow_at if moved.next_step == "yellow" else due.at)
    return Ticking(clock=moved, events=(_set(moved),))


def replay(rules: Rules, *, start: datetime, limit: Limit, moves: tuple[Move, ...]) -> tuple[Due, datetime]:
    """When a limit is due that began at `start` and was moved so, and when its yellow card is."""
    due = rules.due(start, limit)
    yellow_at = rules.warning(start, due.at, limit).at
    provisional = due.provisional
    for move in moves:
        due, yellow_at = _moved(rules, limit, move, due_at=due.at, yellow_at=yellow_at)
        provisional = due.provisional
    return Due(due.at, provisional), yellow_at


def _moved(
    rules: Rules, limit: Limit, move: Move, *, due_at: datetime, yellow_at: datetime
) -> tuple[Due, datetime]:
    if isinstance(move, Extended):
        due = rules.due(due_at, move.by)
        return due, rules.warning(due_at, due.at, move.by).at
    due, yellow = (
        calendar.resume(
            rules.calendar,
            due=moment,
            paused_at=move.began_at,
            resumed_at=move.ended_at,
            unit=limit.unit,
        )
        for moment in (due_at, yellow_at)
    )
    return due, yellow.at


def _under(
    clock: Clock, classed: Clock, *, preset: Preset, rules: Rules, outcome: Outcome, at: datetime
) -> Ticking:
    """The clock under the limits of a preset for its class; the stage under way stays where there is one."""
    if clock.state is ClockState.STOPPED:
        return Ticking(clock=clock, events=())
    stages = preset.stages_of(
        classed.name, category=classed.category, sla_class=classed.sla_class, urgency=classed.urgency
    )
    stage = min(clock.stage, len(stages) - 1)
    limit = stages[stage].limit
    due, yellow_at = replay(rules, start=clock.started_at, limit=limit, moves=clock.moves)
    under = replace(
        classed,
        preset=preset.name,
        preset_version=preset.version,
        stages=stages,
        stage=stage,
        limit=limit,
    )
    if due.at == clock.due_at:
        # What was shown stays shown: the limit is the same.
        return Ticking(clock=under, events=())
    moved = replace(under, due_at=due.at, yellow_at=yellow_at, provisional=due.provisional)
    return _anew(clock, moved, outcome=outcome, at=at)


def _anew(before: Clock, after: Clock, *, outcome: Outcome, at: datetime) -> Ticking:
    """The next run of a clock, with a ladder of its own; the run before is on record and its orders are settled."""
    following = replace(
        after,
        run=before.run + 1,
        repetition=0,
        next_step="yellow",
        next_step_at=after.yellow_at if after.state is ClockState.RUNNING else None,
    )
    ended = replace(_ended(before, at=at), outcome=outcome)
    settles, settled = _settled(before, at=at)
    return Ticking(clock=following, events=(*settled, _set(following)), ended=ended, settles=settles)


# --- The ladder ---


def _supervise(clock: Clock, *, rules: Rules, at: datetime) -> Ticking:
    ladder = rules.begun_with(clock.preset, clock.preset_version).ladders.get(clock.name)
    if ladder is None:
        return Ticking(clock=replace(clock, next_step=None, next_step_at=None), events=())
    order = Supervision(
        clock=clock,
        repetition=clock.repetition + 1,
        ordered_at=at,
        rectify_by=rules.due(at, ladder.rectify_within).at,
    )
    event = dispatch.SupervisionOrdered(
        owner_id=clock.owner_id,
        case_id=clock.case_id,
        area=clock.area,
        clock=clock.name,
        run=clock.run,
        repetition=order.repetition,
        rectify_by=order.rectify_by,
        task_id=clock.task_id,
        department_id=clock.department_id,
    )
    supervised = replace(clock, repetition=order.repetition, next_step_at=order.rectify_by)
    return Ticking(clock=supervised, events=(event,), fired="supervision", supervision=order)


def _when(clock: Clock, rules: Rules, *, at: datetime) -> datetime | None:
    """When the next step of a running clock is due."""
    if clock.next_step == "yellow":
        return clock.yellow_at
    if clock.next_step == "red":
        return clock.due_at
    if clock.next_step is None:
        return None
    ladder = rules.begun_with(clock.preset, clock.preset_version).ladders.get(clock.name)
    if ladder is None:
        return None
    if clock.repetition == 0:
        return rules.due(clock.due_at, ladder.supervise_after).at
    # Paused under supervision: it has the time of one more order to put things right.
    return rules.due(at, ladder.rectify_within).at


def _ended(clock: Clock, *, at: datetime) -> EndedRun:
    ended_at = clock.paused_at or at
    overdue_seconds = max(0, int((ended_at - clock.due_at).total_seconds()))
    return EndedRun(
        clock=clock,
        ended_at=at,
        outcome="late" if overdue_seconds else "met",
        overdue_seconds=overdue_seconds,
    )


def _settled(clock: Clock, *, at: datetime) -> tuple[bool, tuple[Event, ...]]:
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
        stage=clock.stage_name,
    )
