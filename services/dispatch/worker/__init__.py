"""What `dispatch` does with the events of others, and the timer of its clocks."""

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from services.dispatch import notifier as outward
from services.dispatch import tabling
from services.dispatch.domain import clock, moving, running
from services.dispatch.domain import order as domain
from services.dispatch.domain.clock import Ticking
from services.dispatch.domain.order import Order, OrderState, Task, TaskState
from services.dispatch.domain.responsibility import Ground
from services.dispatch.store import figures, regridding, responsibility
from services.dispatch.store import orders as store
from services.dispatch.store.sql import queries
from services.dispatch.worker import duty, facts, rankings, reclassing, recomputing, sweep, telling
from services.dispatch.worker import figures as keeping
from shared import clock as moments
from shared import db, errors, ids
from shared.bus import outbox
from shared.bus.inbox import Received, subscribe
from shared.contracts import cases, registry
from shared.contracts.dispatch import ClockName
from shared.http import idempotency
from shared.timers import every

# What one run of a timer takes; full runs follow each other at once.
AT_ONCE = 300
CASE_CLOCKS: tuple[ClockName, ...] = ("finish", "call_back", "elapsed")


Handler = TypeVar("Handler", bound=Callable[..., None])


def _in_one_go(handler: Handler) -> Handler:
    """A handler that waits for the database only where it reads an answer. It must not need numbers of changed rows."""

    @functools.wraps(handler)
    def handle(worker: "Worker", tx: db.Tx, events: Sequence[Received[Any]]) -> None:
        with db.together(tx):
            handler(worker, tx, events)

    return cast(Handler, handle)


class MatterUnknown(errors.Conflict):
    """An event speaks of a matter whose report is not here; it waits until it is, or for an operator."""


class Worker:
    name = "dispatch"

    rules = store.RulesInForce()
    # A wrong setting stops the start.
    notifier = outward.from_environment()

    # --- Matters ---

    @subscribe(cases.CaseReported)
    @_in_one_go
    def case_reported(self, tx: db.Tx, events: Sequence[Received[cases.CaseReported]]) -> None:
        """A matter's limit to finish begins with its report, and the clock that never stands."""
        queries.watch_cases(
            tx,
            cases=json.dumps(
                [
                    {
                        "case_id": event.data.case_id,
                        "area": event.data.area,
                        "category": event.data.category,
                        "sla_class": event.data.sla_class,
                        "urgency": event.data.urgency,
                        "reported_at": moments.rfc3339(event.data.reported_at),
                    }
                    for event in events
                ]
            ),
        )
        rules = self.rules.read(tx)
        _keep(
            tx,
            [
                running.begin_case_clock(
                    name,
                    case_id=event.data.case_id,
                    area=event.data.area,
                    category=event.data.category,
                    sla_class=event.data.sla_class,
                    urgency=event.data.urgency,
                    clocks={},
                    rules=rules,
                    at=event.data.reported_at,
                    new_id=ids.new,
                )
                for event in events
                for name in ("finish", "elapsed")
            ],
        )
        facts.reported(tx, events)

    @subscribe(cases.CaseTriaged)
    def case_triaged(self, tx: db.Tx, events: Sequence[Received[cases.CaseTriaged]]) -> None:
        """The matter may be classed otherwise than it was reported: its clocks follow."""
        reclassing.case_triaged(tx, events, self.rules.read(tx))

    @subscribe(cases.CaseMoved)
    def case_moved(self, tx: db.Tx, events: Sequence[Received[cases.CaseMoved]]) -> None:
        """Grids were re-drawn: what is open of the matter belongs to the new one."""
        case_ids = [event.data.case_id for event in events]
        _lock_with_orders(tx, case_ids)
        regridding.move(tx, {event.data.case_id: event.data.area for event in events})

    @subscribe(cases.CaseWhistled)
    @_in_one_go
    def case_whistled(self, tx: db.Tx, events: Sequence[Received[cases.CaseWhistled]]) -> None:
        """A whistle opens an order: one task per department, clocks running from the whistle."""
        grounds = responsibility.grounds(
            tx, [(event.data.area, event.data.category, event.data.departments) for event in events]
        )
        orders = [_order_of(event.data, ground) for event, ground in zip(events, grounds, strict=True)]
        changes = [domain.open_order(order) for order in orders]
        rules = self.rules.read(tx)
        store.insert(tx, orders)
        followed = [
            running.follow(change, clocks={}, rules=rules, at=change.order.opened_at, new_id=ids.new)
            for change in changes
        ]
        ticking = [one for some in followed for one in some]
        store.save_clocks(tx, ticking)
        facts.all_stepped(
            tx,
            [(change, some, change.order.opened_at) for change, some in zip(changes, followed, strict=True)],
        )
        outbox.add(
            tx,
            [
                *(event for change in changes for event in change.events),
                *(event for one in ticking for event in one.events),
            ],
        )

    @subscribe(cases.CaseResolved)
    @_in_one_go
    def case_resolved(self, tx: db.Tx, events: Sequence[Received[cases.CaseResolved]]) -> None:
        """Handling is done: open orders close, the limit to finish ends, the limit to call back begins."""
        at = {event.data.case_id: event.data.resolved_at for event in events}
        self._close_orders(tx, at)
        locked = _lock_matters(tx, at)
        clocks = store.clocks_of(tx, at)
        rules = self.rules.read(tx)
        ticking: list[Ticking] = []
        for case_id, row in locked.items():
            ticking += running.end_case_clocks(case_id, names=("finish",), clocks=clocks, at=at[case_id])
            ticking.append(
                running.begin_case_clock(
                    "call_back",
                    case_id=case_id,
                    area=row["area"],
                    category=row["category"],
                    sla_class=row["sla_class"],
                    urgency=row["urgency"],
                    clocks=clocks,
                    rules=rules,
                    at=at[case_id],
                    new_id=ids.new,
                )
            )
        _keep(tx, ticking)
        facts.resolved(tx, ticking, at)

    @subscribe(cases.CaseCalledBack)
    def case_called_back(self, tx: db.Tx, events: Sequence[Received[cases.CaseCalledBack]]) -> None:
        """The reporter was reached: the limit to call back ends."""
        at = {event.data.case_id: event.data.called_back_at for event in events if event.data.reached}
        self._end(tx, at, names=("call_back",))
        facts.called_back(tx, events)

    @subscribe(cases.CaseReworked)
    def case_reworked(self, tx: db.Tx, events: Sequence[Received[cases.CaseReworked]]) -> None:
        """Handling starts again: a new limit to finish runs as the next run of its clock.

        Of a closed matter that is opened again the time since its report runs on too.
        """
        at = {event.data.case_id: event.time for event in events}
        locked = _lock_matters(tx, at)
        clocks = store.clocks_of(tx, at)
        rules = self.rules.read(tx)
        ticking: list[Ticking] = []
        for case_id, row in locked.items():
            ticking += running.end_case_clocks(case_id, names=("call_back",), clocks=clocks, at=at[case_id])
            begins: dict[ClockName, datetime] = {"finish": at[case_id]}
            if running.has_ended(clocks, case_id, "elapsed"):
                begins["elapsed"] = row["reported_at"]
            ticking += [
                running.begin_case_clock(
                    name,
                    case_id=case_id,
                    area=row["area"],
                    category=row["category"],
                    sla_class=row["sla_class"],
                    urgency=row["urgency"],
                    clocks=clocks,
                    rules=rules,
                    at=begun,
                    new_id=ids.new,
                )
                for name, begun in begins.items()
            ]
        queries.set_runs(
            tx,
            case_ids=[event.data.case_id for event in events],
            runs=[event.data.run for event in events],
        )
        _keep(tx, ticking)
        facts.reworked(tx, events)

    @subscribe(cases.CaseDeferred)
    def case_deferred(self, tx: db.Tx, events: Sequence[Received[cases.CaseDeferred]]) -> None:
        """Deferral pauses the limit to finish."""
        self._pause(tx, {event.data.case_id: event.time for event in events})

    @subscribe(cases.CaseListed)
    def case_listed(self, tx: db.Tx, events: Sequence[Received[cases.CaseListed]]) -> None:
        """The standing list pauses the limit to finish."""
        self._pause(tx, {event.data.case_id: event.time for event in events})

    @subscribe(cases.CaseResumed)
    def case_resumed(self, tx: db.Tx, events: Sequence[Received[cases.CaseResumed]]) -> None:
        """The limit to finish runs on with what was left."""
        at = {event.data.case_id: event.time for event in events}
        rules = self.rules.read(tx)
        owners = _lock_with_orders(tx, at)
        clocks = store.clocks_of(tx, owners).values()
        _keep(tx, [moving.resume(one, rules=rules, at=at[one.case_id]) for one in clocks])

    @subscribe(cases.CaseClosed)
    def case_closed(self, tx: db.Tx, events: Sequence[Received[cases.CaseClosed]]) -> None:
        """The loop is closed: whatever still runs ends."""
        at = {event.data.case_id: event.data.closed_at for event in events}
        self._end(tx, at, names=CASE_CLOCKS)
        queries.end_watched(tx, case_ids=list(at), ended_ats=list(at.values()))

    @subscribe(cases.CaseDeclined)
    def case_declined(self, tx: db.Tx, events: Sequence[Received[cases.CaseDeclined]]) -> None:
        """The matter is not taken on: everything ends."""
        self._end_all(tx, {event.data.case_id: event.time for event in events})

    @subscribe(cases.CaseMerged)
    def case_merged(self, tx: db.Tx, events: Sequence[Received[cases.CaseMerged]]) -> None:
        """The matter is handled elsewhere: everything ends here."""
        self._end_all(tx, {event.data.case_id: event.time for event in events})

    @subscribe(cases.CaseWithdrawn)
    def case_withdrawn(self, tx: db.Tx, events: Sequence[Received[cases.CaseWithdrawn]]) -> None:
        """The reporter took it back: everything ends."""
        self._end_all(tx, {event.data.case_id: event.time for event in events})

    @subscribe(cases.CaseRemovedFromBase)
    def case_removed_from_base(
        self, tx: db.Tx, events: Sequence[Received[cases.CaseRemovedFromBase]]
    ) -> None:
        """A matter does not count for a department in a month."""
        facts.removed(tx, events)

    @subscribe(registry.DepartmentChanged, copy=True)
    def department_changed(self, tx: db.Tx, events: Sequence[Received[registry.DepartmentChanged]]) -> None:
        """A department may be called, or no longer."""
        for event in events:
            queries.copy_department(
                tx,
                department_id=event.data.department_id,
                area=event.data.area,
                kind=event.data.kind,
                name=event.data.name,
                is_active=event.data.active,
                sequence=event.sequence,
            )

    @subscribe(registry.NetPublished, copy=True)
    def net_published(self, tx: db.Tx, events: Sequence[Received[registry.NetPublished]]) -> None:
        """A subdistrict has a name."""
        rankings.named(tx, events)

    # --- Timers ---

    @every(seconds=1.0)
    def fire_due_steps(self, tx: db.Tx) -> int:
        """Climb the steps of clocks whose time has come, oldest first; answers how many."""
        return sweep.fire_due_steps(tx, self.rules.read(tx))

    @every(seconds=1.0)
    def recompute_clocks(self, tx: db.Tx) -> int:
        """Compute running clocks anew where an admin asked for it; answers how many were looked at."""
        return recomputing.recompute(tx, self.rules.read(tx))

    @every(seconds=1.0)
    def fold_figures(self, tx: db.Tx) -> int:
        """Keep the live figures; answers how many changes were folded in."""
        return _unless_behind(figures.fold(tx))

    @every(seconds=15.0)
    def show_figures(self, tx: db.Tx) -> None:
        """Show the live figures to Prometheus."""
        keeping.show(tx)

    @every(seconds=600.0)
    def repair_figures(self, tx: db.Tx) -> None:
        """Compare the live figures with a recount and put right what does not agree."""
        keeping.repair(tx)

    @every(seconds=60.0)
    def keep_rankings(self, tx: db.Tx) -> int:
        """Drafts, refreshes and freezes monthly tables when their time has come."""
        return tabling.keep(tx, at=db.now(tx))

    @every(seconds=1.0)
    def tell(self, tx: db.Tx) -> int:
        """Make notices of what happened, and put tasks just sent to whoever is on duty."""
        return _unless_behind(telling.tell(tx, self.rules.read(tx), most=AT_ONCE))

    @every(seconds=5.0)
    def pass_on_tasks(self, tx: db.Tx) -> int:
        """Put tasks nobody signed to the next in line."""
        return duty.pass_on(tx, self.rules.read(tx), most=AT_ONCE)

    @every(seconds=1.0)
    def send_notices(self, tx: db.Tx) -> int:
        """Send notices whose time has come through the outward channel."""
        return _unless_behind(telling.send(tx, self.notifier))

    @every(seconds=60.0)
    def prune(self, tx: db.Tx) -> int:
        """Drop answers kept under old Idempotency-Keys, old notices and people not seen for long."""
        telling.prune(tx)
        return idempotency.prune(tx)

    # --- What several events mean ---

    def _close_orders(self, tx: db.Tx, at: dict[str, datetime]) -> None:
        """Closes the open orders of matters and ends their clocks."""
        found = [order for order, _ in store.lock_open(tx, at)]
        if not found:
            return
        changes = [domain.close(order, at=at[order.case_id]) for order in found]
        clocks = store.clocks_of(tx, [order.order_id for order in found])
        rules = self.rules.read(tx)
        store.save(tx, *changes)
        followed = [
            running.follow(change, clocks=clocks, rules=rules, at=at[change.order.case_id], new_id=ids.new)
            for change in changes
        ]
        _keep(tx, [one for some in followed for one in some])
        facts.all_stepped(
            tx,
            [
                (change, some, at[change.order.case_id])
                for change, some in zip(changes, followed, strict=True)
            ],
        )

    def _pause(self, tx: db.Tx, at: dict[str, datetime]) -> None:
        """Pauses the limits to finish of matters and of their open orders."""
        owners = _lock_with_orders(tx, at)
        clocks = store.clocks_of(tx, owners).values()
        _keep(tx, [clock.pause(one, at=at[one.case_id]) for one in clocks if one.name == "finish"])

    def _end(self, tx: db.Tx, at: dict[str, datetime], *, names: tuple[ClockName, ...]) -> None:
        if not at:
            return
        _lock_matters(tx, at)
        clocks = store.clocks_of(tx, at)
        _keep(
            tx,
            [
                one
                for case_id in sorted(at)
                for one in running.end_case_clocks(case_id, names=names, clocks=clocks, at=at[case_id])
            ],
        )

    def _end_all(self, tx: db.Tx, at: dict[str, datetime]) -> None:
        self._close_orders(tx, at)
        self._end(tx, at, names=CASE_CLOCKS)
        queries.end_watched(tx, case_ids=list(at), ended_ats=list(at.values()))
        facts.ended(tx, at)


def _unless_behind(done: int) -> int:
    """What a timer did, so that it runs again at once; while many steps are due it waits for its next turn instead."""
    return 0 if sweep.is_behind() else done


def _lock_with_orders(tx: db.Tx, case_ids: Iterable[str]) -> list[str]:
    """Locks the open orders of matters, then the matters: in this order everywhere, so that none waits in a circle."""
    wanted = list(case_ids)
    orders = [order.order_id for order, _ in store.lock_open(tx, wanted)]
    return [*orders, *_lock_matters(tx, wanted)]


def _lock_matters(tx: db.Tx, case_ids: Iterable[str]) -> dict[str, Any]:
    """Locks watched matters. Raises MatterUnknown when one's report has not arrived."""
    wanted = sorted(set(case_ids))
    rows = {str(row["case_id"]): row for row in queries.lock_watched(tx, case_ids=wanted)}
    missing = [case_id for case_id in wanted if case_id not in rows]
    if missing:
        raise MatterUnknown(case_id=missing[0])
    return rows


def _keep(tx: db.Tx, ticking: Sequence[Ticking]) -> None:
    """Saves clocks and announces what happened to them."""
    moved = [one for one in ticking if one.events]
    store.save_clocks(tx, moved)
    outbox.add(tx, [event for one in moved for event in one.events])


def _order_of(whistle: cases.CaseWhistled, grounds: Mapping[str, Ground]) -> Order:
    """The order a whistle opens; it has the whistle's id. Each task keeps why its department was called."""
    tasks = tuple(
        Task(
            task_id=ids.new(),
            department_id=department,
            is_main=position == 0,
            state=TaskState.SENT,
            ground=grounds.get(department),
            sent_at=whistle.whistled_at,
        )
        for position, department in enumerate(whistle.departments)
    )
    return Order(
        order_id=whistle.order_id,
        case_id=whistle.case_id,
        area=whistle.area,
        kind=whistle.kind,
        category=whistle.category,
        sla_class=whistle.sla_class,
        urgency=whistle.urgency,
        place=whistle.place,
        caller_id=whistle.caller_id,
        state=OrderState.OPEN,
        tasks=tasks,
        opened_at=whistle.whistled_at,
    )
