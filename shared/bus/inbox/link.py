"""The worker's link to the broker: deliveries in, acknowledgements out, and out of it in any state."""

import os
import socket
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from shared import errors, logs
from shared.bus import topology
from shared.bus.inbox.batch import PARK_FROM_REDELIVERIES, Delivery

log = logs.get(__name__)

_CLOSE_SECONDS = 2.0


class LinkLost(errors.Unavailable):
    """The broker took the consumer or its channel away."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A delivery with the tag that acknowledges it."""

    tag: int
    delivery: Delivery


class Link:
    """A consuming connection. Only its owner's thread or greenlet touches it, but for `wake` and `cut`."""

    def __init__(self, url: str, *, name: str, heartbeat_seconds: int) -> None:
        self.waiting: deque[Waiting] = deque()
        self._delivered = False
        self._lost: str | None = None
        self._connection = pika.BlockingConnection(
            topology.parameters(url, name=name, heartbeat_seconds=heartbeat_seconds)
        )
        self.channel: BlockingChannel = self._connection.channel()

    def consumers(self, queue: str) -> int:
        """How many consumers the queue has."""
        count: int = self.channel.queue_declare(queue, passive=True).method.consumer_count
        return count

    def subscribe(self, queue: str, *, prefetch: int) -> None:
        self.channel.basic_qos(prefetch_count=prefetch)
        self.channel.add_on_cancel_callback(lambda _: self._lose("consumer cancelled"))
        self.channel.basic_consume(queue, self._on_message)

    def serve(self, seconds: float) -> None:
        """Serves the connection (deliveries, heartbeats) until something happens, at most so long.

        Raises LinkLost or pika's errors when there is no link any more.
        """
        self._connection.process_data_events(time_limit=seconds)
        if not self.channel.is_open:
            self._lose("channel closed")
        if self._lost is not None:
            raise LinkLost(self._lost)

    def acknowledge(self, tag: int) -> None:
        """Everything up to this delivery is done."""
        self.channel.basic_ack(tag, multiple=True)

    def wake(self) -> None:
        """Makes `serve` return soon. Safe from other threads."""
        with suppress(pika.exceptions.ConnectionWrongStateError):
            self._connection.add_callback_threadsafe(lambda: None)

    def close(self) -> None:
        """Leaves, at most two seconds: what was acknowledged is done, the rest is back in the queue, in order.

        Not by AMQP's own goodbye: while a consumer is being cancelled pika rejects what still arrives, and
        the queue would hand those later messages out before the earlier ones we hold.
        """
        if self._connection.is_open:
            impatient = threading.Timer(_CLOSE_SECONDS, self.cut)
            impatient.daemon = True
            impatient.start()
            # The broker works a channel off in order: with the answer it has our acknowledgements.
            with suppress(pika.exceptions.AMQPError, OSError):
                self.channel.basic_qos(prefetch_count=1, global_qos=False)
            impatient.cancel()
        self.cut()
        # pika finds the socket ended and lets go of it.
        with suppress(pika.exceptions.AMQPError, OSError):
            while self._connection.is_open:
                self._connection.process_data_events(time_limit=0.1)

    def cut(self) -> None:
        """Ends the connection without a word. Safe from other threads."""
        # pika shows its socket nowhere; closing in good order could wait for a broker that says nothing.
        transport: Any = self._connection._impl._transport
        if transport is None:
            return
        with suppress(OSError), socket.socket(fileno=os.dup(transport._sock.fileno())) as handle:
            handle.shutdown(socket.SHUT_RDWR)

    def _lose(self, why: str) -> None:
        self._lost = self._lost or why

    def _on_message(
        self, _channel: BlockingChannel, method: Any, properties: pika.BasicProperties, body: bytes
    ) -> None:
        count = (properties.headers or {}).get("x-delivery-count", 0)
        redeliveries = count if isinstance(count, int) else 0
        if self._delivered:
            # A message that ends the process is the first that comes back, because those before it were
            # acknowledged; the others behind it were handed out as often without ever being tried.
            redeliveries = min(redeliveries, PARK_FROM_REDELIVERIES - 1)
        self._delivered = True
        self.waiting.append(
            Waiting(tag=method.delivery_tag, delivery=Delivery(body=body, redeliveries=redeliveries))
        )
