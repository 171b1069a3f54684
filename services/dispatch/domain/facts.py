"""What a step of an order leaves behind for rankings: one fact per department's turn at a task.

A fact outlives what the task itself forgets: a return that is upheld gives the task to somebody else, and the
times of the first department would be gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.domain.clock import ClockState, Ticking
from services.dispatch.domain.order import Change, Order, Task, TaskState
from shared.contracts import dispatch

# Limits that rankings look at.
COUNTED = frozenset({"sign", "finish"})


@dataclass(frozen=True, kw_only=True)
class TaskFact:
    """A department's turn at a task; what is None is not known yet or was written before."""

    task_id: str
    # The turn: a redirected task is another department's next run.
    run: int
    order_id: str
    case_id: str
    area: str
    department_id: str
    is_main: bool
    sent_at: datetime
    sign_due_at: datetime | None = None
    signed_at: datetime | None = None
    is_sign_late: bool | None = None
    finish_due_at: datetime | None = None
    finished_at: datetime | None = None
    is_finish_late: bool | None = None
    closed_at: datetime | None = None
    # A supervisor gave the task back to the department that wanted to be rid of it.
    rejected_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Upheld:
    """A turn that ended because the department gave the task back rightly."""

    task_id: str
    run: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Noted:
    tasks: tuple[TaskFact, ...] = ()
    upheld: tuple[Upheld, ...] = ()


NOTHING = Noted()


def of_step(change: Change, ticking: Iterable[Ticking], *, at: datetime) -> Noted:
    """What a step means for rankings; nothing for most steps.

    Args:
        ticking: the clocks the step moved.
    """
    # Of a limit that ended and was set anew, the last word counts.
    limits = {
        (one.clock.task_id, one.clock.name): one
        for one in ticking
        if one.clock.name in COUNTED and one.clock.task_id is not None
    }
    rulings = {event.task_id: event for event in change.events if isinstance(event, dispatch.TaskRedirected)}
    if not limits and not rulings:
        return NOTHING
    moved = {task_id for task_id, _ in limits} | set(rulings)
    tasks = [task for task in change.order.tasks if task.task_id in moved]
    facts = [
        _fact(
            change.order,
            task,
            sign=limits.get((task.task_id, "sign")),
            finish=limits.get((task.task_id, "finish")),
            rejected_at=at if task.task_id in rulings and not rulings[task.task_id].upheld else None,
            at=at,
        )
        for task in tasks
    ]
    upheld = [
        # Sent to somebody else, the task is in its next turn by now.
        Upheld(task_id=task.task_id, run=task.run if ruling.not_needed else task.run - 1, at=at)
        for task in tasks
        if (ruling := rulings.get(task.task_id)) and ruling.upheld
    ]
    return Noted(tasks=tuple(facts), upheld=tuple(upheld))


def is_late(ticking: Ticking | None) -> bool | None:
    """Whether a limit was over when it ended; None while it runs."""
    if ticking is None:
        return None
    stopped = (event for event in ticking.events if isinstance(event, dispatch.ClockStopped))
    return next((event.overdue_seconds > 0 for event in stopped), None)


def _fact(
    order: Order,
    task: Task,
    *,
    sign: Ticking | None,
    finish: Ticking | None,
    rejected_at: datetime | None,
    at: datetime,
) -> TaskFact:
    return TaskFact(
        task_id=task.task_id,
        run=task.run,
        order_id=order.order_id,
        case_id=order.case_id,
        area=order.area,
        department_id=task.department_id,
        is_main=task.is_main,
        sent_at=task.sent_at,
        sign_due_at=sign.clock.due_at if sign else None,
        signed_at=task.signed_at,
        is_sign_late=is_late(sign),
        finish_due_at=finish.clock.due_at if finish else None,
        finished_at=task.finished_at,
        is_finish_late=is_late(finish),
        closed_at=_closed_at(task, finish, at),
        rejected_at=rejected_at,
    )


def _closed_at(task: Task, finish: Ticking | None, at: datetime) -> datetime | None:
    if task.state is not TaskState.CLOSED:
        return None
    stopped = finish is not None and finish.clock.state is ClockState.STOPPED
    return finish.clock.stopped_at if finish is not None and stopped else at
