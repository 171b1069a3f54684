"""Starts children again when they die, as an orchestrator would."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

from deploy.local import children

LOOK_SECONDS = 0.1
# A child that lived at least this long was healthy: its next restart is immediate again.
HEALTHY_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


@dataclasses.dataclass
class _Watched:
    child: children.Child
    # False while somebody keeps it down on purpose.
    wanted: bool = True
    restarts: int = 0
    started_at: float = 0.0
    pause_seconds: float = 0.0
    due_at: float | None = None


class Supervisor:
    """Watches children from a thread of its own between `start()` and `stop()`."""

    def __init__(self, *, say: Callable[[str], None] = lambda line: None) -> None:
        self._watched: dict[str, _Watched] = {}
        self._say = say
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, child: children.Child) -> None:
        """From now on `child` is started again whenever it ends."""
        with self._lock:
            self._watched[child.name] = _Watched(child, started_at=time.monotonic())

    def hold(self, child: children.Child) -> None:
        """Leaves `child` down when it ends, until `release`."""
        with self._lock:
            self._watched[child.name].wanted = False

    def release(self, child: children.Child) -> None:
        """Starts `child`, unless it runs, and keeps it running again."""
        with self._lock:
            watched = self._watched[child.name]
            watched.wanted = True
            watched.due_at = None
            watched.pause_seconds = 0.0
            watched.started_at = time.monotonic()
            child.start()

    def restarts(self, child: children.Child) -> int:
        """How often `child` has been started again."""
        return self._watched[child.name].restarts

    def start(self) -> None:
        self._ended.clear()
        self._thread = threading.Thread(target=self._look_after, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops watching; the children are left as they are."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _look_after(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            with self._lock:
                for watched in self._watched.values():
                    self._look_at(watched, time.monotonic())

    def _look_at(self, watched: _Watched, now: float) -> None:
        if watched.child.running or not watched.wanted:
            return
        if watched.due_at is None:
            lived = now - watched.started_at
            if lived >= HEALTHY_SECONDS:
                watched.pause_seconds = 0.0
            watched.due_at = now + watched.pause_seconds
            self._say(
                f"{watched.child.name} ended with {watched.child.exit_code} after {lived:.1f} s, "
                f"starting it again in {watched.pause_seconds:.1f} s"
            )
        if now >= watched.due_at:
            watched.due_at = None
            watched.restarts += 1
            watched.started_at = now
            watched.pause_seconds = min(
                LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, 2 * watched.pause_seconds)
            )
            watched.child.start()
