"""Follow the platform's events from your own stream. One file, needs only pika: copy it.

    import client

    for event in client.follow("amqps://name:password@host/vhost", "integrator.name", since=start_of_day):
        handle(event)            # do what must be done
        save(event.offset + 1)   # where to go on after a restart of yours: follow(…, since=that)

Events are CloudEvents 1.0. They come at least once and, per subject, in order; doubles are dropped by id
as far back as `remember` events. `follow` reconnects by itself and goes on where it was. An event counts
as received when you ask for the next one.

On the command line: python client.py STREAM [--since first|2026-11-20T00:00:00+08:00|OFFSET] [--idle 5]
with the address in YIWANG_AMQP_URL prints one JSON document per event.
"""

import sys

if __name__ == "__main__":
    # Run by its path, the folder this file lies in would come first: its neighbours must not stand in for
    # standard modules of the same name.
    sys.path.pop(0)

import argparse
import json
import logging
import os
import random
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pika
import pika.exceptions

log = logging.getLogger("yiwang.client")

# Where to begin: events from now on, the oldest kept, a position, or a moment (aware).
Start = str | int | datetime
NEXT, FIRST = "next", "first"

_HEARTBEAT_SECONDS = 30
_LONGEST_PAUSE_SECONDS = 30.0
# How long one wait for a message lasts; between waits the time limit is looked at.
_WAIT_SECONDS = 0.5


class Refused(Exception):
    """The broker does not know this account, or does not let it read this stream; trying again will not help."""


@dataclass(frozen=True)
class CloudEvent:
    """One event. `data` is as the event catalogue (AsyncAPI) describes it for the `type`."""

    id: str
    source: str
    # e.g. yiwang.cases.case_reported.v1
    type: str
    # The id of the case, order, … the event is about.
    subject: str
    time: datetime
    # Numbers the events of a subject one by one; you see gaps where you did not subscribe to a type.
    sequence: int
    area: str
    data: Mapping[str, Any]
    # Position in your stream.
    offset: int
    # Every attribute as it came.
    attributes: Mapping[str, Any] = field(repr=False)


def follow(
    url: str,
    stream: str,
    *,
    since: Start = NEXT,
    idle_seconds: float | None = None,
    prefetch: int = 200,
    remember: int = 100_000,
) -> Iterator[CloudEvent]:
    """Yields the stream's events, for ever or until nothing has come for `idle_seconds`.

    Args:
        url: your AMQP address, amqp:// or amqps://.
        stream: your stream, `integrator.<name>`.
        since: "next", "first", a position (`event.offset + 1` of the last one you are done with), or an
            aware datetime: events whose own time is not before it.
        prefetch: messages sent ahead by the broker.
        remember: ids kept to drop doubles by.

    Raises Refused. Every other trouble is logged and tried again, with pauses of up to half a minute.
    """
    position = _Position(since, remember)
    quiet = _Quiet(idle_seconds)
    pause_seconds = 0.0
    while True:
        try:
            for event in _connected(url, stream, position, quiet, prefetch):
                pause_seconds = 0.0
                yield event
            return
        except (pika.exceptions.AMQPError, OSError) as error:
            _raise_if_refused(error)
            log.warning("connection lost, trying again: %s: %s", type(error).__name__, error)
        if quiet.over():
            return
        pause_seconds = min(_LONGEST_PAUSE_SECONDS, 0.2 + 2 * pause_seconds)
        time.sleep(pause_seconds * random.uniform(0.5, 1.0))


class _Position:
    """Where in the stream we are, over all connections, and which ids we have seen."""

    def __init__(self, since: Start, remember: int) -> None:
        if isinstance(since, datetime) and since.tzinfo is None:
            raise ValueError("since needs a time zone")
        if isinstance(since, str) and since not in (NEXT, FIRST):
            raise ValueError(f"since is 'next', 'first', a position or a datetime, not {since!r}")
        self._since = since
        self._began: datetime | None = None
        self._done: int | None = None
        self._remember = remember
        self._seen: OrderedDict[str, None] = OrderedDict()

    def offset(self) -> str | int | datetime:
        """What to ask the broker for on a new connection."""
        if self._done is not None:
            return self._done + 1
        if self._since == NEXT:
            # A connection lost before the first event must not skip what comes meanwhile: from the second
            # connection on, ask for the moment of the first.
            if self._began is not None:
                return self._began
            self._began = datetime.now(UTC)
        return self._since

    def wants(self, event: CloudEvent) -> bool:
        """False for a double and for what is older than asked for (the broker finds only the chunk of a moment)."""
        if event.id in self._seen:
            return False
        self._seen[event.id] = None
        if len(self._seen) > self._remember:
            self._seen.popitem(last=False)
        return not (isinstance(self._since, datetime) and event.time < self._since)

    def done(self, offset: int) -> None:
        self._done = offset


class _Quiet:
    """How long nothing has come."""

    def __init__(self, limit_seconds: float | None) -> None:
        self._limit = limit_seconds
        self._last = time.monotonic()

    def broken(self) -> None:
        self._last = time.monotonic()

    def over(self) -> bool:
        return self._limit is not None and time.monotonic() - self._last >= self._limit


def _connected(
    url: str, stream: str, position: _Position, quiet: _Quiet, prefetch: int
) -> Iterator[CloudEvent]:
    parameters = pika.URLParameters(url)
    parameters.heartbeat = _HEARTBEAT_SECONDS
    parameters.socket_timeout = 10.0
    parameters.stack_timeout = 15.0
    parameters.client_properties = {"connection_name": f"yiwang-client {stream}"}
    connection = pika.BlockingConnection(parameters)
    try:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=prefetch)
        waiting: deque[tuple[int, int, bytes]] = deque()
        lost: list[str] = []
        channel.add_on_cancel_callback(lambda _: lost.append("the broker ended the subscription"))
        channel.basic_consume(
            stream,
            lambda _channel, method, properties, body: waiting.append(
                (method.delivery_tag, int((properties.headers or {})["x-stream-offset"]), body)
            ),
            arguments={"x-stream-offset": position.offset()},
        )
        while not lost:
            connection.process_data_events(time_limit=0 if waiting else _WAIT_SECONDS)
            if not channel.is_open:
                lost.append("the channel was closed")
            elif waiting:
                tag, offset, body = waiting.popleft()
                event = _read(body, offset)
                if event is not None and position.wants(event):
                    yield event
                    # The caller may have taken its time over this one.
                    quiet.broken()
                position.done(offset)
                channel.basic_ack(tag)
            elif quiet.over():
                return
        raise pika.exceptions.AMQPConnectionError(lost[0])
    finally:
        # Whatever the broker says to our leaving, we have left.
        with suppress(pika.exceptions.AMQPError, OSError):
            connection.close()


def _read(body: bytes, offset: int) -> CloudEvent | None:
    """The event in a message, or None (and a line in the log) for what is none."""
    try:
        read = json.loads(body)
        return CloudEvent(
            id=read["id"],
            source=read["source"],
            type=read["type"],
            subject=read["subject"],
            time=datetime.fromisoformat(read["time"].replace("Z", "+00:00")),
            sequence=int(read["sequence"]),
            area=read["area"],
            data=read["data"],
            offset=offset,
            attributes={name: value for name, value in read.items() if name != "data"},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("not an event at position %d: %s", offset, type(error).__name__)
        return None


def _raise_if_refused(error: BaseException) -> None:
    final = (
        pika.exceptions.ProbableAuthenticationError,
        pika.exceptions.ProbableAccessDeniedError,
        pika.exceptions.AuthenticationError,
    )
    closed = pika.exceptions.ChannelClosedByBroker
    if isinstance(error, final) or (isinstance(error, closed) and error.reply_code in (403, 404)):
        raise Refused(str(error)) from error


def _start(text: str) -> Start:
    if text in (NEXT, FIRST):
        return text
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone(timedelta(hours=8)))


def main() -> int:
    """Prints events as JSON lines until interrupted or idle."""
    parser = argparse.ArgumentParser(description="Print the events of your stream as JSON lines.")
    parser.add_argument("stream")
    parser.add_argument(
        "--since",
        type=_start,
        default=NEXT,
        help="next, first, a position, or a time (Beijing unless it says)",
    )
    parser.add_argument("--idle", type=float, default=None, help="end when nothing came for so many seconds")
    arguments = parser.parse_args()
    url = os.environ.get("YIWANG_AMQP_URL")
    if not url:
        print("set YIWANG_AMQP_URL to your AMQP address", file=sys.stderr)
        return 2
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    try:
        for event in follow(url, arguments.stream, since=arguments.since, idle_seconds=arguments.idle):
            print(
                json.dumps(
                    {**event.attributes, "data": event.data, "offset": event.offset}, ensure_ascii=False
                ),
                flush=True,
            )
    except Refused as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
