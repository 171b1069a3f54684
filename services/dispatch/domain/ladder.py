"""The ladder a running limit climbs, one step at a time (domain.md §4).

    yellow card → red card when overdue → supervision order 1, 2, 3 … until it is settled

Each step is climbed once per clock, run and repetition, whatever restarts or replicas do (the store's unique key on
fired steps).
"""

from dataclasses import replace
from datetime import datetime

from services.dispatch.domain.clock import Clock, ClockState, Step, Supervision, Ticking
from services.dispatch.domain.limits import Rules
from shared.contracts import dispatch


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
    shown = replace(shown, next_step_at=when(shown, rules, at=at))
    return Ticking(clock=shown, events=(card,), fired=clock.next_step)


def when(clock: Clock, rules: Rules, *, at: datetime) -> datetime | None:
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
