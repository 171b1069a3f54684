"""One step of one task, as every use case takes it: lock its order, decide, move the clocks, save, announce."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.dispatch.domain import errors, facts, running
from services.dispatch.domain.order import Change, Order
from services.dispatch.store import duty
from services.dispatch.store import facts as fact_store
from services.dispatch.store import orders as store
from shared import db, ids
from shared.auth import Role
from shared.bus import outbox
from shared.http import Request

RESPONDERS = frozenset({Role.RESPONDER})
SUPERVISORS = frozenset({Role.SUPERVISOR})
CALLERS = frozenset({Role.CALLER, Role.GRID_WORKER, Role.GRID_LEAD, Role.COMMUNITY_OFFICER})
STEP_ERRORS = (errors.TaskNotInThisState, errors.OrderClosed)

# The order, who takes the step, and when.
Step = Callable[[Order, str, datetime], Change]


class Steps:
    """Base of the use cases that move tasks."""

    rules = store.RulesInForce()

    def _department_step(self, tx: db.Tx, request: Request, task_id: str, step: Step) -> dict[str, Any]:
        """A step of one's own department's task."""
        return self._step(tx, request, store.of_department(request.actor), task_id, step)

    def _step(
        self, tx: db.Tx, request: Request, reach: store.Reach, task_id: str, step: Step
    ) -> dict[str, Any]:
        with db.together(tx):
            order, at = store.lock_by_task(tx, task_id, reach)
            request.match(order.version)
            change = step(order, request.actor.person_id, at)
            ticking = running.follow(
                change,
                clocks=store.clocks_of(tx, [order.order_id]),
                rules=self.rules.read(tx),
                at=at,
                new_id=ids.new,
            )
            store.save(tx, change)
            duty.learn(tx, request.actor)
            store.save_clocks(tx, ticking)
            fact_store.note(tx, [facts.of_step(change, ticking, at=at)])
            outbox.add(tx, [*change.events, *(event for one in ticking for event in one.events)])
            return store.task_view(tx, task_id, request.actor)
