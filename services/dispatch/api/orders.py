"""The dispatch API: what departments, callers and supervisors do with orders and tasks."""

from typing import Any

from services.dispatch.api.steps import RESPONDERS, STEP_ERRORS, Steps
from services.dispatch.domain import errors
from services.dispatch.domain import order as domain
from services.dispatch.schemas import orders as schemas
from services.dispatch.store import orders as store
from services.dispatch.store import task_lists as lists
from services.dispatch.store.sql import queries
from shared import auth, db, http
from shared.contracts.cases import Place
from shared.http import Page, Request, get, post


class OrdersApi(Steps):
    """Orders, tasks and their clocks."""

    @get(
        "/dispatch/tasks", roles=auth.STAFF, query=schemas.TaskFilter, answers=schemas.TaskSummary, page=True
    )
    def list_tasks(self, tx: db.Tx, request: Request, /) -> Page:
        """List tasks: a responder's those of the department, other staff's those of their areas."""
        query, sort = request.query, request.query["sort"]
        of = lists.whose(request.actor, mine=query["mine"])
        if sort == "due":
            cursor = request.cursor(length=2)
            after = (str(cursor[0]), str(cursor[1])) if cursor else None
            rows = lists.due(tx, of, state=query["state"], after=after, most=request.limit + 1)
        else:
            cursor = request.cursor(length=1)
            before = str(cursor[0]) if cursor else None
            rows = lists.newest(tx, of, state=query["state"], before=before, most=request.limit + 1)
        return http.page(rows, limit=request.limit, key=lambda row: lists.place_of(row, sort))

    @get("/dispatch/tasks/count", roles=auth.STAFF, query=schemas.TaskCounting, answers=schemas.TaskCounts)
    def count_tasks(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Count the tasks of that list by state, each up to 10,000."""
        of = lists.whose(request.actor, mine=request.query["mine"])
        return {"items": lists.counts(tx, of)}

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
            tx, request, task_id, lambda order, by, at: domain.sign(order, task_id, by=by, at=at)
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/assign",
        roles=RESPONDERS,
        body=schemas.Assign,
        answers=schemas.TaskView,
        errors=(*STEP_ERRORS, errors.NotOfThisDepartment),
    )
    def assign(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Name the handler inside the department."""
        handler_id = str(request.body["handler_id"])
        # Whoever dispatch has never met may be new there.
        works_for = queries.department_of(tx, person_id=handler_id)
        if works_for and works_for != request.actor.department:
            raise errors.NotOfThisDepartment(department=works_for)
        return self._department_step(
            tx,
            request,
            task_id,
            lambda order, by, at: domain.assign(order, task_id, handler_id=handler_id, by=by, at=at),
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
            tx,
            request,
            task_id,
            lambda order, by, at: domain.arrive(order, task_id, place=place, by=by, at=at),
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
            lambda order, by, at: domain.reply(order, task_id, words=request.body["words"], by=by, at=at),
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/review",
        roles=RESPONDERS,
        body=schemas.Review,
        answers=schemas.TaskView,
        errors=(*STEP_ERRORS, errors.NothingToReview, errors.OwnReply),
    )
    def review(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Approve a handler's reply, or send it back with the reason."""
        return self._department_step(
            tx,
            request,
            task_id,
            lambda order, by, at: domain.review(order, task_id, by=by, at=at, **request.body),
        )

    @post(
        "/dispatch/tasks/<uuid:task_id>/finish",
        roles=RESPONDERS,
        body=schemas.Finish,
        answers=schemas.TaskView,
        errors=(*STEP_ERRORS, errors.ReplyNotApproved, errors.EvidenceMissing),
    )
    def finish(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Finish the department's part with its evidence; the last one finishes the order.

        Words or attachments; a department's approved reply is evidence by itself.
        """
        evidence = tuple(str(one) for one in request.body["attachment_ids"])
        return self._department_step(
            tx,
            request,
            task_id,
            lambda order, by, at: domain.finish(
                order, task_id, by=by, at=at, words=request.body["words"], attachment_ids=evidence
            ),
        )

    @get(
        "/dispatch/tasks/<uuid:task_id>/history",
        roles=auth.STAFF,
        query=http.PageQuery,
        answers=schemas.HistoryView,
        page=True,
    )
    def read_history(self, tx: db.Tx, request: Request, /, task_id: str) -> Page:
        """Read what was done with a task, by whom and when, in order."""
        cursor = request.cursor(length=1)
        rows = store.history(
            tx,
            task_id,
            request.actor,
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["step_id"])])
