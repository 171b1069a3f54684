"""A dispatch order and its tasks, one per department called.

    sent → signed → assigned → arrived → replied → finished
             │          ▲                  └── a handler's reply is approved, or sent back
             └── returned → ruling: upheld (another department, sent again; or not needed, closed)
                            or rejected (where its department left it)

The order is finished when every task is that is needed; it is closed when its matter ends otherwise, or when none of
its tasks is needed. Members of a grid who were called (党员报到, volunteers) come, do it and say so: theirs needs no
written reply.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.dispatch.domain import errors, returns
from services.dispatch.domain.responsibility import Ground
from shared.contracts import Event, dispatch
from shared.contracts.cases import Place, Urgency, WhistleKind
from shared.contracts.dispatch import ClockName, NotNeeded

_EARTH_METRES = 6_371_000


class OrderState(StrEnum):
    OPEN = "open"
    FINISHED = "finished"
    CLOSED = "closed"


class TaskState(StrEnum):
    SENT = "sent"
    SIGNED = "signed"
    ASSIGNED = "assigned"
    ARRIVED = "arrived"
    REPLIED = "replied"
    FINISHED = "finished"
    RETURNED = "returned"
    CLOSED = "closed"


class Review(StrEnum):
    """What the department says of its handler's reply."""

    PENDING = "pending"
    APPROVED = "approved"
    SENT_BACK = "sent_back"


ACCEPTED = frozenset({TaskState.SIGNED, TaskState.ASSIGNED, TaskState.ARRIVED, TaskState.REPLIED})


@dataclass(frozen=True, kw_only=True)
class Task:
    task_id: str
    department_id: str
    is_main: bool
    state: TaskState
    # How often it was sent: a redirected task is sent again.
    run: int = 1
    handler_id: str | None = None
    arrived_place: Place | None = None
    # From the matter's place; evidence, not a gate.
    arrived_metres: int | None = None
    # Why this department was called, by the responsibility list in force then.
    ground: Ground | None = None
    signed_by: str | None = None
    # Who named the handler.
    assigned_by: str | None = None
    reply_words: str | None = None
    reply_by: str | None = None
    reply_review: Review | None = None
    review_words: str | None = None
    replies_sent_back: int = 0
    # What shows that it is done.
    finish_words: str | None = None
    attachment_ids: tuple[str, ...] = ()
    return_ground: str | None = None
    return_words: str | None = None
    # How often departments asked to give it back.
    returns: int = 0
    sent_at: datetime
    signed_at: datetime | None = None
    arrived_at: datetime | None = None
    replied_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Order:
    order_id: str
    case_id: str
    area: str
    kind: WhistleKind
    category: str
    sla_class: str
    urgency: Urgency
    place: Place
    caller_id: str
    state: OrderState
    tasks: tuple[Task, ...]
    opened_at: datetime
    finished_at: datetime | None = None
    version: int = 1

    def task(self, task_id: str) -> Task:
        return next(task for task in self.tasks if task.task_id == task_id)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One step somebody took with a task, for its history; `by` is None for what happened by itself."""

    task_id: str
    step: str
    by: str | None
    at: datetime
    run: int
    department_id: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An order after a step, with its events and what the step means for clocks."""

    order: Order
    events: tuple[Event, ...]
    # (task, clock): limits that begin or end with this step.
    started: tuple[tuple[str, ClockName], ...] = ()
    stopped: tuple[tuple[str, ClockName], ...] = ()
    changed: tuple[str, ...] = field(default=())
    history: tuple[Taken, ...] = ()


def open_order(order: Order) -> Change:
    """A whistle is heard: every department called has a task and its clocks run."""
    called = tuple(
        dispatch.TaskCalled(task_id=task.task_id, department_id=task.department_id, is_main=task.is_main)
        for task in order.tasks
    )
    opened = dispatch.OrderOpened(
        order_id=order.order_id,
        case_id=order.case_id,
        area=order.area,
        kind=order.kind,
        tasks=called,
        opened_at=order.opened_at,
    )
    return Change(
        order=order,
        events=(opened, *(_sent(order, task) for task in order.tasks)),
        started=tuple((task.task_id, clock) for task in order.tasks for clock in _TASK_CLOCKS),
        changed=tuple(task.task_id for task in order.tasks),
    )


def sign(order: Order, task_id: str, *, by: str, at: datetime) -> Change:
    """The department answers for the task 签收."""
    task = _require(order, task_id, {TaskState.SENT})
    event = dispatch.TaskSigned(**_ids(order, task), signed_at=at)
    signed = replace(task, state=TaskState.SIGNED, signed_at=at, signed_by=by)
    return _step(order, signed, event, step="signed", by=by, at=at, stopped=((task_id, "sign"),))


def assign(order: Order, task_id: str, *, handler_id: str, by: str, at: datetime) -> Change:
    """The department names its handler 承办人 (二次派单); it may name another while the work goes on."""
    task = _require(order, task_id, {TaskState.SIGNED, TaskState.ASSIGNED, TaskState.ARRIVED})
    state = TaskState.ASSIGNED if task.state is TaskState.SIGNED else task.state
    event = dispatch.TaskAssigned(**_ids(order, task), handler_id=handler_id)
    # Who was named by somebody else stays so: naming oneself again would spare the reply its review.
    renamed = handler_id == by == task.handler_id and task.assigned_by is not None
    named_by = task.assigned_by if renamed else by
    assigned = replace(task, state=state, handler_id=handler_id, assigned_by=named_by)
    return _step(order, assigned, event, step="assigned", by=by, at=at, detail={"handler_id": handler_id})


def arrive(order: Order, task_id: str, *, place: Place, by: str, at: datetime) -> Change:
    """The department's people are on site 到场; the distance to the matter's place is kept as evidence."""
    task = _require(order, task_id, {TaskState.SIGNED, TaskState.ASSIGNED})
    event = dispatch.TaskArrived(**_ids(order, task), place=place, arrived_at=at)
    metres = metres_between(order.place, place)
    arrived = replace(
        task, state=TaskState.ARRIVED, arrived_place=place, arrived_metres=metres, arrived_at=at
    )
    return _step(
        order,
        arrived,
        event,
        step="arrived",
        by=by,
        at=at,
        detail={"metres": metres},
        stopped=((task_id, "arrive"),),
    )


def reply(order: Order, task_id: str, *, words: str, by: str, at: datetime) -> Change:
    """The department replies. What a handler named by somebody else writes waits for the department's approval."""
    task = _require(order, task_id, ACCEPTED)
    needs_review = by == task.handler_id and task.assigned_by not in (None, by)
    event = dispatch.TaskReplied(**_ids(order, task), reviewed=not needs_review, replied_at=at)
    replied = replace(
        task,
        state=TaskState.REPLIED,
        reply_words=words,
        reply_by=by,
        reply_review=Review.PENDING if needs_review else Review.APPROVED,
        review_words=None,
        replied_at=at,
    )
    return _step(order, replied, event, step="replied", by=by, at=at, detail={"reviewed": not needs_review})


def review(order: Order, task_id: str, *, approved: bool, words: str, by: str, at: datetime) -> Change:
    """The responder approves a handler's reply or sends it back, which is counted.

    Raises NothingToReview, OwnReply.
    """
    task = _require(order, task_id, {TaskState.REPLIED})
    if task.reply_review is not Review.PENDING:
        raise errors.NothingToReview()
    if by == task.reply_by:
        raise errors.OwnReply()
    if approved:
        event: Event = dispatch.TaskReplied(
            **_ids(order, task), reviewed=True, replied_at=task.replied_at or at
        )
        done = replace(task, reply_review=Review.APPROVED, review_words=words or None)
        return _step(order, done, event, step="reply_approved", by=by, at=at)
    times = task.replies_sent_back + 1
    event = dispatch.TaskReplySentBack(**_ids(order, task), times=times)
    back = replace(
        task,
        state=TaskState.ARRIVED if task.arrived_at else TaskState.ASSIGNED,
        reply_review=Review.SENT_BACK,
        review_words=words,
        replies_sent_back=times,
    )
    return _step(order, back, event, step="reply_sent_back", by=by, at=at, detail={"times": times})


def finish(
    order: Order,
    task_id: str,
    *,
    by: str,
    at: datetime,
    words: str | None = None,
    attachment_ids: tuple[str, ...] = (),
) -> Change:
    """The department's part is done 办结, with evidence; with the last task the order is finished.

    A department's approved reply is evidence in words; members who were called give words or a photo here.
    Raises ReplyNotApproved, EvidenceMissing.
    """
    of_members = order.kind == "grid_calls_members"
    task = _require(order, task_id, ACCEPTED if of_members else {TaskState.REPLIED})
    if task.reply_review is Review.PENDING:
        raise errors.ReplyNotApproved()
    if not (words or attachment_ids or (task.state is TaskState.REPLIED and task.reply_words)):
        raise errors.EvidenceMissing()
    event = dispatch.TaskFinished(**_ids(order, task), finished_at=at)
    finished_task = replace(
        task, state=TaskState.FINISHED, finish_words=words, attachment_ids=attachment_ids, finished_at=at
    )
    done = _step(
        order,
        finished_task,
        event,
        step="finished",
        by=by,
        at=at,
        detail={"attachments": len(attachment_ids)},
        stopped=((task_id, "arrive"), (task_id, "finish")),
    )
    return _all_done(done, at=at) if _nothing_left(done.order) else done


def give_back(
    order: Order, task_id: str, *, ground: str, words: str, until: datetime, by: str, at: datetime
) -> Change:
    """The department asks to give the task back 退单 on a listed ground; its clocks run on until the ruling.

    Args:
        until: the end of the time in which the preset lets tasks be returned.

    Raises LocalJurisdictionIsNoGround with the list's item, ReturnTooLate.
    """
    task = _require(order, task_id, {TaskState.SENT, TaskState.SIGNED, TaskState.ASSIGNED})
    returns.check(ground, listed=task.ground, until=until, at=at)
    event = dispatch.TaskReturned(**_ids(order, task), ground=returns.announced(ground))
    returned = replace(
        task,
        state=TaskState.RETURNED,
        return_ground=ground,
        return_words=words,
        returns=task.returns + 1,
    )
    return _step(order, returned, event, step="returned", by=by, at=at, detail={"ground": ground})


def rule(
    order: Order,
    task_id: str,
    *,
    upheld: bool,
    to_department_id: str | None,
    by: str,
    at: datetime,
    ground: Ground | None = None,
) -> Change:
    """A supervisor decides a return: upheld sends the task to another department, rejected gives it back.

    A rejected return never stopped a clock; an upheld one sets all of the task's clocks anew.

    Args:
        ground: why the other department is called, by the list in force now.

    Raises SameDepartment when an upheld return names nobody else.
    """
    task = _require(order, task_id, {TaskState.RETURNED})
    at_work = {other.department_id for other in order.tasks if other.state is not TaskState.CLOSED}
    if upheld and (to_department_id is None or to_department_id in at_work):
        raise errors.SameDepartment()
    target = to_department_id if upheld and to_department_id else task.department_id
    event = dispatch.TaskRedirected(
        order_id=order.order_id,
        task_id=task_id,
        case_id=order.case_id,
        area=order.area,
        from_department_id=task.department_id,
        to_department_id=target,
        upheld=upheld,
    )
    if not upheld:
        signed = TaskState.ASSIGNED if task.handler_id else TaskState.SIGNED
        back = signed if task.signed_at else TaskState.SENT
        return _step(
            order, replace(task, state=back), event, step="ruled", by=by, at=at, detail={"upheld": False}
        )
    anew = Task(
        task_id=task_id,
        department_id=target,
        is_main=task.is_main,
        state=TaskState.SENT,
        run=task.run + 1,
        ground=ground,
        returns=task.returns,
        sent_at=at,
    )
    redirected = _step(
        order,
        anew,
        event,
        _sent(order, anew),
        step="ruled",
        by=by,
        at=at,
        detail={"upheld": True, "from_department_id": task.department_id, "to_department_id": target},
        stopped=tuple((task_id, clock) for clock in _TASK_CLOCKS),
    )
    return replace(redirected, started=tuple((task_id, clock) for clock in _TASK_CLOCKS))


def withdraw(order: Order, task_id: str, *, reason: NotNeeded, by: str, at: datetime) -> Change:
    """A return is upheld and nobody else is called: the task is closed, and the order goes on without it.

    With its last open task the order is finished, or, where no department finished one, closed: the matter is back
    with its street. Where the main department is not needed the next one leads.
    """
    task = _require(order, task_id, {TaskState.RETURNED})
    without = _without(order, task_id)
    ended = all(other.state is TaskState.CLOSED for other in without.tasks)
    event = dispatch.TaskRedirected(
        order_id=order.order_id,
        task_id=task_id,
        case_id=order.case_id,
        area=order.area,
        from_department_id=task.department_id,
        to_department_id=task.department_id,
        upheld=True,
        not_needed=reason,
        order_ended=ended,
    )
    withdrawn = _step(
        without,
        without.task(task_id),
        event,
        step="ruled",
        by=by,
        at=at,
        detail={
            "upheld": True,
            "from_department_id": task.department_id,
            "not_needed": reason,
            "led_by": None if ended else next(one.department_id for one in without.tasks if one.is_main),
        },
        stopped=tuple((task_id, clock) for clock in _TASK_CLOCKS),
    )
    withdrawn = replace(withdrawn, changed=tuple(other.task_id for other in without.tasks))
    if ended:
        return replace(withdrawn, order=replace(withdrawn.order, state=OrderState.CLOSED))
    return _all_done(withdrawn, at=at) if _nothing_left(withdrawn.order) else withdrawn


def close(order: Order, *, at: datetime) -> Change:
    """The matter ended otherwise: what is open is closed and its clocks stop."""
    del at
    if order.state is not OrderState.OPEN:
        return Change(order=order, events=())
    open_ids = tuple(task.task_id for task in order.tasks if task.state not in _DONE)
    tasks = tuple(
        replace(task, state=TaskState.CLOSED) if task.task_id in open_ids else task for task in order.tasks
    )
    return Change(
        order=replace(order, state=OrderState.CLOSED, tasks=tasks, version=order.version + 1),
        events=(),
        stopped=tuple((task_id, clock) for task_id in open_ids for clock in _TASK_CLOCKS),
        changed=open_ids,
    )


def metres_between(one: Place, other: Place) -> int:
    """The distance of two places over the ground, in metres."""
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    half_lat = (lat2 - lat1) / 2
    half_lon = math.radians(other.longitude - one.longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return round(2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, chord))))


_TASK_CLOCKS: tuple[ClockName, ...] = ("sign", "arrive", "finish")
# Of an open order: finished, or not needed.
_DONE = frozenset({TaskState.FINISHED, TaskState.CLOSED})


def _nothing_left(order: Order) -> bool:
    return all(task.state in _DONE for task in order.tasks)


def _all_done(change: Change, *, at: datetime) -> Change:
    """The change with which its order is finished."""
    order = change.order
    finished = dispatch.OrderFinished(
        order_id=order.order_id, case_id=order.case_id, area=order.area, finished_at=at
    )
    return replace(
        change,
        order=replace(order, state=OrderState.FINISHED, finished_at=at),
        events=(*change.events, finished),
    )


def _without(order: Order, task_id: str) -> Order:
    """The order with a task closed; where that one led, the first of the others leads."""
    leads = order.task(task_id).is_main
    heir = next(
        (task for task in order.tasks if task.task_id != task_id and task.state is not TaskState.CLOSED), None
    )
    tasks = []
    for task in order.tasks:
        if task.task_id == task_id:
            task = replace(task, state=TaskState.CLOSED, is_main=task.is_main and heir is None)
        elif task is heir and leads:
            task = replace(task, is_main=True)
        tasks.append(task)
    return replace(order, tasks=tuple(tasks))


def _require(order: Order, task_id: str, states: frozenset[TaskState] | set[TaskState]) -> Task:
    if order.state is OrderState.CLOSED:
        raise errors.OrderClosed()
    task = order.task(task_id)
    if task.state not in states:
        raise errors.TaskNotInThisState(state=task.state, allowed=sorted(states))
    return task


def _step(
    order: Order,
    task: Task,
    *events: Event,
    step: str,
    by: str | None,
    at: datetime,
    detail: dict[str, Any] | None = None,
    stopped: tuple[tuple[str, ClockName], ...] = (),
) -> Change:
    tasks = tuple(task if other.task_id == task.task_id else other for other in order.tasks)
    return Change(
        order=replace(order, tasks=tasks, version=order.version + 1),
        events=events,
        stopped=stopped,
        changed=(task.task_id,),
        history=(
            Taken(
                task_id=task.task_id,
                step=step,
                by=by,
                at=at,
                run=task.run,
                department_id=task.department_id,
                detail=detail or {},
            ),
        ),
    )


def _sent(order: Order, task: Task) -> dispatch.TaskSent:
    return dispatch.TaskSent(**_ids(order, task), is_main=task.is_main, sent_at=task.sent_at)


def _ids(order: Order, task: Task) -> dict[str, str]:
    return {
        "order_id": order.order_id,
        "task_id": task.task_id,
        "case_id": order.case_id,
        "area": order.area,
        "department_id": task.department_id,
    }
