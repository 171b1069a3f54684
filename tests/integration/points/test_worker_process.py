"""The worker as a process on a real broker: events in, points and events out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pika

from shared import clock, db, ids
from shared.bus import envelope, topology
from shared.contracts.base import Event
from shared.contracts.registry import HouseholdChanged
from tests.integration.points.conftest import GRID, World
from tests.support import waiting


def message(event: Event, *, sequence: int = 1) -> tuple[str, bytes]:
    """Routing key and bytes of an event as its publisher's relay would send it."""
    row = {
        "id": ids.new(),
        "type": event.type,
        "subject": event.subject,
        "time": clock.now(),
        "sequence": sequence,
        "area": event.area_code,
        "traceparent": None,
        "data": json.dumps(event.to_data()),
    }
    return event.routing_key, envelope.encode(row, service=event.publisher)


def test_events_delivered_three_times_credit_once(
    database: Callable[[str], db.Database], broker: str, process: Callable[..., Any]
) -> None:
    world = World(database("points"))
    household, person = ids.new(), ids.new()
    messages = [
        # The matter comes before its reporter's household, and everything comes three times.
        message(world.triaged(person)),
        message(HouseholdChanged(household_id=household, area=GRID, members=(person,))),
    ]

    worker = process("points", "worker", database_url=world.database.url, amqp_url=broker)
    with pika.BlockingConnection(topology.parameters(broker, name="test")) as connection:
        channel = connection.channel()
        topology.declare(channel)
        channel.confirm_delivery()
        for routing_key, body in messages * 3:
            channel.basic_publish(topology.EXCHANGE, routing_key, body)

    def credited() -> bool:
        return bool(world.rows("SELECT 1 FROM awards WHERE person_id = %(p)s", p=person))

    waiting.eventually(credited, within_seconds=90, what="the matter is credited")
    waiting.eventually(
        lambda: len(world.rows("SELECT 1 FROM inbox")) == 2, within_seconds=90, what="all events are taken in"
    )
    worker.stop()

    assert world.statement(household) == [("earn", 5, 5)]
    assert [name for name, _ in world.events(household)] == ["points_earned"]
    assert world.rows("SELECT reason FROM parked") == []
