"""A second pair of eyes on a database session whose owner may wait for ever."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared import db, logs

log = logs.get(__name__)

_LOOK_SECONDS = 0.5


class Watch:
    """Cuts a session when its owner takes longer than it said.

    A link that dies silently in the middle of a statement would otherwise hold its owner until the kernel
    gives up, or for ever behind a proxy that still answers. Works with threads and with greenlets.
    """

    def __init__(self, session: db.Tx) -> None:
        self._session = session
        self._deadline: float | None = None
        self._meanwhile: Callable[[], object] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="session-watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=2.0)

    @contextmanager
    def at_most(self, seconds: float, *, meanwhile: Callable[[], object] | None = None) -> Iterator[None]:
        """The block may take so long; then whatever it waits for on the session fails.

        Args:
            meanwhile: called now and then while the block runs, on the watch's own thread; raises nothing.
        """
        self._deadline, self._meanwhile = time.monotonic() + seconds, meanwhile
        try:
            yield
        finally:
            self._deadline, self._meanwhile = None, None

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                log.warning("database_link_cut")
                db.cut(self._session)
                return
            meanwhile = self._meanwhile
            if meanwhile is not None:
                meanwhile()
