"""The dispatch API: what departments, callers and supervisors do with orders and tasks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from services.dispatch.domain import errors, running
from services.dispatch.domain import order as domain
from services.dispatch.domain.order import Change, Order, TaskState
from services.dispatch.schemas import orders as schemas
from services.dispatch.store import orders as store
from services.dispatch.store.sql import queries
from shared import auth, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import dispatch as contracts
from shared.contracts.cases import Place
from shared.http import Page, Request, get, post

RESPONDERS = frozenset({Role.RESPONDER})
SUPERVISORS = frozenset({Role.SUPERVISOR})
CALLERS = frozenset({Role.CALLER, Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
STEP_ERRORS = (errors.TaskNotInThisState, errors.OrderClosed)

Step = Callable[[Order, datetime], Change]


class OrdersApi:
    """Orders, tasks and their clocks."""

    rules = store.RulesInForce()

    @get(
        "/dispatch/tasks", roles=auth.STAFF, query=schemas.TaskFilter, answers=schemas.TaskSummary, page=True
    )
    def list_tasks(self, tx: db.Tx, request: Request, /) -> Page:
        """List tasks, newest first: a responder's those of the department, other staff's those of their areas."""
        cursor = request.cursor(length=1)
        rows = store.listed(
            tx,
            request.actor,
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["task_id"])])

    @get("/dispatch/tasks/<uuid:task_id>", roles=auth.STAFF, answers=schemas.TaskView)
    def read_task(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Read one task with its clocks."""
        return store.task_view(tx, task_id, request.actor)

    @get("/dispatch/orders/<uuid:order_id>", roles=auth.STAFF, answers=schemas.OrderView)
    def read_order(self, tx: db.Tx, request: Request, /, order_id: str) -> dict[str, Any]:
        """Read one order with its tasks."""
        return store.order_view(tx, order_id, request.actor)

    @get("/dispatch/cases/<uuid:case_id>/clocks", roles=auth.STAFF, answers=schemas.CaseClocks)
    def read_clocks(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Read the clocks of a matter and of its tasks; empty where there is none the caller may see."""
        reach = store.seen(request.actor)
        return {"items": queries.list_case_clocks(tx, case_id=case_id, **vars(reach))}

    @post(
        "/dispatch/tasks/<uuid:task_id>/sign", roles=RESPONDERS, answers=schemas.TaskView, errors=STEP_ERRORS
    )
    def sign(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Sign for a task: the department answers for it from now on."""
        return self._department_step(
            tx, request, task_id, lambda order, at: domain.sign(order, task_id, at=at)
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/assign",
        roles=RESPONDERS,
        body=schemas.Assign,
        answers=schemas.TaskView,
        errors=STEP_ERRORS,
    )
    def assign(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Name the handler inside the department."""
        handler_id = str(request.body["handler_id"])
        return self._department_step(
            tx,
            request,
            task_id,
            lambda order, at: domain.assign(order, task_id, handler_id=handler_id, at=at),
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/arrive",
        roles=RESPONDERS,
        body=schemas.Arrive,
        answers=schemas.TaskView,
        errors=STEP_ERRORS,
    )
    def arrive(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Record the arrival on site, with the place."""
        place = Place(**request.body["place"])
        return self._department_step(
            tx, request, task_id, lambda order, at: domain.arrive(order, task_id, place=place, at=at)
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/reply",
        roles=RESPONDERS,
        body=schemas.Reply,
        answers=schemas.TaskView,
        errors=STEP_ERRORS,
    )
    def reply(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Reply what was done; the responder's sending approves it."""
        return self._department_step(
            tx,
            request,
            task_id,
            lambda order, at: domain.reply(order, task_id, words=request.body["words"], at=at),
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/finish",
        roles=RESPONDERS,
        answers=schemas.TaskView,
        errors=STEP_ERRORS,
    )
    def finish(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Finish the department's part; the last one finishes the order."""
        return self._department_step(
            tx, request, task_id, lambda order, at: domain.finish(order, task_id, at=at)
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/return",
        roles=RESPONDERS,
        body=schemas.GiveBack,
        answers=schemas.TaskView,
        errors=STEP_ERRORS,
    )
    def give_back(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Ask to give a task back, on a listed ground; its clocks run on."""
        return self._department_step(
            tx,
            request,
            task_id,
            lambda order, at: domain.give_back(order, task_id, at=at, **request.body),
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/ruling",
        roles=SUPERVISORS,
        body=schemas.Ruling,
        answers=schemas.TaskView,
        errors=(*STEP_ERRORS, errors.SameDepartment, errors.UnknownDepartment),
    )
    def rule(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Decide a return: upheld sends the task to another department, rejected gives it back."""
        target = request.body["to_department_id"]

        def decide(order: Order, at: datetime) -> Change:
            if target and not queries.department_serves(tx, department_id=target, area=order.area):
                raise errors.UnknownDepartment(department=target)
            return domain.rule(order, task_id, upheld=request.body["upheld"], to_department_id=target, at=at)

        return self._step(tx, request, store.of_areas(request.actor), task_id, decide)

    @post(
        "/dispatch/tasks/<uuid:task_id>/rating",
        roles=CALLERS | RESPONDERS,
        body=schemas.Rate,
        answers=schemas.TaskView,
        status=201,
        errors=(errors.NotFinishedYet, errors.RatedAlready),
    )
    def rate(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Rate the other side of a finished task, 1 to 5: callers the department, responders the caller."""
        order, at = store.lock_by_task(tx, task_id, store.seen(request.actor))
        task = order.task(task_id)
        if task.state is not TaskState.FINISHED:
            raise errors.NotFinishedYet(state=task.state)
        is_responder = request.actor.has(Role.RESPONDER) and request.actor.department == task.department_id
        rater: Literal["caller", "responder"] = "responder" if is_responder else "caller"
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

    def _department_step(self, tx: db.Tx, request: Request, task_id: str, step: Step) -> dict[str, Any]:
        """A step of one's own department's task."""
        return self._step(tx, request, store.of_department(request.actor), task_id, step)

    def _step(
        self, tx: db.Tx, request: Request, reach: store.Reach, task_id: str, step: Step
    ) -> dict[str, Any]:
        """One step of one task: lock its order, decide, move the clocks, save, announce."""
        with db.together(tx):
            order, at = store.lock_by_task(tx, task_id, reach)
            request.match(order.version)
            change = step(order, at)
            ticking = running.follow(
                change,
                clocks=store.clocks_of(tx, [order.order_id]),
                rules=self.rules.read(tx),
                at=at,
                new_id=ids.new,
            )
            store.save(tx, change)
            store.save_clocks(tx, ticking)
            outbox.add(tx, [*change.events, *(event for one in ticking for event in one.events)])
            return store.task_view(tx, task_id, request.actor)
