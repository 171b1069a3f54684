"""One batch of deliveries, from bytes to commit. Knows no broker."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared import contracts, db, logs, metrics, trace
from shared.bus import envelope, parked
from shared.bus.envelope import Envelope, Received
from shared.bus.statements import sql
from shared.contracts.base import Event

log = logs.get(__name__)

Handler = Callable[[db.Tx, Sequence[Received[Any]]], object]

# From so many redeliveries on, an event is taken alone: one that ends the process takes no others with it.
SINGLE_FROM_REDELIVERIES = 3
# And with so many it is parked untried.
PARK_FROM_REDELIVERIES = 10


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Who handles a type of event."""

    contract: type[Event]
    handler: Handler
    # Keeps a read model by sequence: an older or equal event is ignored, so it need not wait behind a dead one.
    copy: bool = False


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message as it came."""

    body: bytes
    # How often the broker had handed it out before (x-delivery-count).
    redeliveries: int = 0


@dataclass(frozen=True, kw_only=True)
class _Item:
    """A delivery that could be read and that somebody wants."""

    body: bytes
    envelope: Envelope
    subscription: Subscription
    event: Received[Any] | None
    # Why it cannot be handled, when that is known before any handler is asked.
    problem: str | None


@dataclass
class _Block:
    """What is parked for a subject."""

    behind_dead: bool
    copy_waits: bool

    def holds(self, item: _Item) -> bool:
        return not (self.behind_dead and item.subscription.copy and not self.copy_waits)


def apply(
    connection: db.Tx, subscriptions: Mapping[str, Subscription], deliveries: Sequence[Delivery]
) -> Counter[str]:
    """Applies deliveries in their order, in one transaction, each event once. When it returns all is committed.

    Args:
        connection: in autocommit, outside a transaction.
        subscriptions: by event type.

    Returns how many events had which outcome: applied, seen (taken in before), set_aside (an earlier one of
    the subject is parked), parked (its handler failed), unknown (no subscription), undecodable.

    Raises errors that say "not now" (`db.is_passing`), with nothing changed; any other comes from the bus itself.
    """
    began = datetime.now(UTC)
    batch = _Batch(connection, subscriptions, deliveries)
    try:
        with db.transaction(connection):
            batch.run_together()
            db.require_sound(connection)
    except Exception as error:
        if db.is_passing(error):
            raise
        # Some event of the batch is guilty. One by one, each behind its own savepoint, only that one fails.
        log.warning("batch_repeated_singly", events=len(deliveries), error=db.reason_of(error))
        metrics.inbox_batches_repeated_total.labels("single").inc()
        batch = _Batch(connection, subscriptions, deliveries)
        with db.transaction(connection):
            batch.run_singly()
    batch.count(began)
    return Counter(outcome for _, outcome in batch.outcomes)


class _Batch:
    def __init__(
        self, connection: db.Tx, subscriptions: Mapping[str, Subscription], deliveries: Sequence[Delivery]
    ) -> None:
        self.connection = connection
        self.outcomes: list[tuple[str, str]] = []
        self.applied: list[Envelope] = []
        self._subscriptions = subscriptions
        self._deliveries = deliveries
        self._blocks: dict[tuple[str, str], _Block] = {}

    def run_together(self) -> None:
        """The ordinary way: waves of events, each handler called with lists."""
        runnable = [item for item in self._fresh() if not self._set_aside(item) and not self._refused(item)]
        for wave in _waves(runnable):
            for handler, items in wave.items():
                handle(self.connection, handler, [item.event for item in items if item.event])
                self._applied(items)

    def run_singly(self) -> None:
        """The careful way: each event behind its own savepoint; one whose handler fails is parked."""
        for item in self._fresh():
            if self._set_aside(item) or self._refused(item):
                continue
            assert item.event is not None
            try:
                handle_alone(self.connection, item.subscription.handler, item.event)
            except Exception as error:
                if db.is_passing(error):
                    raise
                self._park(item, db.reason_of(error))
            else:
                self._applied([item])

    def count(self, began: datetime) -> None:
        now = datetime.now(UTC)
        for (type_, outcome), n in Counter(self.outcomes).items():
            metrics.inbox_events_total.labels(type_, outcome).inc(n)
        for applied in self.applied:
            metrics.inbox_effect_seconds.observe(max(0.0, (now - applied.time).total_seconds()))
        metrics.inbox_batch_events.observe(len(self._deliveries))
        metrics.inbox_batch_seconds.observe((now - began).total_seconds())

    def _fresh(self) -> list[_Item]:
        """What can be read, is wanted and was not taken in before, in order; the rest is dealt with here."""
        items = self._readable()
        if not items:
            return []
        keys = sorted({item.envelope.key for item in items})
        with db.together(self.connection):
            taken = db.ask(self.connection, sql.take_in, ids=[item.envelope.id for item in items])
            blocked = db.ask(
                self.connection,
                sql.blocked_subjects,
                sources=[source for source, _ in keys],
                subjects=[subject for _, subject in keys],
            )
        self._blocks = {
            (row["source"], row["subject"]): _Block(
                behind_dead=row["state"] == "dead", copy_waits=row["copy_waits"]
            )
            for row in blocked
        }
        new = {str(row["id"]) for row in taken}
        fresh = []
        for item in items:
            if item.envelope.id in new:
                new.remove(item.envelope.id)  # the same event may stand twice in one batch
                fresh.append(item)
            else:
                self.outcomes.append((item.envelope.type, "seen"))
        return fresh

    def _readable(self) -> list[_Item]:
        items = []
        for delivery in self._deliveries:
            try:
                read = envelope.decode(delivery.body)
            except envelope.Undecodable as error:
                sql.park_raw(self.connection, reason=db.reason_of(error), body=delivery.body)
                self.outcomes.append(("undecodable", "undecodable"))
                continue
            subscription = self._subscriptions.get(read.type)
            if subscription is None:
                # Any text may stand there; as a label it would be without bounds.
                self.outcomes.append(("unknown", "unknown"))
                continue
            items.append(_item(delivery, read, subscription))
        return items

    def _set_aside(self, item: _Item) -> bool:
        block = self._blocks.get(item.envelope.key)
        if block is None or not block.holds(item):
            return False
        parked.park(
            self.connection,
            item.envelope,
            copy=item.subscription.copy,
            reason="waits behind an earlier event of its subject",
            body=item.body,
            delay_seconds=0,
        )
        block.copy_waits = block.copy_waits or item.subscription.copy
        self.outcomes.append((item.envelope.type, "set_aside"))
        return True

    def _refused(self, item: _Item) -> bool:
        if item.problem is None:
            return False
        self._park(item, item.problem)
        return True

    def _park(self, item: _Item, reason: str) -> None:
        log.warning(
            "event_parked",
            event_id=item.envelope.id,
            type=item.envelope.type,
            subject=item.envelope.subject,
            reason=reason,
        )
        parked.park(
            self.connection,
            item.envelope,
            copy=item.subscription.copy,
            reason=reason,
            body=item.body,
            delay_seconds=parked.DELAYS_SECONDS[0],
        )
        block = self._blocks.setdefault(item.envelope.key, _Block(behind_dead=False, copy_waits=False))
        block.copy_waits = block.copy_waits or item.subscription.copy
        self.outcomes.append((item.envelope.type, "parked"))

    def _applied(self, items: Iterable[_Item]) -> None:
        for item in items:
            self.outcomes.append((item.envelope.type, "applied"))
            self.applied.append(item.envelope)


def handle(connection: db.Tx, handler: Handler, events: Sequence[Received[Any]]) -> None:
    """Calls a handler. A single event hands its trace on; several have no one trace."""
    trace.begin(events[0].traceparent if len(events) == 1 else None)
    handler(connection, events)


def handle_alone(connection: db.Tx, handler: Handler, event: Received[Any]) -> None:
    """Calls a handler with one event inside a savepoint, so that its failure leaves the transaction usable."""
    with connection.transaction():
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        handle(connection, handler, [event])
        # A constraint checked only at the commit would fail the whole batch there.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _item(delivery: Delivery, read: Envelope, subscription: Subscription) -> _Item:
    event, problem = None, None
    if delivery.redeliveries >= PARK_FROM_REDELIVERIES:
        problem = f"delivered {delivery.redeliveries + 1} times without being finished"
    else:
        try:
            event = envelope.received(read, subscription.contract)
        except contracts.EventInvalid as error:
            problem = db.reason_of(error)
    return _Item(body=delivery.body, envelope=read, subscription=subscription, event=event, problem=problem)


def _waves(items: Iterable[_Item]) -> list[dict[Handler, list[_Item]]]:
    """The n-th event of each subject stands in the n-th wave; within a wave, events are grouped by handler."""
    waves: list[dict[Handler, list[_Item]]] = []
    reached: Counter[tuple[str, str]] = Counter()
    for item in items:
        n = reached[item.envelope.key]
        reached[item.envelope.key] += 1
        if n == len(waves):
            waves.append({})
        waves[n].setdefault(item.subscription.handler, []).append(item)
    return waves
