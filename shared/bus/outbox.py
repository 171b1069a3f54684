"""The way out: events are written with the change that caused them and leave when that is committed."""

import json
from collections.abc import Iterable

from shared import db, ids, trace
from shared.bus.statements import sql
from shared.contracts.base import Event


def add(tx: db.Tx, events: Iterable[Event]) -> None:
    """Writes events in the caller's transaction, in one round trip; the relay sends them after the commit.

    Each event gets the next number of its subject. From here to the commit, other writers of the same
    subjects wait, so the order of numbers is the order in which events become visible.
    """
    added = list(events)
    if not added:
        return
    sql.add_events(
        tx,
        ids=[ids.new() for _ in added],
        subjects=[event.subject for event in added],
        types=[event.type for event in added],
        routing_keys=[event.routing_key for event in added],
        areas=[event.area_code for event in added],
        data=[json.dumps(event.to_data(), ensure_ascii=False, separators=(",", ":")) for event in added],
        traceparent=trace.current(),
    )
