"""What moves the due moment of a running limit: pauses, extensions, stages, another class, other limits.

A clock keeps what moved it, so its due moment can be computed anew from its start. What gives it another limit is its
next run, with a ladder of its own; the run before is kept for good.
"""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain import clock as clocks
from services.dispatch.domain import errors, ladder
from services.dispatch.domain.clock import Clock, ClockState, Extended, Move, Outcome, Pause, Ticking
from services.dispatch.domain.limits import Preset, Rules
from shared import calendar
from shared.calendar import Due, Limit
from shared.contracts import dispatch
from shared.contracts.cases import Urgency


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
    running = replace(running, next_step_at=ladder.when(running, rules, at=pause_taken.ended_at))
    return Ticking(clock=running, events=(clocks.announced(running),))


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
    return Ticking(clock=moved, events=(clocks.announced(moved),))


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
    ended = replace(clocks.ended_run(before, at=at), outcome=outcome)
    settles, settled = clocks.settlement(before, at=at)
    return Ticking(
        clock=following, events=(*settled, clocks.announced(following)), ended=ended, settles=settles
    )
