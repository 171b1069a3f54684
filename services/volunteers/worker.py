"""What `volunteers` does with the events of others, and its timers."""

from collections.abc import Sequence

from services.volunteers.domain import orders
from services.volunteers.domain.orders import ServiceOrder
from services.volunteers.store import orders as store
from shared import db, ids
from shared.bus import outbox
from shared.bus.inbox import Received, subscribe
from shared.contracts.points import ServiceDrawn
from shared.http import idempotency
from shared.timers import every


class Worker:
    name = "volunteers"

    @subscribe(ServiceDrawn)
    def service_drawn(self, tx: db.Tx, events: Sequence[Received[ServiceDrawn]]) -> None:
        """A draw from the volunteer bank becomes an open order, once, however late or often the event comes."""
        at = db.now(tx)
        drawn = [
            orders.order(
                ServiceOrder(
                    service_order_id=ids.new(),
                    area=event.data.area,
                    service=event.data.service,
                    resident_id=event.data.beneficiary_id,
                    words="",
                    ordered_at=at,
                    draw_id=event.data.draw_id,
                    planned_minutes=event.data.minutes,
                )
            )
            for event in events
        ]
        opened = store.insert(tx, [order for order, _ in drawn])
        outbox.add(tx, [event for order, made in drawn if order.service_order_id in opened for event in made])

    @every(seconds=60.0)
    def prune(self, tx: db.Tx) -> int:
        """Drop answers kept under old Idempotency-Keys."""
        return idempotency.prune(tx)
