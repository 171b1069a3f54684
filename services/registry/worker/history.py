"""Copying an integrator's history: what the log still holds from before its stream was bound.

The stream is filled first and bound then, so that a reader from the beginning meets events nearly in their order. An
event of the moment of binding may come twice or a little late; the reader drops doubles by id (docs/integrators.md).
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from services.registry.domain import identity_integrators
from shared import ids
from shared.bus import topology

# One slice of copying takes no longer, so that the timer's transaction stays short.
SLICE_SECONDS = 10.0
_PREFETCH = 500
# What is known to be there is waited for this long; a broker under load takes its time.
_PATIENCE_SECONDS = 5.0
_OFFSET = "x-stream-offset"
# The type of a message in the log that is no event; its routing key is the log's own name, so no binding knows it.
MARK = "yiwang.mark"


@dataclass(frozen=True)
class Copied:
    """How far a slice came: the next offset to copy, and whether that is the end of the log."""

    next_offset: int
    to_the_end: bool


def copy(
    channel: BlockingChannel,
    integrator: identity_integrators.Integrator,
    *,
    log: pika.URLParameters,
    from_offset: int,
    stop_at: float,
) -> Copied:
    """Copies the integrator's events from the log into its stream, up to where the log ends now.

    Args:
        channel: to publish on, in confirm mode.
        log: how to connect for reading the log.
        from_offset: the first offset of the log to look at; 0 begins with what it still holds.
        stop_at: reading of the monotonic clock at which to pause.
    """
    mark = ids.new()
    # The broker counts a stream's messages late and cannot be asked for its end: put a mark there and read up to it.
    channel.basic_publish(
        "", topology.LOG, b"", pika.BasicProperties(message_id=mark, type=MARK, delivery_mode=2)
    )
    next_offset = from_offset
    for message in _read(log, from_offset):
        if message.offset >= from_offset:
            if identity_integrators.receives(integrator, message.routing_key):
                _put(channel, integrator.stream, message)
            next_offset = message.offset + 1
        if message.properties.message_id == mark:
            return Copied(next_offset, to_the_end=True)
        if time.monotonic() >= stop_at:
            break
    return Copied(next_offset, to_the_end=False)


@dataclass(frozen=True)
class _Message:
    """An event as it lies in the log."""

    offset: int
    routing_key: str
    properties: pika.BasicProperties
    body: bytes


def _read(log: pika.URLParameters, offset: int) -> Iterator[_Message]:
    """The log's events from an offset on, until nothing comes for a while.

    Each reading has a connection of its own, thrown away at its end: pika rejects what is still on its way when a
    consumer is cancelled, and a stream answers a rejection by ending the connection.
    """
    connection = pika.BlockingConnection(log)
    try:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=_PREFETCH)
        for method, properties, body in channel.consume(
            topology.LOG, arguments={_OFFSET: offset}, inactivity_timeout=_PATIENCE_SECONDS
        ):
            if method is None:
                return
            # A stream sends on only as much as is acknowledged.
            channel.basic_ack(method.delivery_tag)
            yield _Message(int(properties.headers[_OFFSET]), method.routing_key, properties, body)
    finally:
        with contextlib.suppress(pika.exceptions.AMQPError):
            connection.close()


def _put(channel: BlockingChannel, stream: str, message: _Message) -> None:
    properties = message.properties
    properties.headers = {
        name: value for name, value in (properties.headers or {}).items() if name != _OFFSET
    }
    # By the default exchange: to this stream only, past everybody else's bindings.
    channel.basic_publish("", stream, message.body, properties)
