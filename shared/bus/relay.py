"""The relay: sends what is in the outbox to the broker, each event at least once, each subject in order.

It runs in its own process without eventlet. One pass: pick the first unsent event of many subjects, lock
those nobody else holds, publish them; when the broker confirms one, publish its subject's next; mark what was
confirmed as sent, commit. Of a subject only one event is ever in flight, so a refused event holds back its own
subject and nothing else; what a crash leaves published but unmarked is published again, before the subject's
next event, and the inbox drops the double.

Any number of relays may run for a service: row locks share the work out.
"""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pika
import pika.exceptions

from shared import db, health, logs, metrics
from shared.bus import envelope, topology
from shared.bus.publisher import BrokerSilent, Flight, Publisher
from shared.bus.statements import sql
from shared.bus.watch import Watch
from shared.config import Config

log = logs.get(__name__)

SENT_DAYS = 7
_LOOP = "relay"


class _Blocked(Exception):
    """The broker stopped taking messages (connection.blocked)."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a relay goes about it; the defaults are for production, tests shorten them."""

    # Events locked, published and confirmed together.
    batch: int = 500
    # Events of one subject sent in one pass, one after the other.
    run: int = 100
    # A pass begins no event behind another after so long: the other subjects' turn.
    run_seconds: float = 0.25
    # Between passes, unless the last one left something behind. Events gather meanwhile: a pass for each of them
    # would cost the database and the broker more than the events themselves.
    poll_seconds: float = 0.04
    # An outbox that has been empty for a while is looked at less and less often, but never later than this.
    longest_poll_seconds: float = 0.1
    # A broker that confirms nothing for so long is taken for dead.
    confirm_seconds: float = 15.0
    # No pass, with all its waits, may take longer: then the database link is cut.
    pass_seconds: float = 35.0
    heartbeat_seconds: int = 10
    longest_pause_seconds: float = 5.0
    # Longest time before a refused event is tried again.
    longest_refusal_seconds: float = 60.0
    prune_batch: int = 1000
    prune_seconds: float = 60.0
    observe_seconds: float = 5.0


class _Runs:
    """Unsent events by subject, to be sent one after the other."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Heads first, then what follows each of them in order."""
        self.heads = [row for row in rows if row["is_head"]]
        by_subject: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_subject.setdefault(row["subject"], []).append(row)
        self.longest = max(len(run) for run in by_subject.values())
        self._next = {before["id"]: after for run in by_subject.values() for before, after in pairwise(run)}

    @property
    def left(self) -> bool:
        """Whether some were not begun: for want of time, or behind one that was refused."""
        return bool(self._next)

    def after(self, event_id: UUID) -> Mapping[str, Any] | None:
        """The event to send now that this one is confirmed; answered once."""
        return self._next.pop(event_id, None)


class Relay:
    """Sends one service's outbox. `run` returns only after `stop`."""

    def __init__(
        self,
        *,
        service: str,
        database_url: str,
        amqp_url: str,
        settings: Settings = Settings(),
        declare: Callable[[Any], None] = topology.declare,
    ) -> None:
        self.service = service
        self.settings = settings
        self._database_url = database_url
        self._amqp_url = amqp_url
        self._declare = declare
        self._stopping = threading.Event()
        self._pause_seconds = 0.0
        # The subject the next pass starts after; empty at the start of a round through all of them.
        self._after = ""
        # When something was last there to be sent.
        self._found_at = time.monotonic()
        self._next_prune = time.monotonic() + random.uniform(0, settings.prune_seconds)
        self._next_observation = 0.0

    def stop(self) -> None:
        """Asks `run` to finish its pass and return. Safe from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Sends events until stopped, through losses of broker and database.

        Raises topology.TopologyRefused or TopologyDiffers when only a person can help.
        """
        health.beat(_LOOP)
        while not self._stopping.is_set():
            try:
                self._session()
            except (topology.TopologyRefused, topology.TopologyDiffers):
                raise
            except Exception as error:
                cause = "database" if db.is_passing(error) else "broker" if _is_amqp(error) else "other"
                metrics.relay_interruptions_total.labels(cause).inc()
                log.warning("relay_interrupted", cause=cause, error=f"{type(error).__name__}: {error}"[:500])
                health.report("events", problem=f"events are not leaving: trouble with the {cause}")
                self._pause_seconds = min(self.settings.longest_pause_seconds, 0.1 + self._pause_seconds * 2)
                self._stopping.wait(self._pause_seconds * random.uniform(0.5, 1.0))
                health.beat(_LOOP)
        health.retire(_LOOP)

    def _session(self) -> None:
        name = f"yiwang-{self.service}-relay"
        with self._declaring_connection(name):
            pass
        # Losing the last marks in a crash of the server only sends those events again.
        session = db.session(self._database_url, name=name, durable=False)
        try:
            with (
                Watch(session) as watch,
                Publisher(
                    self._amqp_url,
                    name=name,
                    heartbeat_seconds=self.settings.heartbeat_seconds,
                    answer_seconds=self.settings.confirm_seconds,
                ) as broker,
            ):
                self._passes(session, broker, watch)
                broker.close()
        finally:
            session.close()
            metrics.relay_blocked.set(0)

    @contextmanager
    def _declaring_connection(self, name: str) -> Iterator[None]:
        parameters = topology.parameters(
            self._amqp_url, name=f"{name}-declare", heartbeat_seconds=self.settings.heartbeat_seconds
        )
        connection = pika.BlockingConnection(parameters)
        try:
            self._declare(connection.channel())
            yield
        finally:
            if connection.is_open:
                connection.close()

    def _passes(self, session: db.Tx, broker: Publisher, watch: Watch) -> None:
        while not self._stopping.is_set():
            health.beat(_LOOP)
            if broker.blocked:
                self._wait_unblocked(broker)
                return  # the database session may have ended of idleness; begin anew
            with watch.at_most(self.settings.pass_seconds):
                try:
                    more = self._pass(session, broker)
                except _Blocked:
                    continue
                self._housekeeping(session)
            self._pause_seconds = 0.0
            health.report("events", problem=None)
            if not more:
                broker.run_until(
                    lambda: broker.blocked or self._stopping.is_set(), seconds=self._poll_seconds()
                )

    def _poll_seconds(self) -> float:
        """A twentieth of the time in which nothing was found, within bounds."""
        quiet = time.monotonic() - self._found_at
        return min(max(self.settings.poll_seconds, quiet / 20), self.settings.longest_poll_seconds)

    def _pass(self, session: db.Tx, broker: Publisher) -> bool:
        """Sends one batch; answers whether it left something behind. Raises _Blocked with nothing changed."""
        heads = sql.heads(session, after=self._after, most=self.settings.batch)
        if heads:
            self._found_at = time.monotonic()
        # The next pass goes on behind the last subject seen, so that a few busy ones cannot starve the rest.
        self._after = heads[-1]["subject"] if len(heads) == self.settings.batch else ""
        due = [head["id"] for head in heads if head["due"]]
        cut_short = bool(due) and self._send(session, broker, due)
        return self._after != "" or cut_short

    def _send(self, session: db.Tx, broker: Publisher, due: list[UUID]) -> bool:
        """Sends those of the heads that no other relay holds, and what follows them; answers whether some is left."""
        with metrics.relay_pass_seconds.time(), db.transaction(session):
            with db.together(session):
                asked = db.ask(session, sql.lock_runs, ids=due, most=self.settings.run - 1)
            locked = asked.fetchall()
            if not locked:
                return False
            runs = _Runs(locked)
            flight = self._fly(broker, runs)
            with db.ended(session):
                if flight.confirmed:
                    sql.mark_sent(session, ids=flight.confirmed)
                if flight.refused:
                    log.warning("events_refused", events=[str(event_id) for event_id in flight.refused[:20]])
                    sql.back_off(
                        session, ids=flight.refused, longest_seconds=self.settings.longest_refusal_seconds
                    )
        metrics.relay_events_total.labels("sent").inc(len(flight.confirmed))
        metrics.relay_events_total.labels("refused").inc(len(flight.refused))
        return runs.left or runs.longest == self.settings.run

    def _fly(self, broker: Publisher, runs: "_Runs") -> Flight:
        """Publishes runs, each event when the one before it is confirmed. Raises _Blocked or BrokerSilent."""
        end = time.monotonic() + self.settings.run_seconds

        def publish(row: Mapping[str, Any]) -> None:
            broker.publish(row["id"], row["routing_key"], envelope.encode(row, service=self.service))

        def confirmed(event_id: UUID) -> None:
            following = runs.after(event_id) if time.monotonic() < end else None
            if following is not None:
                publish(following)

        flight = broker.begin_flight(confirmed)
        try:
            for head in runs.heads:
                publish(head)
            answered = -1
            while flight.waiting and not broker.blocked:
                if answered == flight.answered:
                    raise BrokerSilent()
                answered = flight.answered
                broker.run_until(
                    lambda: not flight.waiting or broker.blocked, seconds=self.settings.confirm_seconds
                )
            if flight.waiting:
                raise _Blocked
        finally:
            # A late confirm must publish nothing when the heads are no longer locked.
            broker.forget_flight()
        return flight

    def _wait_unblocked(self, broker: Publisher) -> None:
        log.warning("broker_blocked")
        health.report(
            "events", problem="events are not leaving: the broker takes none (disk or memory alarm)"
        )
        metrics.relay_blocked.set(1)
        while broker.blocked and not self._stopping.is_set():
            health.beat(_LOOP)
            broker.run_until(lambda: not broker.blocked or self._stopping.is_set(), seconds=1.0)
        metrics.relay_blocked.set(0)
        log.info("broker_unblocked")

    def _housekeeping(self, session: db.Tx) -> None:
        now = time.monotonic()
        if now >= self._next_observation:
            self._next_observation = now + self.settings.observe_seconds
            unsent = sql.unsent(session, most=10_000)
            metrics.outbox_unsent_events.set(unsent["events"])
            metrics.outbox_oldest_unsent_seconds.set(unsent["oldest_seconds"])
        if now >= self._next_prune:
            pruned = self.prune(session)
            # A backlog is worked off in small steps between passes.
            self._next_prune = now + (
                1.0 if pruned == self.settings.prune_batch else self.settings.prune_seconds
            )

    def prune(self, session: db.Tx, *, now: datetime | None = None) -> int:
        """Forgets one bounded batch of events sent more than SENT_DAYS ago; answers how many."""
        before = (now or datetime.now(UTC)) - timedelta(days=SENT_DAYS)
        pruned: int = sql.prune_sent(
            session,
            before_id=str(UUID(int=int(before.timestamp() * 1000) << 80)),
            sent_before=before,
            most=self.settings.prune_batch,
        )
        return pruned


def run(config: Config) -> int:
    """The relay process of a service: runs until SIGTERM or SIGINT, then finishes its pass. Answers the exit status."""
    relay = Relay(service=config.service, database_url=config.database_url, amqp_url=config.amqp_url)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: relay.stop())
    try:
        relay.run()
    except (topology.TopologyRefused, topology.TopologyDiffers) as error:
        log.critical("relay_cannot_run", detail=error.detail)
        return 1
    log.info("stopped")
    return 0


def _is_amqp(error: BaseException) -> bool:
    return isinstance(error, pika.exceptions.AMQPError | BrokerSilent | OSError)
