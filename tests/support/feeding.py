"""A service's worker, fed with events as the relays of others would bring them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from shared import clock, db, ids
from shared.bus import envelope
from shared.bus.inbox import Delivery, Subscription, apply, subscriptions_of
from shared.contracts.base import Event


class Feed:
    """Applies events through the inbox of a worker, in the caller's thread."""

    def __init__(self, session: db.Tx, worker_class: type[Any]) -> None:
        self.session = session
        self.worker = worker_class()
        self._subscriptions = {
            contract.type: Subscription(contract=contract, handler=getattr(self.worker, name), copy=copy)
            for name, contract, copy in subscriptions_of(worker_class)
        }
        self._last: Counter[tuple[str, str]] = Counter()

    def delivery(
        self, event: Event, *, sequence: int | None = None, time: datetime | None = None
    ) -> Delivery:
        """An event as it comes from the broker, numbered as the next of its subject."""
        key = (event.publisher, event.subject)
        number = self._last[key] + 1 if sequence is None else sequence
        self._last[key] = max(self._last[key], number)
        row = {
            "id": ids.new(),
            "type": event.type,
            "subject": event.subject,
            "time": time or clock.now(),
            "sequence": number,
            "area": event.area_code,
            "traceparent": None,
            "data": json.dumps(event.to_data(), ensure_ascii=False),
        }
        return Delivery(body=envelope.encode(row, service=event.publisher))

    def apply(self, *deliveries: Delivery) -> Counter[str]:
        """One batch; answers how many events had which outcome."""
        return apply(self.session, self._subscriptions, deliveries)

    def give(self, *events: Event, time: datetime | None = None) -> None:
        """One batch of events, each of which must have its effect."""
        outcome = self.apply(*(self.delivery(event, time=time) for event in events))

        assert outcome == {"applied": len(events)}, self.session.execute(
            "SELECT reason FROM parked"
        ).fetchall()


@contextmanager
def feeding(database_url: str, worker_class: type[Any]) -> Iterator[Feed]:
    session = db.session(database_url, name="test-feed")
    # A test says nothing here for as long as its other steps take.
    session.execute("SET idle_session_timeout = 0")
    try:
        yield Feed(session, worker_class)
    finally:
        session.close()
