"""Inbox throughput, in batches and one transaction per message: `python -m tests.bench.batches URL`.

Prints events per second of both as JSON. The handlers are those of dispatch, the events those of lifecycles:
a report, a whistle for one department, a resolution per matter.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from services.dispatch.worker import Worker
from shared import clock, db, ids
from shared.bus import envelope
from shared.bus.inbox import Delivery, Subscription, apply, partitions, subscriptions_of
from shared.contracts import cases
from shared.contracts.base import Event

AREA = "370102007001001"
BATCH = 300
MATTERS = 2_000
SINGLE_MATTERS = 200
ROUNDS = 3


def deliveries(matters: int) -> list[Delivery]:
    """Events of new matters as they come from the queue, a hundred matters mixed with each other."""
    found: list[Delivery] = []
    for start in range(0, matters, BATCH // 3):
        group = [_events() for _ in range(start, min(matters, start + BATCH // 3))]
        found += [
            Delivery(body=_body(events[step], sequence=step + 1)) for step in range(3) for events in group
        ]
    return found


def _events() -> Sequence[Event]:
    case_id, now = ids.new(), clock.now()
    place = cases.Place(longitude=117.06, latitude=36.66)
    common: dict[str, Any] = {"case_id": case_id, "area": AREA}
    return (
        cases.CaseReported(
            **common,
            number="37010220261120000001",
            category="env.cooking_fumes",
            channel="resident",
            urgency="ordinary",
            sla_class="five_days",
            place=place,
            reported_at=now,
            reporter_id=ids.new(),
        ),
        cases.CaseWhistled(
            **common,
            order_id=ids.new(),
            kind="grid_calls_offices",
            departments=("370102-market_supervision",),
            category="env.cooking_fumes",
            sla_class="five_days",
            urgency="ordinary",
            place=place,
            caller_id=ids.new(),
            whistled_at=now,
        ),
        cases.CaseResolved(**common, resolved_by="hand", resolved_at=now),
    )


def _body(event: Event, *, sequence: int) -> bytes:
    row = {
        "id": ids.new(),
        "type": event.type,
        "subject": event.subject,
        "sequence": sequence,
        "time": clock.now(),
        "area": event.area,
        "traceparent": None,
        "data": json.dumps(event.to_data(), ensure_ascii=False, separators=(",", ":")),
    }
    return envelope.encode(row, service="cases")


def subscriptions() -> dict[str, Subscription]:
    worker = Worker()
    return {
        contract.type: Subscription(contract=contract, handler=getattr(worker, method), copy=copy)
        for method, contract, copy in subscriptions_of(Worker)
    }


def rate(session: db.Tx, wanted: list[Delivery], *, size: int) -> float:
    """Events per second when so many are taken at once."""
    handlers = subscriptions()
    began = time.perf_counter()
    for start in range(0, len(wanted), size):
        outcome = apply(session, handlers, wanted[start : start + size])
        if outcome["applied"] != len(wanted[start : start + size]):
            raise RuntimeError(f"not all events were applied: {dict(outcome)}")
    return len(wanted) / (time.perf_counter() - began)


def main(arguments: list[str]) -> int:
    session = db.session(arguments[0], name="bench-inbox")
    partitions.maintain(session)
    rate(session, deliveries(100), size=BATCH)
    told: dict[str, list[float]] = {"batches": [], "single": []}
    # In turns, so that whatever else the machine does meets both alike.
    for _ in range(ROUNDS):
        told["single"].append(rate(session, deliveries(SINGLE_MATTERS), size=1))
        told["batches"].append(rate(session, deliveries(MATTERS), size=BATCH))
    json.dump(told, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
