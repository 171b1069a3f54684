"""The way in: events are applied in batches, each exactly once, those of a subject in order.

    class Worker:
        name = "dispatch"

        @subscribe(CaseWhistled)
        def case_whistled(self, tx: db.Tx, events: Sequence[Received[CaseWhistled]]) -> None:
            ...

A handler gets a list with at most one event per subject; it loads and locks all rows by id, decides in
pure code and saves. It runs inside the batch's transaction, so it neither commits nor catches database
errors. What it raises parks the guilty event (`shared.bus.parked`) and nothing else.

`batch`       one batch, from deliveries to commit       `consumer`      the link to the broker, the inbox's lock
`partitions`  the table of ids seen                      `subscription`  `@subscribe`
"""

from shared.bus.envelope import Received
from shared.bus.inbox.batch import Delivery, Subscription, apply
from shared.bus.inbox.subscription import subscribe, subscriptions_of

__all__ = ["Delivery", "Received", "Subscription", "apply", "subscribe", "subscriptions_of"]
