"""A matter classed otherwise: its clocks that run or stand follow, from their own start; what ended stays."""

from collections.abc import Sequence

from services.dispatch.domain import moving
from services.dispatch.domain.limits import Rules
from services.dispatch.store import clocks as store
from services.dispatch.store import orders
from services.dispatch.store.sql import queries
from shared import db
from shared.bus import outbox
from shared.bus.inbox import Received
from shared.contracts import cases


def case_triaged(tx: db.Tx, events: Sequence[Received[cases.CaseTriaged]], rules: Rules) -> None:
    """Only matters whose class, catalogue matter or urgency is another by now are touched."""
    at = {event.data.case_id: event.data.triaged_at for event in events}
    open_orders = [order.order_id for order, _ in orders.lock_open(tx, at)]
    changed = {
        str(row["case_id"]): row
        for row in queries.reclass_watched(
            tx,
            case_ids=[event.data.case_id for event in events],
            categories=[event.data.category for event in events],
            sla_classes=[event.data.sla_class for event in events],
            urgencies=[event.data.urgency for event in events],
        )
    }
    if not changed:
        return
    queries.reclass_orders(tx, case_ids=sorted(changed))
    clocks = store.clocks_of(tx, [*changed, *open_orders]).values()
    moved = [
        moving.reclass(
            one,
            category=row["category"],
            sla_class=row["sla_class"],
            urgency=row["urgency"],
            rules=rules,
            at=at[one.case_id],
        )
        for one in clocks
        if (row := changed.get(one.case_id))
    ]
    store.save_clocks(tx, moved)
    outbox.add(tx, [event for one in moved for event in one.events])
