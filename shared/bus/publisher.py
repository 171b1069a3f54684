"""A publishing channel with many messages in flight, each of which the broker answers for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import pika
import pika.exceptions
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel
from pika.frame import Method

from shared import errors
from shared.bus import envelope, topology


class BrokerSilent(errors.Unavailable):
    """The broker did not answer in time."""


@dataclass
class Flight:
    """The messages of one pass that the broker has not answered for yet."""

    # delivery tag → event id
    waiting: dict[int, UUID] = field(default_factory=dict)
    confirmed: list[UUID] = field(default_factory=list)
    refused: list[UUID] = field(default_factory=list)
    # Ids of messages that came back because no queue is bound; their confirm follows.
    returned: set[str] = field(default_factory=set)
    # Told of each confirmed message at once; may publish more into the same flight.
    on_confirmed: Callable[[UUID], None] = lambda event_id: None

    @property
    def answered(self) -> int:
        return len(self.confirmed) + len(self.refused)


class Publisher:
    """A publishing channel on pika's SelectConnection, driven step by step so that a pass reads from top to bottom."""

    def __init__(self, url: str, *, name: str, heartbeat_seconds: int, answer_seconds: float) -> None:
        self.flight = Flight()
        self.blocked = False
        self._closed: BaseException | None = None
        self._channel: Channel | None = None
        self._next_tag = 1
        self._dropped = False
        self._loop = IOLoop()
        self._loop.activate_poller()
        self._connection = SelectConnection(
            topology.parameters(url, name=name, heartbeat_seconds=heartbeat_seconds),
            on_open_callback=self._opened,
            on_open_error_callback=self._ended,
            on_close_callback=self._ended,
            custom_ioloop=self._loop,
        )
        self._answer_seconds = answer_seconds

    def __enter__(self) -> Self:
        """Waits until the channel is open. Raises BrokerSilent or what pika says."""
        try:
            self._wait_open()
        except BaseException:
            self.drop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def _wait_open(self) -> None:
        if not self.run_until(lambda: self._channel is not None, seconds=self._answer_seconds):
            raise BrokerSilent()

    def publish(self, event_id: UUID, routing_key: str, body: bytes) -> None:
        assert self._channel is not None
        # Noted first: the answer may come while the frame is written.
        self.flight.waiting[self._next_tag] = event_id
        self._next_tag += 1
        self._channel.basic_publish(
            topology.EXCHANGE,
            routing_key,
            body,
            pika.BasicProperties(
                content_type=envelope.CONTENT_TYPE,
                delivery_mode=pika.DeliveryMode.Persistent.value,
                message_id=str(event_id),
            ),
            mandatory=True,
        )

    def run_until(self, done: Callable[[], bool], *, seconds: float) -> bool:
        """Serves the connection until `done`, at most so long; answers whether it is. Raises when the link is lost."""
        deadline = time.monotonic() + seconds
        wake = self._loop.call_later(seconds, lambda: None)
        try:
            while True:
                if self._closed is not None:
                    raise self._closed
                if done():
                    return True
                if time.monotonic() >= deadline:
                    return False
                self._loop.poll()
                self._loop.process_timeouts()
        finally:
            self._loop.remove_timeout(wake)

    def begin_flight(self, on_confirmed: Callable[[UUID], None]) -> Flight:
        self.flight = Flight(on_confirmed=on_confirmed)
        return self.flight

    def forget_flight(self) -> None:
        """Answers still to come for the present flight no longer matter."""
        self.flight = Flight()

    def close(self) -> None:
        """Closes in good order, at most two seconds."""
        if self._closed is None and self._connection.is_open:
            self._connection.close()
            deadline = time.monotonic() + 2.0
            while self._closed is None and time.monotonic() < deadline:
                self._loop.call_later(0.1, lambda: None)
                self._loop.poll()
                self._loop.process_timeouts()
        self.drop()

    def drop(self) -> None:
        """Lets go of the socket and the loop without a word."""
        if self._dropped:
            return
        self._dropped = True
        # There is no public way to leave a connection without waiting for the other side.
        transport = self._connection._transport
        if transport is not None and self._closed is None:
            transport.abort()
        self._closed = self._closed or pika.exceptions.ConnectionClosed(0, "dropped")
        self._loop.close()

    def _opened(self, connection: SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._ended)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_answer, callback=lambda _: self._confirming(channel))

    def _confirming(self, channel: Channel) -> None:
        self._channel = channel

    def _ended(self, _what: Any, reason: BaseException | str) -> None:
        self._closed = (
            reason if isinstance(reason, BaseException) else pika.exceptions.AMQPConnectionError(reason)
        )

    def _on_blocked(self, _connection: Any, _frame: Any) -> None:
        self.blocked = True

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self.blocked = False

    def _on_return(
        self, _channel: Channel, _method: Any, properties: pika.BasicProperties, _body: bytes
    ) -> None:
        self.flight.returned.add(properties.message_id or "")

    def _on_answer(self, frame: Method[Any]) -> None:
        answer, flight = frame.method, self.flight
        accepted = isinstance(answer, pika.spec.Basic.Ack)
        if answer.multiple:
            tags = [tag for tag in flight.waiting if tag <= answer.delivery_tag]
        else:
            tags = [answer.delivery_tag] if answer.delivery_tag in flight.waiting else []
        for tag in tags:
            event_id = flight.waiting.pop(tag)
            good = accepted and str(event_id) not in flight.returned
            if good:
                flight.confirmed.append(event_id)
                flight.on_confirmed(event_id)
            else:
                flight.refused.append(event_id)
