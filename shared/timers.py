"""`@every`: work that comes round by itself, on the monotonic clock, in the worker's process.

    @every(seconds=1.0)
    def fire_due_steps(self, tx: db.Tx) -> int:
        ...

Timers run on every replica and may sleep or jump; nothing may depend on a tick. What must happen once is
made sure in the database (a unique key, `FOR UPDATE SKIP LOCKED`), never by the timer.
"""

import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from nameko.extensions import Entrypoint

from shared import db, health, logs, metrics, trace
from shared.runtime import Runtime

log = logs.get(__name__)

# Runs in a row while there is work left, before the timer pauses and others get their turn.
_MOST_IN_A_ROW = 50
# A run may take no longer; its database connection is cut then.
_RUN_SECONDS = 35.0
_BEAT_SECONDS = 10.0


class Loop:
    """Calls a job every so many seconds until stopped. Whatever the job raises is logged and counted."""

    def __init__(self, name: str, seconds: float, job: Callable[[], object]) -> None:
        self._name = name
        self._loop = f"timer {name}"
        self._seconds = seconds
        self._job = job
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Returns only after `stop`, when the run under way has ended."""
        # Replicas that start together do not tick together.
        self._wait(random.uniform(0, min(self._seconds, 1.0)))
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            failures = 0 if self._round() else failures + 1
            longer = self._seconds * min(2**failures, 16) if failures else self._seconds
            self._wait(began + longer - time.monotonic())
        health.retire(self._loop)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            health.beat(self._loop)
            left = end - time.monotonic()
            if left <= 0 or self._stopping.wait(min(left, _BEAT_SECONDS)):
                return

    def _round(self) -> bool:
        """Runs until no work is left; answers whether all went well."""
        for _ in range(_MOST_IN_A_ROW):
            health.beat(self._loop)
            began = time.monotonic()
            trace.begin(None)
            try:
                left = self._job()
            except Exception as error:
                metrics.timer_runs_total.labels(self._name, "failed").inc()
                log.warning("timer_failed", timer=self._name, error=db.reason_of(error))
                return False
            metrics.timer_runs_total.labels(self._name, "done").inc()
            metrics.timer_seconds.labels(self._name).observe(time.monotonic() - began)
            if not left or self._stopping.is_set():
                return True
            # Others of this process get their turn even when the job never waits.
            time.sleep(0)
        return True


class Every(Entrypoint):  # type: ignore[misc]
    """The nameko entrypoint behind `@every`."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self._loop: Loop | None = None
        self._running: Any = None

    def start(self) -> None:
        runtime: Runtime = self.container.config["runtime"]
        method = getattr(self.container.service_cls(), self.method_name)
        self._loop = Loop(self.method_name, self.seconds, partial(_in_transaction, runtime.database, method))
        self._running = self.container.spawn_managed_thread(self._loop.run)

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.stop()
            self._running.wait()

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()


def every(*, seconds: float) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Runs a worker's method `(self, tx)` every so many seconds, each time in a transaction of its own.

    It answers how much it did: more than zero means that there may be work left, and it runs again at once.
    """
    decorate: Callable[[Callable[..., object]], Callable[..., object]] = Every.decorator(seconds)
    return decorate


def _in_transaction(database: db.Database, method: Callable[[db.Tx], object]) -> object:
    with database.transaction() as tx:
        # A link that dies silently would keep the timer for ever.
        cutter = threading.Timer(_RUN_SECONDS, db.cut, (tx,))
        cutter.daemon = True
        cutter.start()
        try:
            return method(tx)
        finally:
            cutter.cancel()
