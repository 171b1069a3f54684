"""Messages without the platform around them: the other half of the floor.

    python -m tests.bench.raw publish|consume     a plan as JSON on stdin

Prints `ready`, waits for a line on stdin, does its work, prints the seconds it took. `publish` has 500 confirms
in flight on pika's SelectConnection, `consume` takes from all inboxes with a prefetch of 600 and acknowledges
in hundreds; both as relays and workers do, less everything else these do.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pika

from shared.bus import topology
from shared.bus.publisher import Publisher

IN_FLIGHT = 500
PREFETCH = 600
ACKNOWLEDGE_EVERY = 100
LONGEST_SECONDS = 300.0


def publish(plan: dict[str, Any]) -> None:
    """Publishes the messages `rounds` times, confirmed."""
    messages = [(key, body.encode()) for key, body in plan["messages"]]
    with Publisher(plan["url"], name="bench-raw", heartbeat_seconds=0, answer_seconds=30.0) as broker:
        _wait_for_start()
        began = time.monotonic()
        sent = 0
        event_id = uuid.uuid4()
        while sent < len(messages) * plan["rounds"]:
            broker.forget_flight()
            for _ in range(min(IN_FLIGHT, len(messages) * plan["rounds"] - sent)):
                key, body = messages[sent % len(messages)]
                broker.publish(event_id, key, body)
                sent += 1
            flight = broker.flight
            if not broker.run_until(lambda: not flight.waiting, seconds=30.0) or flight.refused:  # noqa: B023
                raise RuntimeError("the broker did not confirm")
        print(time.monotonic() - began)


def consume(plan: dict[str, Any]) -> None:
    """Takes as many messages as are expected from all the queues."""
    expected = sum(plan["queues"].values())
    connection = pika.BlockingConnection(
        topology.parameters(plan["url"], name="bench-raw", heartbeat_seconds=0)
    )
    taken = 0
    # Queue → what was taken of it; acknowledged in hundreds, and the rest with its last one.
    counts: Counter[str] = Counter()

    def taking(queue: str, expected_of_queue: int) -> Callable[..., None]:
        def on_message(channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
            nonlocal taken
            taken += 1
            counts[queue] += 1
            if counts[queue] % ACKNOWLEDGE_EVERY == 0 or counts[queue] == expected_of_queue:
                channel.basic_ack(method.delivery_tag, multiple=True)

        return on_message

    for queue, expected_of_queue in plan["queues"].items():
        # Quorum queues know no prefetch shared by several consumers.
        channel = connection.channel()
        channel.basic_qos(prefetch_count=PREFETCH)
        channel.basic_consume(queue, taking(queue, expected_of_queue))
    _wait_for_start()
    began = time.monotonic()
    while taken < expected:
        if time.monotonic() - began > LONGEST_SECONDS:
            raise RuntimeError(f"only {taken} of {expected} messages came")
        connection.process_data_events(time_limit=1.0)
    print(time.monotonic() - began)
    connection.close()


def _wait_for_start() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    {"publish": publish, "consume": consume}[sys.argv[1]](json.loads(sys.stdin.readline()))
