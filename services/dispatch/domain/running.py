"""Which clocks begin, stand and end with the steps of orders and matters."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.dispatch.domain import clock
from services.dispatch.domain.clock import Clock, Ticking
from services.dispatch.domain.limits import ANY, Rules
from services.dispatch.domain.order import Change
from shared.contracts.cases import Urgency
from shared.contracts.dispatch import ClockName

# Clocks by (owner, task, name).
Clocks = Mapping[tuple[str, str | None, str], Clock]
NewId = Callable[[], str]


def follow(
    change: Change, *, clocks: Clocks, rules: Rules, at: datetime, new_id: NewId
) -> tuple[Ticking, ...]:
    """The clocks of an order after one of its steps: first those that end, then those that begin."""
    order = change.order
    ended = [
        clock.stop(clocks[order.order_id, task_id, name], at=at)
        for task_id, name in change.stopped
        if (order.order_id, task_id, name) in clocks
    ]
    begun = []
    for task_id, name in change.started:
        earlier = clocks.get((order.order_id, task_id, name))
        begun.append(
            clock.start(
                clock_id=earlier.clock_id if earlier else new_id(),
                owner_id=order.order_id,
                task_id=task_id,
                case_id=order.case_id,
                area=order.area,
                department_id=order.task(task_id).department_id,
                name=name,
                run=earlier.run + 1 if earlier else 1,
                category=order.category,
                sla_class=order.sla_class,
                urgency=order.urgency,
                rules=rules,
                at=at,
            )
        )
    return tuple(ticking for ticking in (*ended, *begun) if ticking.events)


def begin_case_clock(
    name: ClockName,
    *,
    case_id: str,
    area: str,
    category: str = ANY,
    sla_class: str,
    urgency: Urgency,
    clocks: Clocks,
    rules: Rules,
    at: datetime,
    new_id: NewId,
) -> Ticking:
    """A limit of the matter itself begins, as the next run of that clock."""
    earlier = clocks.get((case_id, None, name))
    return clock.start(
        clock_id=earlier.clock_id if earlier else new_id(),
        owner_id=case_id,
        task_id=None,
        case_id=case_id,
        area=area,
        department_id=None,
        name=name,
        run=earlier.run + 1 if earlier else 1,
        category=category,
        sla_class=sla_class,
        urgency=urgency,
        rules=rules,
        at=at,
    )


def has_ended(clocks: Clocks, case_id: str, name: ClockName) -> bool:
    """Whether a limit of the matter itself ran and was stopped."""
    found = clocks.get((case_id, None, name))
    return found is not None and found.state is clock.ClockState.STOPPED


def end_case_clocks(
    case_id: str, *, names: tuple[ClockName, ...], clocks: Clocks, at: datetime
) -> tuple[Ticking, ...]:
    """Limits of the matter itself end; those that never ran or ended before are left alone."""
    found = [clocks[case_id, None, name] for name in names if (case_id, None, name) in clocks]
    return tuple(ticking for ticking in (clock.stop(one, at=at) for one in found) if ticking.events)
