"""The worker's endless loop: hold the inbox, take batches from the queue, apply, acknowledge.

Only the process that holds its database's advisory lock `inbox` subscribes; standbys wait for the lock and
not on the queue, where a clean stop would hand them later messages before earlier ones. Batches run on the
very session that holds the lock: a process that has lost the lock cannot commit. The way out is always the
same: first the link to the broker, then the lock; and who gets the lock first waits until the queue has no
consumer left, because a dead link can outlive its process's lock.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pika.exceptions

from shared import db, health, logs, metrics
from shared.bus import topology
from shared.bus.inbox import batch, partitions
from shared.bus.inbox.batch import SINGLE_FROM_REDELIVERIES, Subscription
from shared.bus.inbox.link import Link, LinkLost, Waiting
from shared.bus.statements import sql
from shared.bus.watch import Watch

log = logs.get(__name__)

# "yiwinbox": one lock per service, since every service has its own database.
INBOX_LOCK = int.from_bytes(b"yiwinbox")
_LOOP = "inbox"
# Less than what counts as a hung loop: making and dropping partitions is quick or waits for a lock.
_MAINTAIN_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a consumer goes about it; the defaults are for production, tests shorten them."""

    batch: int = 300
    # One constant for all: messages handed out to a dead worker come back before later ones only then.
    prefetch: int = 600
    # From the beginning of a batch to that of the next, unless a full one waits. Events gather meanwhile: a
    # transaction for each of them would cost more than the events themselves.
    gather_seconds: float = 0.04
    batch_seconds: float = 60.0
    # A batch that meets passing trouble is repeated so often before the session begins anew.
    repeats: int = 5
    heartbeat_seconds: int = 10
    # The session is asked whether it lives when nothing else used it for so long.
    ping_seconds: float = 5.0
    lock_poll_seconds: float = 0.25
    longest_pause_seconds: float = 5.0
    maintain_seconds: float = 3600.0


class Consumer:
    """One process's part in a service's inbox. `run` returns only after `stop`.

    Runs as a greenlet in a worker and as a thread in tests; it uses only what eventlet can patch.
    """

    def __init__(
        self,
        *,
        service: str,
        database_url: str,
        amqp_url: str,
        subscriptions: Mapping[str, Subscription],
        settings: Settings = Settings(),
        declare: Callable[[Any], None] = topology.declare,
        unbind: Callable[[Any, str], None] = topology.unbind_unsubscribed,
    ) -> None:
        self.service = service
        self.settings = settings
        self._database_url = database_url
        self._amqp_url = amqp_url
        self._subscriptions = subscriptions
        self._declare = declare
        self._unbind = unbind
        self._stopping = threading.Event()
        self._link: Link | None = None
        self._pause_seconds = 0.0

    def stop(self) -> None:
        """Asks `run` to finish and acknowledge its batch and return."""
        self._stopping.set()
        link = self._link
        if link is not None:
            link.wake()

    def run(self) -> None:
        """Takes events in until stopped, through losses of broker and database.

        Raises topology.TopologyRefused or TopologyDiffers when only a person can help.
        """
        while not self._stopping.is_set():
            health.beat(_LOOP)
            try:
                self._session()
                self._pause_seconds = 0.0
            except (topology.TopologyRefused, topology.TopologyDiffers):
                raise
            except Exception as error:
                cause = _cause(error)
                metrics.inbox_interruptions_total.labels(cause).inc()
                log.warning("inbox_interrupted", cause=cause, error=f"{type(error).__name__}: {error}"[:500])
                health.report("inbox", problem=f"events are not taken in: trouble with the {cause}")
                self._pause_seconds = min(self.settings.longest_pause_seconds, 0.1 + self._pause_seconds * 2)
                self._stopping.wait(self._pause_seconds * random.uniform(0.5, 1.0))
        health.retire(_LOOP)

    def _session(self) -> None:
        name = f"yiwang-{self.service}-inbox"
        session = db.session(self._database_url, name=name)
        try:
            with Watch(session) as watch:
                if self._hold_inbox(session, watch):
                    self._consume(session, watch, name)
        finally:
            session.close()

    def _hold_inbox(self, session: db.Tx, watch: Watch) -> bool:
        """Waits for the lock; False when stopped before."""
        while not self._stopping.is_set():
            health.beat(_LOOP)
            with watch.at_most(10.0):
                if sql.try_inbox_lock(session, key=INBOX_LOCK):
                    return True
            # A standby is ready: rolling to a new release must not wait until the old one has gone.
            health.report("inbox", problem=None)
            self._stopping.wait(self.settings.lock_poll_seconds)
        return False

    def _consume(self, session: db.Tx, watch: Watch, name: str) -> None:
        with watch.at_most(_MAINTAIN_SECONDS):
            partitions.maintain(session)
        link = Link(self._amqp_url, name=name, heartbeat_seconds=self.settings.heartbeat_seconds)
        self._link = link
        try:
            self._declare(link.channel)
            self._unbind(link.channel, self.service)
            if self._wait_alone(session, watch, link):
                link.subscribe(topology.inbox_queue(self.service), prefetch=self.settings.prefetch)
                log.info("inbox_held")
                metrics.inbox_active.set(1)
                health.report("inbox", problem=None)
                self._batches(_Work(session, watch, link, self._subscriptions, self.settings, self._stopping))
        finally:
            metrics.inbox_active.set(0)
            self._link = None
            # Before the lock goes with the session: the next holder must find everything back in the queue.
            link.close()

    def _wait_alone(self, session: db.Tx, watch: Watch, link: Link) -> bool:
        """Waits until nobody else consumes the queue; False when stopped before."""
        queue = topology.inbox_queue(self.service)
        told = False
        while not self._stopping.is_set():
            health.beat(_LOOP)
            with watch.at_most(10.0):
                session.execute("SELECT 1")
            if link.consumers(queue) == 0:
                return True
            if not told:
                # The broker gives a dead worker's messages back when it misses its heartbeats.
                log.warning("inbox_has_other_consumer", queue=queue)
                health.report(
                    "inbox", problem="events are not taken in: somebody else still consumes the queue"
                )
                told = True
            link.serve(self.settings.lock_poll_seconds)
        return False

    def _batches(self, work: "_Work") -> None:
        while not self._stopping.is_set():
            health.beat(_LOOP)
            work.do_next()
            self._pause_seconds = 0.0
            work.gather()


class _Work:
    """What is done on the session, one after the other: a batch, a ping, or nothing."""

    def __init__(
        self,
        session: db.Tx,
        watch: Watch,
        link: Link,
        subscriptions: Mapping[str, Subscription],
        settings: Settings,
        stopping: threading.Event,
    ) -> None:
        self._link = link
        self._session = session
        self._watch = watch
        self._subscriptions = subscriptions
        self._settings = settings
        self._stopping = stopping
        # Held by whoever touches the link: we, but for the time of a job, when the watch serves it.
        self._link_lock = threading.Lock()
        self._link_lock.acquire()
        # The last delivery that is done with and not acknowledged.
        self._done_tag: int | None = None
        self._last_used = time.monotonic()
        self._last_batch = 0.0
        self._next_maintenance = time.monotonic() + settings.maintain_seconds

    def do_next(self) -> None:
        """Does what is due now, if anything. Raises what the job raises."""
        now = time.monotonic()
        taken = self._take()
        if taken:
            self._last_batch = now
            self._do(lambda: self._apply([one.delivery for one in taken]))
            self._done_tag = taken[-1].tag
        elif now >= self._next_maintenance:
            self._next_maintenance = now + self._settings.maintain_seconds
            self._do(lambda: partitions.maintain(self._session))
        elif now - self._last_used >= self._settings.ping_seconds:
            self._do(lambda: self._session.execute("SELECT 1"))

    def gather(self) -> None:
        """Acknowledges what is done and waits for deliveries, so many that the next batch is worth a transaction."""
        link = self._link
        if len(link.waiting) < self._settings.batch:
            # Asleep rather than on the link, which would wake us for every delivery.
            time.sleep(max(0.0, self._last_batch + self._settings.gather_seconds - time.monotonic()))
        if self._done_tag is not None:
            link.acknowledge(self._done_tag)
            self._done_tag = None
        link.serve(0.0 if link.waiting else 0.5)

    def _take(self) -> list[Waiting]:
        waiting = self._link.waiting
        if waiting and waiting[0].delivery.redeliveries >= SINGLE_FROM_REDELIVERIES:
            return [waiting.popleft()]
        taken: list[Waiting] = []
        while waiting and len(taken) < self._settings.batch:
            if waiting[0].delivery.redeliveries >= SINGLE_FROM_REDELIVERIES:
                break
            taken.append(waiting.popleft())
        return taken

    def _do(self, job: Callable[[], object]) -> None:
        self._link_lock.release()
        try:
            with self._watch.at_most(self._settings.batch_seconds, meanwhile=self._keep_link):
                job()
        finally:
            self._link_lock.acquire()
        self._last_used = time.monotonic()

    def _keep_link(self) -> None:
        """Answers the broker's heartbeats while a job takes long. A link that is lost is noticed after the job."""
        health.beat(_LOOP)
        if self._link_lock.acquire(blocking=False):
            try:
                with suppress(pika.exceptions.AMQPError, LinkLost, OSError):
                    self._link.serve(0.0)
            finally:
                self._link_lock.release()

    def _apply(self, deliveries: Sequence[batch.Delivery]) -> None:
        for attempt in range(self._settings.repeats + 1):
            try:
                batch.apply(self._session, self._subscriptions, deliveries)
                return
            except Exception as error:
                last = attempt == self._settings.repeats
                if not db.is_passing(error) or self._session.closed or self._stopping.is_set() or last:
                    raise
                metrics.inbox_batches_repeated_total.labels("passing").inc()
                log.warning("batch_repeated", events=len(deliveries), error=f"{type(error).__name__}"[:200])
                self._stopping.wait(0.02 * 3**attempt * random.uniform(0.5, 1.0))


def _cause(error: Exception) -> str:
    if db.is_passing(error):
        return "database"
    return "broker" if isinstance(error, pika.exceptions.AMQPError | LinkLost | OSError) else "other"
