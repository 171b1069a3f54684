"""Work for the processor, done in a native thread beside the hub, so that no other request waits for it."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import eventlet.semaphore
from eventlet import patcher, tpool

P = ParamSpec("P")
T = TypeVar("T")


class Aside:
    """Runs work in native threads, a few at once: more than there are processors or memory for only wait."""

    def __init__(self, *, most_at_once: int) -> None:
        self._turn = eventlet.semaphore.Semaphore(most_at_once)

    def run(self, work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """What the work answers or raises; meanwhile the caller's greenlet waits and all others go on."""
        if not patcher.is_monkey_patched("thread"):
            # A task without a hub, such as loading demonstration data.
            return work(*arguments, **options)
        with self._turn:
            result: T = tpool.execute(work, *arguments, **options)
            return result
