"""Clocks through the API: supervision orders to read, more time to ask for and decide, stages that are done."""

from datetime import datetime
from typing import Any

from services.dispatch.domain import clock as clocks
from services.dispatch.domain import errors, extension, moving
from services.dispatch.domain.clock import Clock, Ticking
from services.dispatch.schemas import clocks as schemas
from services.dispatch.schemas.orders import CaseClocks
from services.dispatch.store import clocks as store
from services.dispatch.store import extensions, orders
from services.dispatch.store.sql import queries
from shared import auth, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.contracts import Event
from shared.errors import NotFound
from shared.http import Page, Request, get, post

RESPONDERS = frozenset({Role.RESPONDER})
SUPERVISORS = frozenset({Role.SUPERVISOR})
# Who handles matters nobody whistled for.
HANDLERS = frozenset({Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER, Role.CALLER, Role.DISPATCHER})
WATCHERS = SUPERVISORS | RESPONDERS | HANDLERS
ASK_ERRORS = (errors.ClockEnded, errors.ExtensionTooLate, errors.ExtensionsUsedUp, errors.ExtensionOpen)
STAGE_ERRORS = (errors.ClockEnded, errors.NoSuchStage)


class ClocksApi:
    """Supervision orders, extensions and stages."""

    limits = store.RulesInForce()

    @get(
        "/dispatch/supervisions",
        roles=WATCHERS,
        query=schemas.SupervisionFilter,
        answers=schemas.SupervisionView,
        page=True,
    )
    def list_supervisions(self, tx: db.Tx, request: Request, /) -> Page:
        """List supervision orders, newest first: of the department for responders, else of the caller's areas."""
        cursor = request.cursor(length=1)
        rows = extensions.supervisions(
            tx,
            request.actor,
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["supervision_id"])])

    @get("/dispatch/supervisions/<uuid:supervision_id>", roles=WATCHERS, answers=schemas.SupervisionView)
    def read_supervision(self, tx: db.Tx, request: Request, /, supervision_id: str) -> dict[str, Any]:
        """Read one supervision order."""
        return extensions.supervision(tx, supervision_id, request.actor)

    # --- Extensions

    @get(
        "/dispatch/extensions",
        roles=WATCHERS,
        query=schemas.ExtensionFilter,
        answers=schemas.ExtensionView,
        page=True,
    )
    def list_extensions(self, tx: db.Tx, request: Request, /) -> Page:
        """List requests for more time, newest first."""
        cursor = request.cursor(length=1)
        rows = extensions.listed(
            tx,
            request.actor,
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["extension_id"])])

    @get("/dispatch/extensions/<uuid:extension_id>", roles=WATCHERS, answers=schemas.ExtensionView)
    def read_extension(self, tx: db.Tx, request: Request, /, extension_id: str) -> dict[str, Any]:
        """Read one request for more time."""
        return extensions.row(tx, extension_id, orders.seen(request.actor))

    @post(
        "/dispatch/tasks/<uuid:task_id>/extensions",
        roles=RESPONDERS,
        body=schemas.AskExtension,
        answers=schemas.ExtensionView,
        status=201,
        errors=ASK_ERRORS,
    )
    def ask_task_extension(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Ask for more time for a task, before its limit to finish ends."""
        order, at = orders.lock_by_task(tx, task_id, orders.of_department(request.actor))
        return self._ask(tx, request, _finish_clock(tx, order.order_id, task_id), at)

    @post(
        "/dispatch/cases/<uuid:case_id>/extensions",
        roles=HANDLERS,
        body=schemas.AskExtension,
        answers=schemas.ExtensionView,
        status=201,
        errors=ASK_ERRORS,
    )
    def ask_case_extension(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Ask for more time for a matter handled without departments."""
        at = _lock_case(tx, request, case_id)
        return self._ask(tx, request, _finish_clock(tx, case_id, None), at)

    @post(
        "/dispatch/extensions/<uuid:extension_id>/decision",
        roles=SUPERVISORS,
        body=schemas.DecideExtension,
        answers=schemas.ExtensionView,
        errors=(errors.ExtensionDecidedAlready, errors.ExtensionLapsed, errors.OwnRequest),
    )
    def decide_extension(self, tx: db.Tx, request: Request, /, extension_id: str) -> dict[str, Any]:
        """Approve or refuse more time; asked for in time is in time, also when the limit has ended by now.

        The matter's own limit moves by as much where its main department's would end after it.
        """
        reach = orders.of_areas(request.actor)
        asked = extensions.row(tx, extension_id, reach)
        _require_other(request.actor, asked)
        order: Any = queries.lock_order(tx, order_id=asked["owner_id"]) if asked["task_id"] else None
        case = queries.lock_case(tx, case_id=asked["case_id"])
        at: datetime = case["at"] if case else order["at"]
        # Decided by somebody else while we waited.
        asked = extensions.row(tx, extension_id, reach)
        clock = _finish_clock(tx, str(asked["owner_id"]), asked["task_id"] and str(asked["task_id"]))
        decided = extension.decide(
            extensions.of(asked),
            clock,
            approved=request.body["approved"],
            words=request.body["words"],
            by=request.actor.person_id,
            rules=self.limits.read(tx),
            at=at,
        )
        extensions.save(tx, decided.extension)
        ticking = [decided.ticking] if decided.ticking else []
        _keep(tx, [*ticking, *self._followed(tx, ticking, at)], decided.events)
        return extensions.row(tx, extension_id, reach)

    # --- Stages

    @post(
        "/dispatch/tasks/<uuid:task_id>/stage",
        roles=RESPONDERS,
        body=schemas.PassStage,
        answers=CaseClocks,
        errors=STAGE_ERRORS,
    )
    def pass_task_stage(self, tx: db.Tx, request: Request, /, task_id: str) -> dict[str, Any]:
        """Say that a stage of a staged limit is done; the next one's limit runs. The matter's own clock goes along."""
        order, at = orders.lock_by_task(tx, task_id, orders.of_department(request.actor))
        queries.lock_case(tx, case_id=order.case_id)
        passed = self._pass(_finish_clock(tx, order.order_id, task_id), request, tx, at)
        ticking = [passed]
        own = store.clocks_of(tx, [order.case_id]).get((order.case_id, None, "finish"))
        if order.task(task_id).is_main and own and own.stage_name == request.body["stage"]:
            ticking.append(self._pass(own, request, tx, at))
        _keep(tx, ticking)
        return _clocks(tx, order.case_id, request)

    @post(
        "/dispatch/cases/<uuid:case_id>/stage",
        roles=HANDLERS,
        body=schemas.PassStage,
        answers=CaseClocks,
        errors=STAGE_ERRORS,
    )
    def pass_case_stage(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Say that a stage of a matter handled without departments is done."""
        at = _lock_case(tx, request, case_id)
        _keep(tx, [self._pass(_finish_clock(tx, case_id, None), request, tx, at)])
        return _clocks(tx, case_id, request)

    # ---

    def _ask(self, tx: db.Tx, request: Request, clock: Clock, at: datetime) -> dict[str, Any]:
        asked = extension.ask(
            clock,
            extension_id=ids.new(),
            words=request.body["words"],
            by=request.actor.person_id,
            is_open=bool(queries.has_open_extension(tx, clock_id=clock.clock_id, run=clock.run)),
            rules=self.limits.read(tx),
            at=at,
        )
        extensions.insert(tx, asked.extension, clock)
        outbox.add(tx, asked.events)
        return extensions.row(tx, asked.extension.extension_id, orders.seen(request.actor))

    def _pass(self, clock: Clock, request: Request, tx: db.Tx, at: datetime) -> Ticking:
        return moving.pass_stage(clock, stage=request.body["stage"], rules=self.limits.read(tx), at=at)

    def _followed(self, tx: db.Tx, extended: list[Ticking], at: datetime) -> list[Ticking]:
        """What the extension of a main department's task means for the matter's own limit."""
        followed = []
        for one in extended:
            task_id = one.clock.task_id
            own = store.clocks_of(tx, [one.clock.case_id]).get((one.clock.case_id, None, "finish"))
            if not task_id or not own or own.state is clocks.ClockState.STOPPED:
                continue
            if own.due_at < one.clock.due_at and queries.is_main_task(tx, task_id=task_id):
                by = one.clock.moves[-1]
                assert isinstance(by, clocks.Extended)
                followed.append(moving.extend(own, by=by.by, rules=self.limits.read(tx), at=at))
        return followed


def _require_other(actor: auth.Actor, asked: dict[str, Any]) -> None:
    """Nobody decides what they asked for. Raises OwnRequest."""
    own_department = actor.department is not None and actor.department == asked["department_id"]
    if own_department or str(asked["asked_by"]) == actor.person_id:
        raise errors.OwnRequest()


def _lock_case(tx: db.Tx, request: Request, case_id: str) -> datetime:
    """Locks a matter of the caller's areas. Raises NotFound."""
    row = queries.lock_owner_of_case_clock(tx, case_id=case_id, scopes=orders.of_areas(request.actor).scopes)
    if row is None:
        raise NotFound()
    at: datetime = row["at"]
    return at


def _finish_clock(tx: db.Tx, owner_id: str, task_id: str | None) -> Clock:
    found = store.clocks_of(tx, [owner_id]).get((owner_id, task_id, "finish"))
    if found is None:
        raise NotFound()
    return found


def _keep(tx: db.Tx, ticking: list[Ticking], events: tuple[Event, ...] = ()) -> None:
    store.save_clocks(tx, ticking)
    outbox.add(tx, [*events, *(event for one in ticking for event in one.events)])


def _clocks(tx: db.Tx, case_id: str, request: Request) -> dict[str, Any]:
    return {"items": queries.list_case_clocks(tx, case_id=case_id, **vars(orders.seen(request.actor)))}
