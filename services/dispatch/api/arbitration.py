"""Returns and their arbitration: a department asks, a supervisor decides, the list learns."""

from datetime import datetime
from typing import Any

from services.dispatch.api.responsibility import proposal_view
from services.dispatch.api.steps import RESPONDERS, STEP_ERRORS, SUPERVISORS, Steps
from services.dispatch.domain import errors, responsibility, returns
from services.dispatch.domain import order as domain
from services.dispatch.domain.order import Change, Order, Task
from services.dispatch.domain.responsibility import SUBDISTRICT
from services.dispatch.schemas import orders as schemas
from services.dispatch.schemas import responsibility as list_schemas
from services.dispatch.store import orders as store
from services.dispatch.store import responsibility as lists
from services.dispatch.store.sql import queries
from shared import areas, auth, db, ids
from shared.http import Request, get, post


class ArbitrationApi(Steps):
    """Giving tasks back, and deciding on it."""

    @post(
        "/dispatch/tasks/<uuid:task_id>/return",
        roles=RESPONDERS,
        body=schemas.GiveBack,
        answers=schemas.TaskView,
        errors=(*STEP_ERRORS, errors.LocalJurisdictionIsNoGround, errors.ReturnTooLate),
    )
    def give_back(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Ask to give a task back, on a listed ground and within the preset's days; its clocks run on.

        属地管理 is refused with the responsibility list's item shown.
        """

        def decide(order: Order, by: str, at: datetime) -> Change:
            limit = store.clocks_of(tx, [order.order_id]).get((order.order_id, task_id, "finish"))
            until = returns.until(order.task(task_id).sent_at, limit=limit, rules=self.rules.read(tx))
            return domain.give_back(order, task_id, until=until, by=by, at=at, **request.body)

        return self._department_step(tx, request, task_id, decide)

    @get(
        "/dispatch/tasks/<uuid:task_id>/proposal",
        roles=auth.STAFF,
        answers=list_schemas.ProposalView,
    )
    def propose_ruling(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Ask whom the list in force names for a task's matter: where an upheld return should go."""
        task = store.task_view(tx, task_id, request.actor)
        of, made = lists.proposal(tx, category=task["category"], area=task["area"], kind=task["kind"])
        return proposal_view(of, made)

    @post(
        "/dispatch/tasks/<uuid:task_id>/ruling",
        roles=SUPERVISORS,
        body=schemas.Ruling,
        answers=schemas.TaskView,
        errors=(*STEP_ERRORS, errors.SameDepartment, errors.UnknownDepartment, errors.OwnReturn),
    )
    def rule(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Decide a return: upheld sends the task to another department, rejected gives it back.

        An upheld one that nobody needs to do (`not_needed`) is closed, and the rest of the order goes on; with an
        order's only task the matter is back with its street.
        A ruling on what the responsibility list does not cover, or not so, is proposed for its next version.
        """
        target, upheld = request.body["to_department_id"], request.body["upheld"]
        not_needed = request.body["not_needed"]

        def decide(order: Order, by: str, at: datetime) -> Change:
            task = order.task(task_id)
            if request.actor.department == task.department_id:
                raise errors.OwnReturn()
            if not_needed:
                change = domain.withdraw(order, task_id, reason=not_needed, by=by, at=at)
                if not_needed == "streets_own":
                    _learn(tx, order, task, unit=SUBDISTRICT, named=_street(order), ground=task.ground, at=at)
                return change
            if target and not queries.department_serves(tx, department_id=target, area=order.area):
                raise errors.UnknownDepartment(department=target)
            named = target or task.department_id
            ground = _ground(tx, order, target) if target else task.ground
            change = domain.rule(
                order,
                task_id,
                upheld=upheld,
                to_department_id=target,
                ground=ground if target else None,
                by=by,
                at=at,
            )
            _learn(tx, order, task, unit=lists.kind_of(tx, named), named=named, ground=ground, at=at)
            return change

        return self._step(tx, request, store.of_areas(request.actor), task_id, decide)


def _ground(tx: db.Tx, order: Order, department_id: str) -> responsibility.Ground | None:
    return lists.grounds(tx, [(order.area, order.category, [department_id])])[0].get(department_id)


def _street(order: Order) -> str:
    """The subdistrict, as the unit that answers for what is the street's own."""
    return order.area[: areas.digits(areas.Level.SUBDISTRICT)]


def _learn(
    tx: db.Tx,
    order: Order,
    task: Task,
    *,
    unit: str | None,
    named: str,
    ground: responsibility.Ground | None,
    at: datetime,
) -> None:
    """Proposes the ruling for the list's next version where the list says nothing of it, or otherwise.

    Args:
        unit: the kind of who answers for it, as ruled.
        named: the department or the subdistrict itself.
        ground: what the list says of it.
    """
    # Members are called to help; no list makes anything their duty.
    if order.kind == "grid_calls_members" or (ground is None and named == task.department_id):
        return
    reason = responsibility.wants_amendment(ground, to_unit=unit)
    if reason is None:
        return
    lists.propose_amendment(
        tx,
        amendment_id=ids.new(),
        area=order.area,
        category=order.category,
        reason=reason,
        order_id=order.order_id,
        task_id=task.task_id,
        item_code=ground.item_code if ground else None,
        from_department_id=task.department_id,
        to_department_id=named,
        to_unit=unit,
        proposed_at=at,
    )
