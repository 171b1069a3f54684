"""Mutual rating 互评: the caller rates the department, the department the caller, once per task and side."""

from typing import Any, Literal

from services.dispatch.api.steps import CALLERS, RESPONDERS
from services.dispatch.domain import errors
from services.dispatch.domain.order import Order, Task, TaskState
from services.dispatch.schemas import orders as schemas
from services.dispatch.store import orders as store
from shared import auth, db
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import dispatch as contracts
from shared.http import Request, post


class RatingApi:
    """Both sides of a task rate each other."""

    @post(
        "/dispatch/tasks/<uuid:task_id>/rating",
        roles=CALLERS | RESPONDERS,
        body=schemas.Rate,
        answers=schemas.TaskView,
        status=201,
        errors=(errors.NotFinishedYet, errors.RatedAlready, errors.OwnCall, errors.NotYourCall),
    )
    def rate(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Rate the other side of a finished task, 1 to 5: who called it the department, the department who called.

        For the caller also the callers 呼叫员 of the order's area may rate. Who is on both sides rates neither.
        """
        order, at = store.lock_by_task(tx, task_id, store.seen(request.actor))
        task = order.task(task_id)
        rater = _side(request.actor, order, task)
        if task.state is not TaskState.FINISHED:
            raise errors.NotFinishedYet(state=task.state)
        store.rate(
            tx,
            task_id=task_id,
            rater=rater,
            score=request.body["score"],
            words=request.body["words"],
            by_person=request.actor.person_id,
            at=at,
        )
        event = contracts.RatingGiven(
            order_id=order.order_id,
            task_id=task_id,
            case_id=order.case_id,
            area=order.area,
            department_id=task.department_id,
            rater=rater,
            score=request.body["score"],
        )
        outbox.add(tx, [event])
        return store.task_view(tx, task_id, request.actor)


def _side(actor: auth.Actor, order: Order, task: Task) -> Literal["caller", "responder"]:
    """For which side a person rates. Raises OwnCall, NotYourCall."""
    called_it = actor.person_id == order.caller_id
    responds = actor.has(Role.RESPONDER) and actor.department == task.department_id
    if called_it and (responds or actor.person_id in (task.handler_id, task.signed_by)):
        raise errors.OwnCall()
    if responds:
        return "responder"
    if called_it or (actor.has(Role.CALLER) and actor.sees(order.area)):
        return "caller"
    raise errors.NotYourCall()
