"""What exists on the broker. Every process declares all of it before it publishes or consumes.

    yiwang.events (topic exchange) ──<service>.<event>.v1.#──▶ <service>.inbox (quorum queue)
                                   ──#──────────────────────▶ yiwang.log (stream, 7 days)
                                   ──types × areas──────────▶ integrator.<name> (stream)

So no event is published before its readers' queues are bound, whichever process comes up first.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from shared import areas, contracts, errors
from shared.contracts.base import Event

EXCHANGE = "yiwang.events"
LOG = "yiwang.log"
LOG_DAYS = 7
# Old events leave a stream by whole segments, and never the last one. An outside system's stream may be a quiet one.
_SEGMENT_BYTES = 50_000_000
_INTEGRATOR_SEGMENT_BYTES = 1_000_000
# RabbitMQ returns a message to its quorum queue at most this often from release 4 on, unless told not to
# count. A dead-lettered event is a lost one: a few deaths of a worker would take hundreds nobody has tried.
_NO_DELIVERY_LIMIT = {"x-delivery-limit": -1}


class TopologyRefused(errors.Error):
    """The broker does not let this account declare the platform's exchange and queues; give it the permission."""


class TopologyDiffers(errors.Error):
    """The broker holds a queue or exchange of ours with other arguments; remove it or set a policy (operations.md)."""


def inbox_queue(service: str) -> str:
    return f"{service}.inbox"


def integrator_queue(name: str) -> str:
    return f"integrator.{name}"


def parameters(url: str, *, name: str, heartbeat_seconds: int = 10) -> pika.URLParameters:
    """How every process connects: a short heartbeat notices a dead link, every wait is bounded."""
    made = pika.URLParameters(url)
    made.heartbeat = heartbeat_seconds
    made.socket_timeout = 5.0
    made.stack_timeout = 10.0
    made.blocked_connection_timeout = None
    made.connection_attempts = 1
    made.client_properties = {"connection_name": name}
    return made


def declare(
    channel: BlockingChannel,
    *,
    events: Sequence[type[Event]] | None = None,
    services: Sequence[str] | None = None,
) -> None:
    """Declares the exchange, the log and every service's inbox bound to the types it consumes. Idempotent.

    Args:
        events: the declared events; all of the contracts unless given.
        services: those that have an inbox; all unless given.

    Raises TopologyRefused, TopologyDiffers; both need a person.
    """
    declared = contracts.all_events() if events is None else events
    limit = _NO_DELIVERY_LIMIT if server_major(channel) >= 4 else {}
    with _explaining():
        channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        channel.queue_declare(LOG, durable=True, arguments=_stream(LOG_DAYS, _SEGMENT_BYTES))
        channel.queue_bind(LOG, EXCHANGE, "#")
        for service in contracts.SERVICES if services is None else services:
            # No maximum length either: a full queue would refuse everybody's publishes.
            channel.queue_declare(
                inbox_queue(service), durable=True, arguments={"x-queue-type": "quorum", **limit}
            )
            for event in declared:
                if service in event.consumers:
                    channel.queue_bind(inbox_queue(service), EXCHANGE, f"{event.topic()}.#")


def unbind_unsubscribed(
    channel: BlockingChannel, service: str, *, events: Sequence[type[Event]] | None = None
) -> None:
    """Takes from a service's inbox the types it does not consume (any more).

    Only its worker does this, and only while it holds the inbox: a process of an older release must not
    take away a binding that a newer one needs.
    """
    for event in contracts.all_events() if events is None else events:
        if service not in event.consumers:
            channel.queue_unbind(inbox_queue(service), EXCHANGE, f"{event.topic()}.#")


def declare_integrator(
    channel: BlockingChannel,
    name: str,
    *,
    events: Iterable[type[Event]],
    area_codes: Iterable[str],
    days: int = LOG_DAYS,
) -> str:
    """Makes an integrator's own stream, bound to its event types in its areas; answers the stream's name.

    The integrator's account may read this stream and nothing else (docs/integrators.md). Raises
    TopologyRefused, TopologyDiffers.
    """
    queue = integrator_queue(name)
    codes = tuple(area_codes)
    with _explaining():
        channel.queue_declare(queue, durable=True, arguments=_stream(days, _INTEGRATOR_SEGMENT_BYTES))
        for event in events:
            for code in codes:
                channel.queue_bind(queue, EXCHANGE, f"{event.topic()}.{areas.dotted(code)}.#")
    return queue


def server_major(channel: BlockingChannel) -> int:
    """The broker's major release, e.g. 3 for 3.10.8."""
    # The blocking adapter keeps what the server said of itself on the connection inside it.
    properties = channel.connection._impl.server_properties or {}
    return major(properties.get("version"))


def major(version: str | bytes | None) -> int:
    """`3.10.8` → 3; a version that says nothing counts as the newest."""
    text = version.decode() if isinstance(version, bytes) else version or ""
    first = text.partition(".")[0]
    return int(first) if first.isdigit() else 99


def _stream(days: int, segment_bytes: int) -> dict[str, Any]:
    return {
        "x-queue-type": "stream",
        "x-max-age": f"{days}D",
        "x-stream-max-segment-size-bytes": segment_bytes,
    }


@contextmanager
def _explaining() -> Iterator[None]:
    """Turns the broker's refusals into sentences that say what to do."""
    try:
        yield
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code == 403:
            raise TopologyRefused(f"{TopologyRefused.__doc__} {error.reply_text}") from error
        if error.reply_code == 406:
            raise TopologyDiffers(f"{TopologyDiffers.__doc__} {error.reply_text}") from error
        raise
